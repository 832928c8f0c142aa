import { Command } from 'commander'
import { AUCTIONEER_BASE } from './auctionctl/context.ts'
import { addBans } from './auctionctl/bans.ts'
import { addBatches } from './auctionctl/batches.ts'
import { addDurations } from './auctionctl/durations.ts'
import { addInspect } from './auctionctl/inspect.ts'
import { addMaster } from './auctionctl/master.ts'
import { addOperate } from './auctionctl/operate.ts'
import { addSilences } from './auctionctl/silences.ts'

/** The `auctionctl` command line, a thin client of the auctioneer's admin service. */
export function auctionctlProgram(): Command {
  const program = new Command('auctionctl')
    .description('operate an auctioneer')
    .option('--rpcserver <host:port>', "the auctioneer's admin port", 'localhost:12019')
    .option('-n, --network <name>', 'mainnet, testnet, regtest or simnet', 'mainnet')
    .option('--basedir <dir>', "the auctioneer's base directory", AUCTIONEER_BASE)
    .option('--tlscertpath <file>', "the auctioneer's certificate, if not below the base directory")
    .option('--macaroonpath <file>', 'the admin macaroon, if not below the base directory')
    .option('--json', 'answer in JSON (the default when the output is not a terminal)')
    .option('--table', 'answer in tables even when the output is not a terminal')
  addOperate(program)
  addInspect(program)
  addBatches(program)
  addMaster(program)
  addDurations(program)
  addBans(program)
  addSilences(program)
  return program
}
