import { formatOutPoint, toHex } from '@tidepool/crypto'
import type { Leftover } from '@tidepool/trader'
import type { SimTrader } from '../simTrader.ts'
import type { World } from '../world.ts'
import { finalPoints } from './leases.ts'

/**
 * What nodes hold of proposals that came to nothing is on record at their daemons. Once all such batch ids are final
 * with another transaction (`allTidy`), nothing is left of it anywhere, but for channels that may still be funded.
 */
export async function leftoverFaults(world: World, allTidy: boolean): Promise<readonly string[]> {
  const { store } = world.auctioneer.auctioneer.ledger
  const final = new Set(finalPoints(await store.batches(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)))
  return [...world.traders.values()].flatMap((trader) => {
    const recorded = [...trader.trader.ledger.leftovers.values()]
    const allowed = allTidy ? recorded.filter((leftover) => mayBeFunded(world, leftover)) : recorded
    const known = new Set(allowed.flatMap(thingsOf))
    const stale = staleThings(trader, final).filter((thing) => !known.has(thing))
    return [
      ...stale.map((thing) => `${trader.name} holds ${thing} of no final batch`),
      ...(allTidy && allowed.length < recorded.length ? [`${trader.name} has leftovers on record`] : []),
      ...(allTidy ? unfinished(trader) : []),
    ]
  })
}

/** A channel of a signed batch, while the chain does not exclude its transaction. */
function mayBeFunded({ stage }: World, { signed, spends }: Leftover): boolean {
  return signed && spends.every(({ outpoint }) => stage.chain.unspent(formatOutPoint(outpoint)) !== undefined)
}

function staleThings({ node }: SimTrader, final: ReadonlySet<string>): readonly string[] {
  const channels = [...node.channels.keys()].filter((point) => !final.has(point))
  return [...channels.map((point) => `channel ${point}`), ...[...node.shims.keys()].map((id) => `shim ${id}`)]
}

const thingsOf = ({ channels }: Leftover): readonly string[] =>
  channels.flatMap(({ shim }) => [`channel ${formatOutPoint(shim.outpoint)}`, `shim ${toHex(shim.pendingChannelId)}`])

function unfinished({ name, trader }: SimTrader): readonly string[] {
  const { ledger, batches } = trader
  return [
    ...(ledger.staged === undefined ? [] : [`${name} has a staged batch`]),
    ...(batches.state === 'idle' ? [] : [`${name} is ${batches.state}`]),
  ]
}
