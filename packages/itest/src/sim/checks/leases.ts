import { decodeTx, formatOutPoint } from '@tidepool/crypto'
import type { NodeKey, OutPointText } from '@tidepool/crypto'
import type { BatchRecord } from '@tidepool/auctioneer'
import type { SimTrader } from '../simTrader.ts'
import type { World } from '../world.ts'

/** Every lease is known on all sides, funded by a confirmed transaction, and an open channel of both nodes. */
export async function leaseFaults(world: World): Promise<readonly string[]> {
  const { store } = world.auctioneer.auctioneer.ledger
  const batches = await store.batches(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
  const leases = batches.flatMap((batch) => batch.matches.map((match) => ({ batch, match })))
  const expected = new Map([...world.traders.keys()].map((name) => [name, new Set<string>()]))
  for (const { batch, match } of leases) {
    for (const node of [match.askNode, match.bidNode]) {
      const owner = [...world.traders.values()].find((trader) => trader.node.key === node)
      const { units, premium, outputIndex } = match
      expected.get(owner?.name ?? '')?.add(`${batch.txid}:${outputIndex} ${units} units, premium ${premium}`)
    }
  }
  const known = [...world.traders.values()].flatMap((trader) => unknownLeases(trader, expected.get(trader.name)))
  return [
    ...known,
    ...leases.flatMap(({ batch, match }) => unfunded(world, batch, match)),
    ...channelFaults(world, batches),
  ]
}

function unknownLeases(trader: SimTrader, expected: ReadonlySet<string> = new Set()): readonly string[] {
  const own = [...trader.trader.ledger.batches.values()].flatMap(({ txid, leases }) =>
    leases.map(
      ({ channel, units, premium }) => `${txid}:${channel.shim.outpoint.index} ${units} units, premium ${premium}`,
    ),
  )
  const missing = [...expected].filter((lease) => !own.includes(lease)).map((lease) => `${trader.name} misses ${lease}`)
  const invented = own.filter((lease) => !expected.has(lease)).map((lease) => `${trader.name} invented ${lease}`)
  const twice = own.length === new Set(own).size ? [] : [`${trader.name} holds a lease twice`]
  return [...missing, ...invented, ...twice]
}

function unfunded(world: World, batch: BatchRecord, match: BatchRecord['matches'][number]): readonly string[] {
  const mined = world.stage.chain.ledger.transaction(batch.txid)
  if (mined === undefined) return [`batch ${batch.txid} is not in the chain`]
  const value = decodeTx(batch.transaction).outputs.at(match.outputIndex)?.value
  const out = mined.tx.outs[match.outputIndex]
  return out?.value === value && value === match.channelValue ? [] : [`lease of ${batch.txid} is not funded`]
}

function channelFaults(world: World, batches: readonly BatchRecord[]): readonly string[] {
  return [...world.traders.values()].flatMap(({ name, node }) => {
    const own = finalPoints(batches, node.key)
    const missing = own.filter((point) => node.channels.get(point)?.state !== 'open')
    return missing.map((point) => `${name} lacks channel ${point} (${node.channels.get(point)?.state ?? 'gone'})`)
  })
}

/** Outpoints of the leases of final batches, of one node or of all. */
export function finalPoints(batches: readonly BatchRecord[], node?: NodeKey): readonly OutPointText[] {
  return batches.flatMap(({ txid, matches }) =>
    matches
      .filter(({ askNode, bidNode }) => node === undefined || askNode === node || bidNode === node)
      .map(({ outputIndex }) => formatOutPoint({ txid, index: outputIndex })),
  )
}
