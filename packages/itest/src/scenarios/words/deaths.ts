import type { TraderDaemon } from '../../harness/traderDaemon.ts'
import { untilOpen, type OpenAccount } from './accounts.ts'
import { runAuction, type AuctionEnd } from './auction.ts'
import type { Market, NodeName } from './market.ts'
import { DURING_FUNDING } from './moments.ts'

/** An auction in which a trader dies at a point of `--debug.exit-at`, or while its channel is opened. */
export async function diesInAuction(market: Market, victim: OpenAccount, death: string): Promise<AuctionEnd> {
  const { trader } = victim
  if (death === DURING_FUNDING) return killedWhileOpening(market, trader)
  await trader.stop()
  await trader.start([`--debug.exit-at=${death}`])
  await untilOpen(market, victim)
  const end = await runAuction(market)
  await trader.process.ended()
  return end
}

/** Alice leases out, to Bob alone then: without her daemon the nodes go on. With the taker its acceptor is gone. */
async function killedWhileOpening(market: Market, victim: TraderDaemon): Promise<AuctionEnd> {
  const run = runAuction(market)
  const isMaker = victim.name === 'alice'
  await whileOpening(market, isMaker ? 'bob' : (victim.name as NodeName), () => victim.kill(), isMaker)
  return run
}

/** Does something while a node is asked whether it wants the next channel. */
export async function whileOpening(
  market: Market,
  node: NodeName,
  act: () => Promise<void>,
  accept: boolean,
): Promise<void> {
  const acceptor = market.stack.nodes[node].rpc.lightning.channelAcceptor()
  for await (const { pendingChanId } of acceptor) {
    await act()
    await acceptor.send(accept ? { pendingChanId, accept } : { pendingChanId, accept, error: 'the lights are out' })
    break
  }
  acceptor.cancel()
}
