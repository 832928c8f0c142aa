import { describe, expect, test } from 'vitest'
import { bytes, loadCases } from '../test/loadVectors.ts'
import { toHex } from './bytes.ts'
import { pointFromSecret, pointMultiply } from './curve.ts'
import { accountKey, batchKey, pubKey } from './ids.ts'
import {
  INITIAL_BATCH_KEY,
  accountKeys,
  accountSecret,
  accountSecretFromPoint,
  batchKeyDistance,
  batchKeyOffset,
  decrementBatchKey,
  decrementingBatchIds,
  incrementBatchKey,
  tweakSecret,
} from './keys.ts'
import { scalarBytes } from './scalar.ts'

interface Chain {
  readonly start: string
  readonly keys: readonly string[]
}

describe('batch key counter, Pool vectors', () => {
  test.each(loadCases<Chain>('keys', 'increment_chain'))('up from $start', ({ start, keys }) => {
    let at = batchKey(start)
    for (const key of keys) {
      at = incrementBatchKey(at)
      expect(at).toBe(key)
    }
    expect(batchKeyDistance(at, keys.length, batchKey(start))).toBe(keys.length)
  })

  test.each(loadCases<Chain>('keys', 'decrement_chain'))('down from $start', ({ start, keys }) => {
    let at = batchKey(start)
    for (const key of keys) {
      at = decrementBatchKey(at)
      expect(at).toBe(key)
    }
  })

  test.each(loadCases<{ start: string; n: number; key: string }>('keys', 'increment_by'))('$n at once', (entry) => {
    expect(batchKeyOffset(batchKey(entry.start), entry.n)).toBe(entry.key)
    expect(batchKeyOffset(batchKey(entry.key), -entry.n)).toBe(entry.start)
    expect(batchKeyDistance(batchKey(entry.key), entry.n, batchKey(entry.start))).toBe(entry.n)
    expect(batchKeyDistance(batchKey(entry.key), entry.n - 1, batchKey(entry.start))).toBeUndefined()
  })

  interface Private {
    readonly private_key: string
    readonly public_key: string
    readonly incremented: string
    readonly decremented: string | null
  }
  test.each(loadCases<Private>('keys', 'increment_private'))('around $public_key', (entry) => {
    expect(toHex(pointFromSecret(bytes(entry.private_key)))).toBe(entry.public_key)
    const key = batchKey(entry.public_key)
    expect(incrementBatchKey(key)).toBe(entry.incremented)
    if (entry.decremented !== null) expect(decrementBatchKey(key)).toBe(entry.decremented)
    else expect(() => decrementBatchKey(key)).toThrow(/infinity/)
  })

  interface Ids {
    readonly name: string
    readonly start: string
    readonly end: string
    readonly count: number
    readonly ids?: readonly string[]
    readonly first?: string
    readonly last?: string
  }
  test.each(loadCases<Ids>('keys', 'decrementing_batch_ids'))('ids back: $name', (entry) => {
    const ids = decrementingBatchIds(batchKey(entry.start), batchKey(entry.end))
    expect(ids).toHaveLength(entry.count)
    if (entry.ids !== undefined) expect(ids).toEqual(entry.ids)
    if (entry.first !== undefined) expect(ids[0]).toBe(entry.first)
    if (entry.last !== undefined) expect(ids.at(-1)).toBe(entry.last)
  })

  test.each(loadCases<{ key: string; id: string }>('keys', 'batch_id'))('id of $key', ({ key, id }) => {
    expect(batchKey(bytes(key))).toBe(id)
  })

  test('10,000 steps from the initial key (Pool poolscript/script_test.go)', () => {
    const far = '03d9dfc4971c9cbabb1b9a4c991914211aa21286e007c15d7e9d828da0b8f07763'
    expect(batchKeyOffset(INITIAL_BATCH_KEY, 10_000)).toBe(far)
    expect(batchKeyOffset(INITIAL_BATCH_KEY, -1)).toBe(
      '03687baa3c7414e800ddba37edacb3281999739303b7290a69bd457f428ecd9b2c',
    )
  })
})

describe('distance between batch keys', () => {
  test.each([0, 1, 2, 3, 10, 99, 100])('every distance up to the limit of %i, none beyond', (limit) => {
    let at = INITIAL_BATCH_KEY
    for (let steps = 0; steps <= limit + 3; steps++) {
      if (steps < 5 || steps > limit - 5) expect(batchKeyDistance(at, limit)).toBe(steps <= limit ? steps : undefined)
      at = incrementBatchKey(at)
    }
    expect(batchKeyDistance(decrementBatchKey(INITIAL_BATCH_KEY), limit)).toBeUndefined()
  })

  test('a key with a known logarithm passes through infinity', () => {
    const hundred = batchKey(pointFromSecret(scalarBytes(100n)))
    expect(batchKeyDistance(hundred)).toBeUndefined()
    expect(batchKeyDistance(hundred, 99, batchKey(pointFromSecret(scalarBytes(1n))))).toBe(99)
  })
})

interface Tweaks {
  readonly trader_private_key: string
  readonly trader_key: string
  readonly auctioneer_private_key: string
  readonly auctioneer_key: string
  readonly batch_key_increments: number
  readonly batch_key: string
  readonly secret: string
  readonly secret_is_ecdh: boolean
  readonly trader_key_tweak: string
  readonly tweaked_trader_key: string
  readonly tweaked_trader_private_key: string
  readonly auctioneer_key_tweak: string
  readonly tweaked_auctioneer_key: string
  readonly tweaked_auctioneer_private_key: string
}

describe('account keys, Pool vectors', () => {
  test.each(loadCases<Tweaks>('keys', 'tweaks'))('$trader_key at $batch_key_increments', (entry) => {
    const trader = bytes(entry.trader_private_key)
    const auctioneer = bytes(entry.auctioneer_private_key)
    if (entry.secret_is_ecdh) {
      expect(toHex(accountSecret(trader, pubKey(entry.auctioneer_key)))).toBe(entry.secret)
      expect(toHex(accountSecret(auctioneer, pubKey(entry.trader_key)))).toBe(entry.secret)
      const point = pointMultiply(bytes(entry.trader_key), auctioneer)
      expect(toHex(accountSecretFromPoint(point ?? new Uint8Array()))).toBe(entry.secret)
    }
    expect(batchKeyOffset(INITIAL_BATCH_KEY, entry.batch_key_increments)).toBe(entry.batch_key)
    const keys = accountKeys({
      traderKey: accountKey(entry.trader_key),
      auctioneerKey: pubKey(entry.auctioneer_key),
      batchKey: batchKey(entry.batch_key),
      secret: bytes(entry.secret),
    })
    expect(toHex(keys.traderTweak)).toBe(entry.trader_key_tweak)
    expect(keys.tweakedTraderKey).toBe(entry.tweaked_trader_key)
    expect(toHex(keys.auctioneerTweak)).toBe(entry.auctioneer_key_tweak)
    expect(keys.tweakedAuctioneerKey).toBe(entry.tweaked_auctioneer_key)
    expect(toHex(tweakSecret(trader, keys.traderTweak))).toBe(entry.tweaked_trader_private_key)
    expect(toHex(tweakSecret(auctioneer, keys.auctioneerTweak))).toBe(entry.tweaked_auctioneer_private_key)
  })
})

test('every case of the file is run', () => {
  const kinds = ['increment_chain', 'decrement_chain', 'increment_by', 'increment_private', 'decrementing_batch_ids']
  const run = [...kinds, 'batch_id', 'tweaks'].flatMap((kind) => loadCases('keys', kind))
  expect(run).toHaveLength(loadCases('keys').length)
})
