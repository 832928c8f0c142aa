import { isClmError, formatOutPoint } from '@tidepool/crypto'
import type { AccountKey } from '@tidepool/crypto'
import { isFunded, isSettled } from '@tidepool/trader'
import type { FundedAccount, Trader, TraderAccount } from '@tidepool/trader'
import { expect } from 'vitest'
import { disagreements } from '../checks/accounts.ts'
import { ask, bid } from '../words/orders.ts'
import { everyoneSubscribed } from '../words/market.ts'
import type { SimTrader } from '../simTrader.ts'
import type { World } from '../world.ts'
import { openBook } from './books.ts'
import { overTheWire } from './liar.ts'
import type { Scene } from './lie.ts'
import type { RecoveryLie } from './lies/recoveryLies.ts'

/** Enough for every account of this size. */
const BLOCKS = 4
const WAIT_MS = 120_000

/** bob lost his data; what he is told of his account of version 2 is a lie. Then he asks an honest auctioneer. */
export async function expectNotBelieved(lie: RecoveryLie): Promise<void> {
  const world = await openBook('plain', lie.name)
  const bob = world.trader('bob')
  const honest = fundedOf(bob.trader, bob.keyOf(2))
  await loseData(world, bob)
  const before = world.stage.witness.signatures.length
  const { told, outcome } = await recover(world, bob, lie)
  const story = `${lie.name}: ${outcome.code} ${outcome.reason}\n${world.story()}`
  expect(told, story).toBeGreaterThan(0)
  const { accounts } = bob.trader.ledger
  if (lie.refused !== undefined) {
    expect([outcome.code, outcome.reason], story).toEqual([lie.code, expect.stringContaining(lie.refused)])
    expect([...accounts], story).toEqual([])
  } else if (lie.waits === 'not there') expect(accounts.has(honest.key), story).toBe(false)
  else expectDoubted(accounts.get(honest.key), lie, honest, story)

  await world.mine(BLOCKS)
  await world.stage.scheduler.pass(WAIT_MS)
  const believed = accounts.get(honest.key)
  if (believed !== undefined && isSettled(believed) && believed.unseen !== true) {
    expect(formatOutPoint(believed.outpoint), story).toBe(formatOutPoint(honest.outpoint))
  }
  expect(world.stage.witness.signatures.slice(before), story).toEqual([])
  await tradesAfterTruth(world, bob, honest, story)
}

function expectDoubted(
  account: TraderAccount | undefined,
  lie: RecoveryLie,
  honest: FundedAccount,
  story: string,
): void {
  if (account === undefined) throw new Error(`nothing stored\n${story}`)
  const isShown = isFunded(account) && formatOutPoint(account.outpoint) === formatOutPoint(honest.outpoint)
  // The chain may have shown the truth already.
  if (isShown && account.kind === 'open' && account.unseen === undefined) return
  expect(account.kind, story).toBe(lie.waits)
  if (isFunded(account)) expect(account.unseen, story).toBe(true)
}

async function loseData(world: World, bob: SimTrader): Promise<void> {
  bob.kill()
  bob.loseData()
  bob.boot()
  await world.until('bob is up', () => bob.current() !== undefined)
}

interface Outcome {
  readonly code: string
  readonly reason: string
}

async function recover(
  world: World,
  bob: SimTrader,
  lie: RecoveryLie,
): Promise<{ readonly told: number; readonly outcome: Outcome }> {
  const scene: Scene = { world, victim: bob, other: world.trader('alice'), heard: [] }
  let told = 0
  world.arrives = (name, letter) => {
    const { message } = letter
    const isAnswer = message.kind === 'account' || message.kind === 'success' || message.kind === 'challenge'
    if (name !== 'bob' || letter.way !== 'down' || !isAnswer) return { letter }
    const instead = lie.tell(message, scene)
    if (instead === undefined) return { letter }
    told += 1
    return { letter, instead: instead.flatMap((one) => overTheWire(one) ?? []) }
  }
  const outcome = await recovered(world, bob)
  world.arrives = (_, letter) => ({ letter })
  return { told, outcome }
}

async function recovered(world: World, bob: SimTrader): Promise<Outcome> {
  const { recovery } = bob.trader
  if (recovery === undefined) throw new Error('this daemon recovers nothing')
  try {
    await world.finish(recovery.withAuctioneer(bob.keysInUse + 1))
    return { code: 'done', reason: '' }
  } catch (error) {
    return { code: isClmError(error) ? error.code : 'none', reason: String(error) }
  }
}

/** The honest answer takes the place of the lie, the account is what it was, and its next order is filled. */
async function tradesAfterTruth(world: World, bob: SimTrader, honest: FundedAccount, story: string): Promise<void> {
  expect(await recovered(world, bob), story).toMatchObject({ code: 'done' })
  await world.mine(BLOCKS)
  await world.stage.scheduler.pass(WAIT_MS)
  const { key, outpoint, value, expiry } = honest
  expect(bob.trader.ledger.accounts.get(key), story).toMatchObject({ kind: 'open', outpoint, value, expiry })
  expect(fundedOf(bob.trader, key).unseen, story).toBeUndefined()
  await everyoneSubscribed(world)
  expect(disagreements(world), story).toEqual([])
  const alice = world.trader('alice')
  await world.finish(alice.trader.orders.submit(ask(alice, 2), 'sim'))
  await world.finish(bob.trader.orders.submit(bid(bob, 2, { accountKey: key }), 'sim'))
  await world.auction()
  await world.stage.scheduler.drain()
  expect(
    [...bob.trader.ledger.orders.values()].map(({ state }) => state),
    story,
  ).toEqual(['executed'])
  expect(world.stage.witness.violations, story).toEqual([])
}

function fundedOf({ ledger }: Trader, key: AccountKey): FundedAccount {
  const account = ledger.accounts.get(key)
  if (account === undefined || !isFunded(account)) throw new Error('the account is not there')
  return account
}
