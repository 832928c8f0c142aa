import type { World } from '../world.ts'

/** Both sides know the same of every order. */
export async function orderDisagreements(world: World): Promise<readonly string[]> {
  const stored = await world.auctioneer.auctioneer.ledger.store.orders()
  const there = new Map(stored.map((record) => [record.order.nonce, `${record.state} ${record.unitsUnfulfilled}`]))
  const found: string[] = []
  for (const [name, { trader }] of world.traders) {
    for (const { order, state, unitsUnfulfilled } of trader.ledger.orders.values()) {
      const here = `${state} ${unitsUnfulfilled}`
      const other = there.get(order.nonce) ?? 'unknown'
      there.delete(order.nonce)
      // An order the auctioneer never took has failed here.
      if (other === 'unknown' && state === 'failed') continue
      if (here !== other) found.push(`${name}'s ${order.kind} ${order.nonce.slice(0, 8)}: here ${here}, there ${other}`)
    }
  }
  return [...found, ...[...there.keys()].map((nonce) => `order ${nonce} belongs to no trader`)]
}
