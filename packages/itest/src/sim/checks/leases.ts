import { decodeTx } from '@tidepool/crypto'
import type { OutPointText } from '@tidepool/crypto'
import type { BatchRecord } from '@tidepool/auctioneer'
import type { SimTrader } from '../simTrader.ts'
import type { World } from '../world.ts'

/** Every lease is known on all sides, funded by a confirmed transaction, and a channel of both nodes; no other is. */
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
  const value = decodeTx(batch.transaction).outputs[match.outputIndex]?.value
  const out = mined.tx.outs[match.outputIndex]
  return out?.value === value && value === match.channelValue ? [] : [`lease of ${batch.txid} is not funded`]
}

/** Nodes hold the channels of final batches, open and alike on both sides, and nothing of any other proposal. */
function channelFaults(world: World, batches: readonly BatchRecord[]): readonly string[] {
  const final = new Set(
    batches.flatMap(({ txid, matches }) => matches.map(({ outputIndex }) => `${txid}:${outputIndex}`)),
  )
  return [...world.traders.values()].flatMap(({ name, node, trader }) => {
    const points = new Map<OutPointText, string>([...node.channels].map(([point, { state }]) => [point, state]))
    const stale = [...points.keys()].filter((point) => !final.has(point))
    const own = batches.flatMap(({ txid, matches }) =>
      matches
        .filter(({ askNode, bidNode }) => askNode === node.key || bidNode === node.key)
        .map(({ outputIndex }) => `${txid}:${outputIndex}`),
    )
    const closed = own.filter((point) => points.get(point as OutPointText) !== 'open')
    return [
      ...stale.map((point) => `${name} holds a channel of no batch: ${point}`),
      ...closed.map((point) => `${name} lacks channel ${point} (${points.get(point as OutPointText) ?? 'gone'})`),
      ...(node.shims.size === 0 ? [] : [`${name} has ${node.shims.size} shims left`]),
      ...(trader.ledger.leftovers.size === 0
        ? []
        : [`${name} has leftovers of ${[...trader.ledger.leftovers.keys()].join(' ')}`]),
      ...(trader.ledger.staged === undefined ? [] : [`${name} has a staged batch`]),
      ...(trader.batches.state === 'idle' ? [] : [`${name} is ${trader.batches.state}`]),
    ]
  })
}
