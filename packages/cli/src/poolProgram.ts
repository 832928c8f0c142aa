import { Command } from 'commander'
import { addAccounts } from './commands/accounts.ts'
import { addAuction } from './commands/auction.ts'
import { addCompletion } from './commands/completion.ts'
import { addGeneral } from './commands/getinfo.ts'
import { addListAuth } from './commands/listAuth.ts'
import { addOrders } from './commands/orders.ts'
import { addSidecar } from './commands/sidecar.ts'
import { addStatus } from './commands/status.ts'
import { POOL_BASE } from './context.ts'
import { addExamples } from './examples.ts'
import { addGlobalFlags } from './globalFlags.ts'

/** The `pool` command line, a thin client of the trader daemon with the stock command tree. */
export function poolProgram(): Command {
  const program = new Command('pool').description('lease Lightning channels in and out through the trader daemon')
  addGlobalFlags(program, { environment: 'POOL', rpcserver: 'localhost:12010', basedir: POOL_BASE })
  program.commandsGroup('Accounts:')
  addAccounts(program)
  program.commandsGroup('Orders:')
  addOrders(program)
  addSidecar(program)
  program.commandsGroup('Auction:')
  addAuction(program)
  program.commandsGroup('General:')
  addGeneral(program)
  addStatus(program)
  addListAuth(program)
  addCompletion(program)
  addExamples(program)
  return program
}
