import { blockCount, nodeKey, pointFromSecret, satoshi } from '@tidepool/crypto'
import type { NodeKey } from '@tidepool/crypto'
import type { ServerMessage } from '@tidepool/auctioneer'
import { UNIT_SAT, supplyUnits } from '@tidepool/market'
import { checkSignatures } from '../outside/scripts.ts'
import { openMarket } from '../words/market.ts'
import { ask, bid } from '../words/orders.ts'
import type { World } from '../world.ts'

export type BookName =
  | 'plain'
  | 'second'
  | 'minimum'
  | 'guarded'
  | 'picky'
  | 'taproot'
  | 'selfBalance'
  | 'outbound'
  | 'oldAsk'

/** alice leases out with an account of version 0; bob leases in with one of version 2, and has another of version 1. */
const CAST = [
  { name: 'alice', versions: [0], blocks: 2500 },
  { name: 'bob', versions: [2, 1], blocks: 2500 },
] as const

/** A node that nobody here runs. */
export const STRANGER: NodeKey = nodeKey(pointFromSecret(new Uint8Array(32).fill(9)))

type Ask = Parameters<typeof ask>[2]
type Bid = Parameters<typeof bid>[2]

const OUTBOUND = { auctionType: 'outbound', amount: satoshi(UNIT_SAT) } as const

/** What the two orders say beyond the plain ones. */
const BOOKS: Readonly<Record<BookName, { readonly ask: Ask; readonly bid: Bid }>> = {
  plain: { ask: {}, bid: {} },
  second: { ask: {}, bid: {} },
  minimum: { ask: {}, bid: { minUnitsMatch: supplyUnits(4) } },
  guarded: { ask: {}, bid: { nodeFilter: { kind: 'deny', nodes: [STRANGER] } } },
  picky: { ask: { announcement: 'onlyAnnounced', confirmation: 'onlyConfirmed' }, bid: {} },
  taproot: { ask: { channelType: 'simpleTaproot' }, bid: { channelType: 'simpleTaproot', unannounced: true } },
  selfBalance: { ask: {}, bid: { selfChannelBalance: satoshi(50_000), minUnitsMatch: supplyUnits(6) } },
  outbound: {
    ask: { ...OUTBOUND, minUnitsMatch: supplyUnits(2) },
    bid: { ...OUTBOUND, selfChannelBalance: satoshi(300_000) },
  },
  oldAsk: { ask: { version: 3, channelType: 'peerDependent' }, bid: { channelType: 'peerDependent' } },
}

/** A market of two with one ask and one bid that meet. */
export async function openBook(
  name: BookName,
  seed: string,
  hear: (trader: string, message: ServerMessage) => void = () => undefined,
): Promise<World> {
  const world = await openMarket(CAST, { seed, checkScripts: checkSignatures })
  if (name === 'second') {
    world.arrives = (trader, letter) => {
      if (letter.way === 'down') hear(trader, letter.message)
      return { letter }
    }
    await submit(world, name)
    await world.auction()
    await world.stage.scheduler.drain()
  }
  await submit(world, name)
  return world
}

async function submit(world: World, name: BookName): Promise<void> {
  const [alice, bob] = [world.trader('alice'), world.trader('bob')]
  const { ask: asked, bid: bidden } = BOOKS[name]
  const answers = [
    await world.finish(alice.trader.orders.submit(ask(alice, 6, { leaseDuration: blockCount(2016), ...asked }), 'sim')),
    await world.finish(bob.trader.orders.submit(bid(bob, 6, { accountKey: bob.keyOf(2), ...bidden }), 'sim')),
  ]
  if (answers.some(({ kind }) => kind !== 'accepted')) throw new Error(`the book ${name} was refused`)
}
