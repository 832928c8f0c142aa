import { DEAD_STREAM_MS } from '@tidepool/auctioneer'
import type { ServerMessage } from '@tidepool/auctioneer'
import { decodeMessage, encodeMessage, serverMessageToWire } from '@tidepool/rpc'
import { serverMessageFromWire } from '@tidepool/trader'
import type * as trader from '@tidepool/trader'
import { expect } from 'vitest'
import type { LogLine } from '../ports/logger.ts'
import type { SimTrader } from '../simTrader.ts'
import type { World } from '../world.ts'
import { openBook } from './books.ts'
import type { Lie, Scene, Told } from './lie.ts'

/** Pairs and traders that failed are kept apart for one auction. */
const MORE_AUCTIONS = 4
/** A victim whose stream broke comes back after its back-off; one that ends later than this has read its Finalize. */
const RECONNECT_MS = DEAD_STREAM_MS

/** What came of a lie. */
export interface Outcome {
  readonly world: World
  /** What the victim called it, and whatever else it complained of. */
  readonly codes: readonly string[]
  /** In its own words. */
  readonly reasons: string
  /** Account signatures the victim made while the lie was about. */
  readonly signed: readonly string[]
  /** The process that was lied to is the one that runs. */
  readonly survived: boolean
  /** The victim's order was filled by an honest batch afterwards. */
  readonly trades: boolean
  readonly told: number
}

/** Through the real codec, as the victim's daemon would read it; undefined for bytes that are no message. */
export function overTheWire(told: Told): trader.ServerMessage | undefined {
  try {
    return serverMessageFromWire(decodeMessage('poolrpc.ServerAuctionMessage', bytesOf(told)))
  } catch {
    return undefined
  }
}

export function bytesOf(told: Told): Uint8Array {
  if ('bytes' in told) return told.bytes
  return encodeMessage('poolrpc.ServerAuctionMessage', 'wire' in told ? told.wire : serverMessageToWire(told))
}

/** One auction with a liar in it, then honest ones. */
export async function lieTo(lie: Lie): Promise<Outcome> {
  const heard: ServerMessage[] = []
  const world = await openBook(lie.book, lie.name, (name, message) => {
    if (name === lie.victim) heard.push(message)
  })
  const victim = world.trader(lie.victim)
  const before = world.stage.witness.signatures.length
  const lines: LogLine[] = []
  world.stage.hear = (line) => (line.who === lie.victim ? lines.push(line) : undefined)
  const told = arm(world, lie, heard)
  if (lie.stage === 'handshake') await reconnected(world)
  if (lie.begins === 'restart') await restarted(world, victim)
  const { life } = victim
  await world.auction()
  await world.stage.scheduler.drain()
  const signatures = world.stage.witness.signatures.slice(before)
  disarm(world)
  return {
    world,
    codes: lines.flatMap(({ fields }) => ('codes' in fields ? (fields.codes as readonly string[]) : [])),
    reasons: JSON.stringify(
      lines.map(({ fields }) => fields),
      (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value),
    ),
    signed: signatures.filter((one) => one.startsWith(`${lie.victim} `)),
    trades: await tradesAgain(world, lie),
    survived: victim.life === life,
    told: told(),
  }
}

/** The result counts how often the lie was told. */
function arm(world: World, lie: Lie, heard: ServerMessage[]): () => number {
  const victim = world.trader(lie.victim)
  const other = world.trader(lie.victim === 'bob' ? 'alice' : 'bob')
  const scene: Scene = { world, victim, other, heard }
  let count = 0
  world.arrives = (name, letter, stream) => {
    if (name !== lie.victim || letter.way !== 'down') return { letter }
    heard.push(letter.message)
    const told = lie.tell(letter.message, scene)
    if (told === undefined) return { letter }
    count += 1
    const instead = told.flatMap((one) => overTheWire(one) ?? [])
    return instead.length < told.length ? { letter: undefined, after: () => stream.cut() } : { letter, instead }
  }
  if (lie.answer !== undefined) {
    const { answer: change } = lie
    world.answers = <T>(name: string, call: string, answer: T): T => {
      const changed = name === lie.victim ? toldInstead(() => change(call, answer)) : { answer }
      if (changed.answer !== answer) count += 1
      if ('error' in changed) throw changed.error
      return changed.answer as T
    }
  }
  return () => count
}

/** What cannot be read becomes an error on the way. */
function toldInstead(change: () => unknown): { readonly answer: unknown; readonly error?: unknown } {
  try {
    return { answer: change() }
  } catch (error) {
    return { answer: undefined, error }
  }
}

function disarm(world: World): void {
  world.arrives = (_, letter) => ({ letter })
  world.answers = (_, __, answer) => answer
}

async function reconnected(world: World): Promise<void> {
  for (const stream of world.stage.streams) stream.cut()
  await world.stage.scheduler.pass(RECONNECT_MS)
}

async function restarted(world: World, victim: SimTrader): Promise<void> {
  victim.kill()
  victim.boot()
  await world.stage.scheduler.pass(RECONNECT_MS)
}

/** Every order of the victim is filled, and both sides agree on its account. */
async function tradesAgain(world: World, lie: Lie): Promise<boolean> {
  const filled = (): boolean =>
    [...world.trader(lie.victim).trader.ledger.orders.values()].every(({ state }) => state === 'executed')
  for (let i = 0; i < MORE_AUCTIONS && !filled(); i++) {
    // A stream that answered a lie may be out of step with what was really asked on it.
    if (i > 0) for (const stream of world.stage.streams) stream.cut()
    await world.stage.scheduler.pass(RECONNECT_MS)
    await world.auction()
    await world.stage.scheduler.drain()
  }
  return filled()
}

/** The lie was told, named and refused; nothing was signed for it; the daemon lives and trades. */
export async function expectRefused(lie: Lie): Promise<void> {
  const { world, codes, reasons, signed, survived, trades, told } = await lieTo(lie)
  const story = `${lie.name}: ${codes.join(' ')}\n${world.story()}`
  expect(told, story).toBeGreaterThan(0)
  expect(codes, story).toContain(lie.code)
  if (lie.field !== undefined) expect(reasons, story).toContain(lie.field)
  if (lie.batchGoesOn !== true) expect(signed, story).toEqual([])
  expect(survived, story).toBe(true)
  expect(world.stage.witness.violations, story).toEqual([])
  expect(trades, story).toBe(true)
}
