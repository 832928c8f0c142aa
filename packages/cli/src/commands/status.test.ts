import { describe, expect, it } from 'vitest'
import { fillMessage, type tidepool } from '@tidepool/rpc'
import { exitCodeOf, underWay } from './status.ts'
import { ago, statusText } from './statusText.ts'

const KEY = new Uint8Array(33).fill(2)
const NOW = 1_800_000_000_000
const ns = (msAgo: number): bigint => BigInt(NOW - msAgo) * 1_000_000n

const made = (parts: tidepool.TraderStatusResponseInit): tidepool.TraderStatusResponse =>
  fillMessage('tidepool.TraderStatusResponse', {
    version: '0.1.0',
    node: { nodeKey: KEY, lndVersion: '0.20.1', blockHeight: 900 },
    auctioneer: { address: 'auction.test:12009', state: 'online', sinceNs: ns(65_000), batchState: 'idle' },
    nextBatch: { clearTimestamp: BigInt(NOW / 1000 + 90), feeRateSatPerKw: 500n },
    ...parts,
  })
// Colours depend on where the test runs.
// oxlint-disable-next-line no-control-regex
const plain = (text: string): string => text.replaceAll(/\u001B\[\d+m/g, '')
const shown = (parts: tidepool.TraderStatusResponseInit = {}): string => plain(statusText(made(parts), NOW))

describe('pool status', () => {
  it('says that all is well', () => {
    expect(shown()).toContain('online for 1m 5s at auction.test:12009')
    expect(shown()).toContain('in 1m 30s at 2.0 sat/vByte')
    expect(shown()).toContain('accounts: none')
    expect(exitCodeOf(made({}))).toBe(0)
  })

  it('says loudly that it is offline, since when, why, and what that costs', () => {
    const offline: tidepool.TraderStatusResponseInit = {
      auctioneer: {
        ...{ address: 'auction.test:12009', state: 'offline', sinceNs: ns(8_000), reason: 'no route' },
        ...{ tries: 2, nextTryNs: ns(-4_000) },
      },
      nextBatch: undefined,
      orders: [{ nonce: KEY, kind: 'bid', units: 3, unitsUnfulfilled: 3 }],
    }
    const text = shown(offline)
    expect(text).toContain('OFFLINE for 8s (no route); tried 2 times, next try in 4s')
    expect(text).toContain('no batch until it is back for 1 open order')
    expect(text).toContain('unknown while the auctioneer does not answer')
    expect(exitCodeOf(made(offline))).toBe(5)
  })

  it('says what an outage has cost', () => {
    const back: tidepool.TraderStatusResponseInit = {
      auctioneer: {
        ...{ address: 'a:1', state: 'online', sinceNs: ns(1_000), batchState: 'signing' },
        ...{ outageFromNs: ns(61_000), outageToNs: ns(1_000), missedBatches: 2 },
      },
      orders: [
        { nonce: KEY, kind: 'ask', units: 3, unitsUnfulfilled: 2, missedABatch: true },
        { nonce: KEY, kind: 'ask', units: 3, unitsUnfulfilled: 2, restingText: 'no counterpart' },
      ],
    }
    expect(shown(back)).toContain('2 batches while offline for 1m; 1 open order could not take part')
    expect(shown(back)).toContain('in a batch: signing')
    expect(shown(back)).toContain('missed: offline')
    expect(exitCodeOf(made(back))).toBe(0)
  })

  it('says what it waits for', () => {
    const locked = { problem: 'lnd is locked', problemCode: 'LND_LOCKED' }
    expect(shown(locked)).toContain('waits: lnd is locked (LND_LOCKED)')
    expect(exitCodeOf(made(locked))).toBe(4)
    const gone = { node: { nodeKey: KEY, lndVersion: '0.20.1', blockHeight: 900, problem: 'UNAVAILABLE' } }
    expect(shown(gone)).toContain('lnd does not answer: UNAVAILABLE')
    expect(exitCodeOf(made(gone))).toBe(4)
  })

  it('counts the blocks to expiry and maturity', () => {
    const text = shown({
      accounts: [
        { traderKey: KEY, state: 'open', valueSat: 2_000_000n, availableSat: 1n, blocksLeft: 288, subscribed: true },
        { traderKey: KEY, state: 'open', blocksLeft: 0, refusal: 'unknown account' },
      ],
      leases: [
        {
          channelPoint: 'ab:0',
          peer: KEY,
          amountSat: 300_000n,
          purchased: true,
          maturesAt: 2916,
          blocksLeft: 2016,
          channelState: 'open',
        },
        { channelPoint: 'cd:1', peer: KEY, amountSat: 100_000n, channelState: 'pending' },
      ],
    })
    expect(text).toMatch(/open +2,000,000 +1 +288 blocks \(2\.0 d\) +subscribed/)
    expect(text).toMatch(/expired +refused: unknown account/)
    expect(text).toMatch(/ab:0 +\S+ +bought +300,000 +0 +2,016 blocks \(14\.0 d\) +open/)
    expect(text).toMatch(/cd:1 +\S+ +sold +100,000 +0 +after its confirmation +pending/)
  })

  it.each<[string, tidepool.TraderStatusResponseInit, RegExp | undefined]>([
    ['nothing', {}, undefined],
    ['an account to be confirmed', { accounts: [{ state: 'pending_open' }] }, /accounts that wait for a block: 1/],
    ['a late change', { accounts: [{ state: 'expired_pending_update' }] }, /accounts that wait for a block: 1/],
    ['a handshake', { accounts: [{ state: 'open' }] }, /does not follow yet: 1/],
    ['a refusal is final', { accounts: [{ state: 'open', refusal: 'unknown' }] }, undefined],
    ['an expired account', { accounts: [{ state: 'expired' }] }, undefined],
    ['a channel to be confirmed', { leases: [{ channelState: 'pending' }] }, /channels that wait for a block: 1/],
    ['a channel that is gone', { leases: [{ channelState: 'gone' }] }, undefined],
    ['a batch', { auctioneer: { state: 'online', batchState: 'signing' } }, /a batch is being made: signing/],
    ['the connection', { auctioneer: { state: 'connecting' } }, /out of reach/],
    ['lnd', { problem: 'lnd is locked' }, /lnd is locked/],
  ])('--wait waits for what is under way: %s', (_what, parts, expected) => {
    if (expected === undefined) expect(underWay(made(parts))).toEqual([])
    else expect(underWay(made(parts)).join()).toMatch(expected)
  })

  it.each([
    [0, '0s'],
    [8_400, '8s'],
    [185_000, '3m 5s'],
    [7_800_000, '2h 10m'],
    [86_400_000 * 3, '3d'],
  ])('%i ms are %s', (value, text) => {
    expect(ago(value)).toBe(text)
  })
})
