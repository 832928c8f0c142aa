import { Command } from 'commander'
import { AUCTIONEER_BASE } from './auctionctl/context.ts'
import { addBans } from './auctionctl/bans.ts'
import { addBatches } from './auctionctl/batches.ts'
import { addDurations } from './auctionctl/durations.ts'
import { addInspect } from './auctionctl/inspect.ts'
import { addMaster } from './auctionctl/master.ts'
import { addOperate } from './auctionctl/operate.ts'
import { addSilences } from './auctionctl/silences.ts'
import { addGlobalFlags } from './globalFlags.ts'

/** The `auctionctl` command line, a thin client of the auctioneer's admin service. */
export function auctionctlProgram(): Command {
  const program = new Command('auctionctl').description('operate an auctioneer')
  addGlobalFlags(program, { environment: 'AUCTIONCTL', rpcserver: 'localhost:12019', basedir: AUCTIONEER_BASE })
  addOperate(program)
  addInspect(program)
  addBatches(program)
  addMaster(program)
  addDurations(program)
  addBans(program)
  addSilences(program)
  return program
}
