import { getEventListeners } from 'node:events'
import { accountAuthMessage, accountCommitment, verifyMessage } from '@tidepool/crypto'
import type { AccountKey } from '@tidepool/crypto'
import { batchVersion } from '@tidepool/market'
import { openStore } from '@tidepool/store'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FakeAuctioneer } from '../../test/kit/fakeAuctioneer.ts'
import type { FakeStream } from '../../test/kit/fakeAuctioneer.ts'
import { FakeClock, settle } from '../../test/kit/fakeClock.ts'
import { FakeWallet } from '../../test/kit/fakeWallet.ts'
import { accountIn } from '../../test/kit/samples.ts'
import { accountKey } from '@tidepool/crypto'
import { StoreAdapter } from '../adapters/store/traderStore.ts'
import type { ServerMessage } from '../ports/auctioneer.ts'
import { AuctioneerSession } from './auctioneerSession.ts'
import type { Logger } from '../ports/logger.ts'
import type { Outage } from './connection.ts'
import { Ledger } from './ledger.ts'

let auctioneer: FakeAuctioneer
let clock: FakeClock
let wallet: FakeWallet
let end: AbortController
let handled: ServerMessage[]
let life: string[]
let keys: AccountKey[]
let announced: AccountKey[]
let logged: { readonly level: string; readonly message: string }[]
const note =
  (level: string) =>
  (message: string): void =>
    void logged.push({ level, message })
const logger: Logger = { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') }
beforeEach(() => {
  auctioneer = new FakeAuctioneer()
  clock = new FakeClock()
  wallet = new FakeWallet()
  end = new AbortController()
  handled = []
  life = []
  keys = []
  announced = []
  logged = []
})
afterEach(() => end.abort())

async function session(accounts = 2, regained: (outage: Outage) => Promise<void> = async () => undefined) {
  const ledger = await Ledger.open(new StoreAdapter(await openStore({ engine: 'memory' })))
  for (let i = 0; i < accounts; i++) {
    const own = await wallet.nextKey(220)
    const key = accountKey(own.key)
    keys.push(key)
    await ledger.commit({ kind: 'account', account: { ...accountIn('open'), key, keyIndex: own.index } })
  }
  let counter = 0
  const made = new AuctioneerSession(
    { batchVersion: batchVersion(58), minBackoffMs: 5000, maxBackoffMs: 60_000, handshakeTimeoutMs: 30_000 },
    {
      ...{ auctioneer, ledger, wallet, clock, logger },
      regained,
      announce: async (key) => void announced.push(key),
      random: (length) => new Uint8Array(length).fill(++counter),
      batches: {
        connected: async () => void life.push('connected'),
        handle: async (message) => void handled.push(message),
        disconnected: async () => void life.push('disconnected'),
      },
    },
  )
  void made.run(end.signal)
  await settle()
  return made
}

const stream = (index = -1): FakeStream => {
  const found = auctioneer.streams.at(index)
  if (found === undefined) throw new Error('no stream')
  return found
}
const subscribes = (of: FakeStream): readonly AccountKey[] =>
  of.sent.flatMap((message) => (message.kind === 'subscribe' ? [message.key] : []))

describe('the auction stream', () => {
  it('is not opened without an account', async () => {
    await session()
    expect(auctioneer.calls).toEqual([])
  })

  it('probes, settles what is staged, then opens and shows the account', async () => {
    const made = await session()
    made.subscribe(keys[0] as AccountKey)
    await settle()
    expect(auctioneer.calls).toEqual(['terms', 'openStream'])
    expect(life).toEqual(['connected'])
    expect(made.subscribed).toEqual(new Set([keys[0]]))
    const [commit, subscribe] = stream().sent
    if (commit?.kind !== 'commit' || subscribe?.kind !== 'subscribe') throw new Error('no handshake')
    expect(commit.batchVersion).toBe(58)
    expect(commit.commitHash).toEqual(accountCommitment(subscribe.key, subscribe.nonce))
    const message = accountAuthMessage(commit.commitHash, new Uint8Array(32).fill(7))
    expect(verifyMessage(message, subscribe.signature, subscribe.key)).toBe(true)
  })

  it('leaves accounts to somebody who speaks for them on a stream of his own', async () => {
    const made = await session()
    made.subscribe(keys[0] as AccountKey)
    await settle()
    let done = (): void => undefined
    const other = made.aside(() => new Promise<string>((resolve) => (done = () => resolve('done'))))
    // Ended for the other's stream.
    stream().close()
    made.subscribe(keys[1] as AccountKey)
    for (let i = 0; i < 5; i++) await clock.advance(60_000)
    expect(auctioneer.streams).toHaveLength(1)
    expect(subscribes(stream())).toEqual([keys[0]])
    done()
    expect(await other).toBe('done')
    await settle()
    await clock.advance(5000)
    expect(auctioneer.streams).toHaveLength(2)
    expect(made.subscribed).toEqual(new Set(keys))
  })

  it('ends the handshake under way before somebody else speaks', async () => {
    const made = await session()
    made.subscribe(keys[0] as AccountKey)
    await settle()
    stream().autoAnswer = false
    made.subscribe(keys[1] as AccountKey)
    await settle()
    let begun = false
    const other = made.aside(async () => void (begun = true))
    await settle()
    expect(begun).toBe(false)
    stream().push({ kind: 'error', code: 'accountDoesNotExist', key: keys[1] as AccountKey, text: '' })
    await other
    expect(begun).toBe(true)
  })

  it('ends while others speak, and does not wait for what they do to succeed', async () => {
    const made = await session()
    await expect(made.aside(() => Promise.reject(new Error('refused')))).rejects.toThrow('refused')
    made.subscribe(keys[0] as AccountKey)
    await settle()
    expect(made.subscribed).toEqual(new Set([keys[0]]))
    void made.aside(() => new Promise(() => undefined))
    stream().close()
    end.abort()
    await settle()
    expect(life.at(-1)).toBe('disconnected')
  })

  it('leaves nothing behind at the signal that ends it, however many connections and handshakes there were', async () => {
    const made = await session()
    for (const key of keys) made.subscribe(key)
    await settle()
    const listening = getEventListeners(end.signal, 'abort').length
    for (let i = 0; i < 5; i++) {
      stream().close()
      await settle()
      await clock.advance(60_000)
    }
    expect(auctioneer.streams).toHaveLength(6)
    expect(made.subscribed).toEqual(new Set(keys))
    expect(getEventListeners(end.signal, 'abort')).toHaveLength(listening)
  })

  it('runs one handshake at a time', async () => {
    const made = await session()
    made.subscribe(keys[0] as AccountKey)
    await settle()
    const open = stream()
    open.autoAnswer = false
    made.subscribe(keys[1] as AccountKey)
    made.subscribe(keys[1] as AccountKey)
    await settle()
    expect(open.sent).toHaveLength(3)
    expect(open.sent[2]?.kind).toBe('commit')
  })

  it.each(['UNAVAILABLE', 'a clean end', 'a shutdown'])('comes back after %s with all its accounts', async (how) => {
    const made = await session()
    for (const key of keys) made.subscribe(key)
    await settle()
    if (how === 'UNAVAILABLE') stream().break(new Error('unavailable'))
    else if (how === 'a clean end') stream().close()
    else stream().push({ kind: 'error', code: 'serverShutdown', key: undefined, text: '' })
    await settle()
    expect(life).toEqual(['connected', 'disconnected'])
    expect(made.subscribed.size).toBe(0)
    await clock.advance(4999)
    expect(auctioneer.streams).toHaveLength(1)
    await clock.advance(1)
    expect(auctioneer.streams).toHaveLength(2)
    expect(subscribes(stream())).toEqual(keys)
  })

  it('doubles the pause up to a minute while nobody answers', async () => {
    const made = await session()
    auctioneer.failures.set('terms', new Error('unreachable'))
    made.subscribe(keys[0] as AccountKey)
    await settle()
    const pauses: number[] = []
    for (const pause of [5000, 10_000, 20_000, 40_000, 60_000, 60_000]) {
      await clock.advance(pause)
      pauses.push(auctioneer.calls.length)
    }
    expect(pauses).toEqual([2, 3, 4, 5, 6, 7])
  })

  it('knows that it is offline, since when and why, and what the outage was once it is back', async () => {
    const outages: Outage[] = []
    const made = await session(2, async (outage) => void outages.push(outage))
    expect(made.connection.state).toEqual({ kind: 'idle' })
    auctioneer.failures.set('terms', new Error('unreachable'))
    const began = clock.now()
    for (const key of keys) made.subscribe(key)
    await settle()
    const offline = { kind: 'offline', sinceNs: began, reason: 'unreachable', tries: 1 }
    expect(made.connection.state).toEqual({ ...offline, nextTryNs: began + 5_000_000_000n })
    await clock.advance(5000)
    expect(made.connection.state).toMatchObject({ ...offline, tries: 2, nextTryNs: began + 15_000_000_000n })
    expect(logged.filter(({ message }) => message.startsWith('offline'))).toEqual([
      { level: 'warn', message: expect.stringContaining('offline') as string },
    ])
    auctioneer.failures.clear()
    await clock.advance(10_000)
    expect(made.connection.state).toEqual({ kind: 'online', sinceNs: began + 15_000_000_000n })
    expect(outages).toEqual([{ fromNs: began, toNs: began + 15_000_000_000n }])
    stream().push({ kind: 'error', code: 'serverShutdown', key: undefined, text: '' })
    await settle()
    expect(made.connection.state).toMatchObject({ kind: 'offline', reason: 'the auctioneer shuts down', tries: 1 })
    expect(made.connection.lastOutage).toEqual(outages[0])
  })

  it('is online as soon as every account has been shown, also when one is refused', async () => {
    const made = await session()
    for (const key of keys) made.subscribe(key)
    await settle()
    const first = stream()
    first.break(new Error('unavailable'))
    await settle()
    auctioneer.quiet = true
    await clock.advance(5000)
    expect(made.connection.state.kind).toBe('offline')
    const open = stream()
    open.push({ kind: 'error', code: 'accountDoesNotExist', key: keys[0], text: 'account not found' })
    open.autoAnswer = true
    await settle()
    expect(made.connection.state.kind).toBe('online')
    expect(made.refusalOf(keys[0] as AccountKey)).toContain('account not found')
    expect(made.subscribed).toEqual(new Set([keys[1]]))
  })

  it('tries an account that is refused again later, without the others noticing', async () => {
    const made = await session()
    made.subscribe(keys[0] as AccountKey)
    await settle()
    const open = stream()
    open.autoAnswer = false
    made.subscribe(keys[1] as AccountKey)
    await settle()
    open.push({ kind: 'error', code: 'accountDoesNotExist', key: keys[1], text: 'account not found' })
    await settle()
    expect(open.closed).toBe(false)
    expect(made.subscribed).toEqual(new Set([keys[0]]))
    open.autoAnswer = true
    await clock.advance(60_000)
    expect(made.subscribed).toEqual(new Set(keys))
    expect(auctioneer.streams).toHaveLength(1)
  })

  it('announces an account that the auctioneer knows only as a reservation, and no other', async () => {
    const made = await session()
    auctioneer.quiet = true
    for (const key of keys) made.subscribe(key)
    await settle()
    const open = stream()
    open.push({ kind: 'error', code: 'incompleteReservation', key: keys[0], text: 'only reserved' })
    await settle()
    open.push({ kind: 'error', code: 'accountDoesNotExist', key: keys[1], text: 'account not found' })
    await settle()
    expect(announced).toEqual([keys[0]])
    open.autoAnswer = true
    await clock.advance(60_000)
    expect(made.subscribed).toEqual(new Set(keys))
  })

  it('gives up a stream that does not answer a handshake', async () => {
    const made = await session()
    made.subscribe(keys[0] as AccountKey)
    await settle()
    const open = stream()
    open.autoAnswer = false
    made.subscribe(keys[1] as AccountKey)
    await settle()
    await clock.advance(30_000)
    expect(open.closed).toBe(true)
  })

  it('ignores answers nobody waits for', async () => {
    const made = await session()
    made.subscribe(keys[0] as AccountKey)
    await settle()
    stream().push({ kind: 'success', key: keys[0] as AccountKey })
    stream().push({ kind: 'challenge', challenge: new Uint8Array(32), commitHash: new Uint8Array(32) })
    stream().push({ kind: 'other', name: 'account' })
    await settle()
    expect(handled).toEqual([{ kind: 'other', name: 'account' }])
    expect(made.subscribed.size).toBe(1)
  })

  it('does not sign a challenge of the wrong size or for another commitment', async () => {
    const made = await session()
    made.subscribe(keys[0] as AccountKey)
    await settle()
    const open = stream()
    open.autoAnswer = false
    made.subscribe(keys[1] as AccountKey)
    await settle()
    open.push({ kind: 'challenge', challenge: new Uint8Array(32), commitHash: new Uint8Array(32) })
    await settle()
    expect(subscribes(open)).toEqual([keys[0]])
  })
})
