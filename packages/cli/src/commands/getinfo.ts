import type { Command } from 'commander'
import { messageJson, outputOf, withTrader } from '../context.ts'
import { facts } from '../output.ts'

export function addGeneral(program: Command): void {
  program
    .command('getinfo')
    .description('show the state of the trader daemon')
    .action(async (_flags: unknown, command: Command) => {
      const info = await withTrader(command, (client) => client.getInfo({}))
      const out = outputOf(command)
      if (out.json) return out.write(messageJson('poolrpc.GetInfoResponse', info))
      out.write(
        facts([
          ['version', info.version],
          ['block height', String(info.currentBlockHeight)],
          ['auctioneer', info.subscribedToAuctioneer ? 'subscribed' : 'not subscribed'],
          [
            'accounts',
            `${info.accountsActive} active, ${info.accountsActiveExpired} expired, ${info.accountsArchived} archived`,
          ],
          ['orders', `${info.ordersActive} active, ${info.ordersArchived} archived`],
          ['batches', String(info.batchesInvolved)],
          ['node tier', info.nodeRating?.nodeTier ?? 'unknown (auctioneer out of reach)'],
          ['new nodes only', String(info.newNodesOnly)],
        ]),
      )
    })

  program
    .command('stop')
    .description('stop the trader daemon')
    .action(async (_flags: unknown, command: Command) => {
      await withTrader(command, (client) => client.stopDaemon({}))
    })
}
