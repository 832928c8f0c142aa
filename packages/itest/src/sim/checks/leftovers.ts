import { formatOutPoint, toHex } from '@tidepool/crypto'
import type { SimTrader } from '../simTrader.ts'
import type { World } from '../world.ts'
import { finalPoints } from './leases.ts'

/**
 * What nodes hold of proposals that came to nothing is on record at their daemons. Once all such batch ids are final
 * with another transaction (`allTidy`), nothing is left of it anywhere.
 */
export async function leftoverFaults(world: World, allTidy: boolean): Promise<readonly string[]> {
  const { store } = world.auctioneer.auctioneer.ledger
  const final = new Set(finalPoints(await store.batches(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)))
  return [...world.traders.values()].flatMap((trader) => {
    const stale = staleThings(trader, final)
    const known = allTidy ? new Set<string>() : recorded(trader)
    return [
      ...stale.filter((thing) => !known.has(thing)).map((thing) => `${trader.name} holds ${thing} of no final batch`),
      ...(allTidy ? unfinished(trader) : []),
    ]
  })
}

function staleThings({ node }: SimTrader, final: ReadonlySet<string>): readonly string[] {
  const channels = [...node.channels.keys()].filter((point) => !final.has(point))
  return [...channels.map((point) => `channel ${point}`), ...[...node.shims.keys()].map((id) => `shim ${id}`)]
}

function recorded({ trader }: SimTrader): ReadonlySet<string> {
  const channels = [...trader.ledger.leftovers.values()].flatMap((leftover) => leftover.channels)
  return new Set(
    channels.flatMap(({ shim }) => [
      `channel ${formatOutPoint(shim.outpoint)}`,
      `shim ${toHex(shim.pendingChannelId)}`,
    ]),
  )
}

function unfinished({ name, trader }: SimTrader): readonly string[] {
  const { ledger, batches } = trader
  return [
    ...[...ledger.leftovers.keys()].map((txid) => `${name} has leftovers of ${txid}`),
    ...(ledger.staged === undefined ? [] : [`${name} has a staged batch`]),
    ...(batches.state === 'idle' ? [] : [`${name} is ${batches.state}`]),
  ]
}
