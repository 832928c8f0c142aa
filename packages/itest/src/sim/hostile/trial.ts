import type { ClientMessage, RunRecord, ServerMessage } from '@tidepool/auctioneer'
import { isClmError } from '@tidepool/crypto'
import type { AccountKey } from '@tidepool/crypto'
import { expect } from 'vitest'
import { checkSignatures } from '../outside/scripts.ts'
import type { Letter } from '../ports/stream.ts'
import { openMarket } from '../words/market.ts'
import { ask, bid } from '../words/orders.ts'
import type { SimTrader } from '../simTrader.ts'
import type { World } from '../world.ts'
import type { Crime, Misdeed } from './deed.ts'
import { RawStream } from './rawStream.ts'

/** mallory has an account of version 2 and one of version 0. */
const CAST = [
  { name: 'alice', versions: [0] },
  { name: 'bob', versions: [1] },
  { name: 'mallory', versions: [2, 0] },
] as const

/** Longer than a step may take. */
const LATE_MS = 40_000
const HELD_MS = 1000
/** Streams of the honest three. */
const HONEST_STREAMS = 3

/** What came of a misdeed. */
export interface Verdict {
  readonly world: World
  readonly record: RunRecord | undefined
  /** Why mallory was left out, and all she was refused with. */
  readonly reasons: readonly string[]
  readonly honestFilled: boolean
  readonly malloryFilled: boolean
  readonly done: number
}

async function openCourt(misdeed: Misdeed): Promise<World> {
  const world = await openMarket(CAST, { seed: misdeed.name, checkScripts: checkSignatures })
  const [alice, bob, mallory] = [world.trader('alice'), world.trader('bob'), world.trader('mallory')]
  await world.finish(alice.trader.orders.submit(ask(alice, 10), 'sim'))
  await world.finish(bob.trader.orders.submit(bid(bob, 6), 'sim'))
  const accountKey = mallory.keyOf(misdeed.version)
  await world.finish(mallory.trader.orders.submit(bid(mallory, 3, { accountKey }), 'sim'))
  return world
}

/** One auction in which mallory does it. */
export async function commit(misdeed: Misdeed): Promise<Verdict> {
  const world = await openCourt(misdeed)
  const codes: string[] = []
  const caught = (error: unknown): void => {
    codes.push(isClmError(error) ? error.code : String(error))
  }
  world.refused = (name, error) => (name === 'mallory' ? caught(error) : undefined)
  world.stage.hear = ({ who, fields }) => {
    if (who === 'auctioneer' && 'code' in fields) codes.push(String(fields.code))
  }
  const heard: ServerMessage[] = []
  const crime = crimeIn(world, caught, heard)
  const done = arm(crime, misdeed, heard)
  if (misdeed.does !== undefined && misdeed.at === undefined) await world.finish(done.act())
  await world.stage.scheduler.pass(misdeed.later?.ms ?? 0)
  misdeed.later?.check(crime)
  const record = await world.auction()
  await world.stage.scheduler.drain()
  const own = new Set(crime.mallory.current()?.ledger.accounts.keys() ?? [])
  return {
    world,
    record,
    reasons: [...codes, ...failuresOf(record, own, crime.mallory.node.key), ...restingOf(record, crime.mallory)],
    honestFilled: await isFilled(crime.bob, world),
    malloryFilled: await isFilled(crime.mallory, world),
    done: done.count(),
  }
}

function crimeIn(world: World, caught: Crime['caught'], heard: readonly ServerMessage[]): Crime {
  const mallory = world.trader('mallory')
  world.stage.ears.ignore(mallory.name)
  const { auctioneer } = world.auctioneer
  return {
    ...{ world, mallory, caught, heard },
    alice: world.trader('alice'),
    bob: world.trader('bob'),
    session: auctioneer.registry.sessionOf(mallory.key),
    open: (peer = 'mallory') => new RawStream(auctioneer, peer),
  }
}

/** mallory's messages pass through here. */
function arm(
  crime: Crime,
  misdeed: Misdeed,
  heard: ServerMessage[],
): { readonly act: () => Promise<void>; readonly count: () => number } {
  let count = 0
  let armed = true
  const act = async (): Promise<void> => {
    count += 1
    await misdeed.does?.(crime)
  }
  const strike = (): void => {
    count += 1
    if (misdeed.always !== true) armed = false
  }
  crime.world.arrives = (trader, letter, stream) => {
    if (trader === 'mallory' && letter.way === 'down') heard.push(letter.message)
    if (trader !== 'mallory' || !armed) return { letter }
    const { kind } = letter.message
    if (misdeed.late === kind) return (strike(), { letter, delayMs: LATE_MS })
    if (misdeed.cut === kind) return (strike(), { letter, before: () => stream.cut() })
    if (misdeed.at === kind) {
      armed = false
      // Held until it is done.
      return { letter, delayMs: HELD_MS, before: () => void act().catch(crime.caught) }
    }
    const said = misdeed.says !== undefined && isUp(letter) ? misdeed.says(letter.message, crime) : undefined
    return said === undefined ? { letter } : (strike(), { letter, insteadUp: said })
  }
  return { act, count: () => count }
}

const isUp = (letter: Letter): letter is Letter & { readonly message: ClientMessage } => letter.way === 'up'

/** Reasons on record that name mallory's accounts or her node. */
function failuresOf(record: RunRecord | undefined, own: ReadonlySet<AccountKey>, node: string): readonly string[] {
  const failures = record?.attempts.flatMap((attempt) => attempt.failures) ?? []
  return failures
    .filter(
      ({ failure, accounts }) =>
        accounts.some((key) => own.has(key)) ||
        ('pair' in failure && [failure.pair.own, failure.pair.other].some((one) => one === node)),
    )
    .flatMap(({ failure }) => [failure.kind, ...('reason' in failure ? [failure.reason] : [])])
}

/** Why her orders stayed in the book. */
const restingOf = (record: RunRecord | undefined, { trader }: SimTrader): readonly string[] =>
  [...trader.ledger.orders.keys()].flatMap((nonce) => record?.resting.get(nonce) ?? [])

/** Her first order, as the auctioneer has it. */
async function isFilled({ trader }: SimTrader, world: World): Promise<boolean> {
  const [own] = trader.ledger.orders.keys()
  const orders = await world.auctioneer.auctioneer.ledger.store.orders()
  return orders.some(({ order, state }) => order.nonce === own && state === 'executed')
}

/** The honest batch came to be, mallory is named, and nothing she began is left. */
export async function expectConvicted(misdeed: Misdeed): Promise<void> {
  const { world, record, reasons, honestFilled, malloryFilled, done } = await commit(misdeed)
  const story = `${misdeed.name}: ${[...new Set(reasons)].join(' ')}\n${world.story()}`
  const { registry, strangers } = world.auctioneer.auctioneer
  expect(done, story).toBeGreaterThan(0)
  if (misdeed.reason !== 'none') expect(reasons, story).toContain(misdeed.reason)
  expect(record?.outcome, story).toBe('batch')
  expect(honestFilled, story).toBe(true)
  expect(malloryFilled, story).toBe(misdeed.harmless === true)
  expect(world.stage.witness.violations, story).toEqual([])
  expect(registry.openStreams - strangers.size, story).toBeLessThanOrEqual(HONEST_STREAMS)
}
