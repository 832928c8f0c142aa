import { expect } from 'vitest'
import { freePort } from '../harness/ports.ts'
import { until } from '../harness/until.ts'
import { KEEPALIVE_TIMER, socketTimers } from '../harness/socketTimers.ts'
import type { TraderDaemon } from '../harness/traderDaemon.ts'
import { fundAccounts, untilOpen } from './words/accounts.ts'
import { confirmBatch, runBatch, untilSettled } from './words/auction.ts'
import { freeze, thaw } from './words/freezing.ts'
import type { Market } from './words/market.ts'
import { clearBook, submitAsk, submitBid } from './words/orders.ts'

interface StatusScreen {
  readonly problem: string
  readonly auctioneer: {
    readonly state: string
    readonly reason: string
    readonly tries: number
    readonly missed_batches: number
  } | null
  readonly accounts: readonly { readonly trader_key: string; readonly subscribed: boolean }[]
  readonly orders: readonly { readonly nonce: string; readonly missed_a_batch: boolean }[]
  readonly leases: readonly { readonly channel_state: string; readonly blocks_left: number }[]
}

const OFFLINE = 5
/** Known at once when the connection breaks, else when a ping stays without an answer; the rest is for a busy machine. */
const SECONDS = 60_000

/**
 * Carol is cut off from the auctioneer and knows it: exit code, screen, `getinfo`, health endpoint, log. Back again, she is
 * told that a batch was made without her, and which order that cost. A lost auctioneer is known by everyone, and found again;
 * also one that hangs, its connections as open as before.
 */
export async function offlineTrader(market: Market): Promise<void> {
  const [alice, bob, carol] = await market.traders('alice', 'bob', 'carol')
  await clearBook(market)
  const [maker, taker, away] = await fundAccounts(
    market,
    { trader: alice, value: 2_000_000n, version: 2 },
    { trader: bob, value: 1_000_000n, version: 2 },
    { trader: carol, value: 1_000_000n, version: 2 },
  )
  const health = `localhost:${await freePort()}`
  await carol.stop()
  await carol.start([`--healthlisten=${health}`])
  await untilOpen(market, away)
  expect(await readiness(health)).toEqual([200, { ready: true, code: '', reason: '' }])
  const missed = await submitBid(away, { amount: 100_000n, rate: 2_000 })
  expect(await screen(carol)).toMatchObject([0, { auctioneer: { state: 'online', missed_batches: 0 } }])
  await watchedByKernels(market, carol)

  await submitAsk(maker, { amount: 200_000n, rate: 500 })
  await submitBid(taker, { amount: 200_000n, rate: 1_000 })
  await market.auctioneer.stop()
  for (const trader of [alice, carol]) {
    await untilScreen(trader, OFFLINE, ({ auctioneer }) => auctioneer?.state === 'offline')
    expect((await trader.trader.getInfo({})).subscribedToAuctioneer).toBe(false)
  }
  expect(await readiness(health)).toMatchObject([503, { ready: false, code: 'OFFLINE' }])
  expect(carol.process.log().join(' ')).toContain('offline: open orders miss every batch until the auctioneer is back')
  const { stdout } = await carol.poolRaw('--table', 'status')
  expect(stdout).toMatch(/OFFLINE for \d+s \(.+\); tried \d+ times/)
  expect(stdout).toContain('no batch until it is back for 1 open order')

  freeze(carol)
  await market.auctioneer.start()
  for (const account of [maker, taker]) await untilOpen(market, account)
  const batch = await runBatch(market)
  await untilSettled(batch, maker, taker)
  thaw(carol)
  const back = await untilScreen(carol, 0, ({ auctioneer }) => (auctioneer?.missed_batches ?? 0) > 0)
  expect(back.auctioneer).toMatchObject({ state: 'online', missed_batches: 1 })
  expect(back.orders).toMatchObject([{ nonce: missed.nonce, missed_a_batch: true }])
  expect(back.accounts.every(({ subscribed }) => subscribed)).toBe(true)
  expect(carol.process.log().join(' ')).toContain('batches were made while offline')
  expect((await readiness(health))[0]).toBe(200)
  await confirmBatch(market, batch)
  const [, held] = await screen(bob)
  expect(held.leases.at(-1)).toMatchObject({ channel_state: 'open' })
  expect(held.leases.at(-1)?.blocks_left).toBeGreaterThan(1_900)

  freeze(market.auctioneer)
  await untilScreen(carol, OFFLINE, ({ auctioneer }) => auctioneer?.state === 'offline')
  thaw(market.auctioneer)
  await untilScreen(carol, 0, ({ auctioneer }) => auctioneer?.state === 'online')
  for (const account of [maker, taker, away]) await untilOpen(market, account)
}

/** What a supervisor asks. */
async function readiness(address: string): Promise<readonly [number, unknown]> {
  const answer = await fetch(`http://${address}/readyz`)
  return [answer.status, await answer.json()]
}

/** A host or network that dies is noticed by the kernel at the other end. */
async function watchedByKernels({ auctioneer }: Market, trader: TraderDaemon): Promise<void> {
  const port = Number(auctioneer.address.split(':').at(-1))
  for (const { name, pid } of [
    { name: trader.name, pid: trader.process.pid },
    { name: 'the auctioneer', pid: auctioneer.process.pid },
  ]) {
    await until(`the kernel watches every connection of ${name} at rest`, async () => {
      const timers = socketTimers(pid, port)
      return timers.length > 0 && timers.every((timer) => timer === KEEPALIVE_TIMER)
    })
  }
}

async function screen(trader: TraderDaemon): Promise<readonly [number, StatusScreen]> {
  const { exitCode, stdout } = await trader.poolRaw('--json', 'status')
  return [exitCode, JSON.parse(stdout) as StatusScreen]
}

function untilScreen(
  trader: TraderDaemon,
  exitCode: number,
  isIt: (status: StatusScreen) => boolean,
): Promise<StatusScreen> {
  return until(
    `the status of ${trader.name}`,
    async () => {
      const [code, status] = await screen(trader)
      return code === exitCode && isIt(status) ? status : undefined
    },
    { timeoutMs: SECONDS },
  )
}
