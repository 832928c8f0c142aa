import type { Command } from 'commander'
import { createClient, services, type tidepool } from '@tidepool/rpc'
import { messageJson, outputOf, withTraderChannel } from '../context.ts'
import { QuietExit } from '../errors.ts'
import { statusText } from './statusText.ts'

/** For scripts and supervisors; 1 stays what it is everywhere: the daemon does not answer. */
const EXIT = { notReady: 4, offline: 5 } as const

export function exitCodeOf({ problem, auctioneer, node }: tidepool.TraderStatusResponse): number {
  if (problem !== '' || (node?.problem ?? '') !== '') return EXIT.notReady
  return auctioneer?.state === 'offline' || auctioneer?.state === 'connecting' ? EXIT.offline : 0
}

async function status(_flags: unknown, command: Command): Promise<void> {
  const answer = await withTraderChannel(command, (channel) =>
    createClient(services.tidepool.TraderView, channel).status({}),
  )
  const out = outputOf(command)
  out.write(out.json ? messageJson('tidepool.TraderStatusResponse', answer) : statusText(answer, Date.now()))
  const code = exitCodeOf(answer)
  if (code !== 0) throw new QuietExit(code)
}

export function addStatus(program: Command): void {
  program
    .command('status')
    .description('node, connection, accounts, orders, next batch and leases on one screen')
    .addHelpText(
      'after',
      `\nExit codes: 0 all is well, 1 the daemon does not answer, ${EXIT.notReady} it waits for lnd, ${EXIT.offline} the auctioneer is out of reach`,
    )
    .action(status)
}
