import type { Market, NodeName } from './market.ts'

/** Outpoints of the channels that wait for their funding transaction on a node. */
export async function pendingChannels(market: Market, name: NodeName): Promise<readonly string[]> {
  const { pendingOpenChannels } = await market.stack.nodes[name].rpc.lightning.pendingChannels({})
  return pendingOpenChannels.map(({ channel }) => channel?.channelPoint ?? '')
}

/** Transactions those channels wait for. */
export async function pendingTxids(market: Market, name: NodeName): Promise<readonly string[]> {
  const points = await pendingChannels(market, name)
  return [...new Set(points.map((point) => point.split(':')[0] ?? ''))]
}
