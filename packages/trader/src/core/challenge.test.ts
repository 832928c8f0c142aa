import {
  blockCount,
  nodeKey,
  orderNonce,
  pointFromSecret,
  pubKey,
  satPerKWeight,
  satoshi,
  sha256,
} from '@tidepool/crypto'
import { accountAuthMessage, accountKey } from '@tidepool/crypto'
import { orderDigest, ratePpb, supplyUnits } from '@tidepool/market'
import type { Ask } from '@tidepool/market'
import { describe, expect, it } from 'vitest'
import { checkChallenge, isOrderLike } from './challenge.ts'

const KEY = accountKey(pointFromSecret(new Uint8Array(32).fill(1)))
const COMMITMENT = new Uint8Array(32).fill(0xc0)

const ask = (version: Ask['version']): Ask => ({
  kind: 'ask',
  nonce: orderNonce(COMMITMENT),
  version,
  auctionType: 'inbound',
  rate: ratePpb(1),
  amount: satoshi(100_000_000),
  minUnitsMatch: supplyUnits(1),
  leaseDuration: blockCount(2016),
  maxBatchFeeRate: satPerKWeight(1_000_000),
  channelType: 'peerDependent',
  multiSigKey: pubKey(KEY),
  nodeKey: nodeKey(KEY),
  nodeAddresses: [],
  accountKey: KEY,
  nodeFilter: { kind: 'any' },
  isPublic: false,
  announcement: 'none',
  confirmation: 'none',
})

/** What stands behind the nonce: the auctioneer would send it as a challenge. */
function terms({ version, rate, amount, leaseDuration, maxBatchFeeRate, minUnitsMatch }: Ask): Uint8Array {
  const view = new DataView(new ArrayBuffer(32))
  view.setUint32(0, version)
  view.setUint32(4, rate)
  view.setBigUint64(8, amount)
  view.setUint32(16, leaseDuration)
  view.setBigUint64(20, maxBatchFeeRate)
  view.setUint32(28, minUnitsMatch)
  return new Uint8Array(view.buffer)
}

describe('a challenge', () => {
  it.each([1, 2, 3, 4] as const)('can be the terms of an ask of version %i, and is not signed then', (version) => {
    const challenge = terms(ask(version))
    expect(accountAuthMessage(COMMITMENT, challenge)).toEqual(orderDigest(ask(version)))
    expect(() => checkChallenge(KEY, challenge)).toThrow('would make an order')
  })

  it.each([0, 5] as const)('is no ask of version %i', (version) => {
    const challenge = terms(ask(version))
    expect(accountAuthMessage(COMMITMENT, challenge)).not.toEqual(orderDigest(ask(version)))
    expect(isOrderLike(challenge)).toBe(false)
  })

  it('that is a hash is signed', () => {
    for (let i = 0; i < 1000; i++) expect(isOrderLike(sha256(Uint8Array.of(i & 255, i >> 8)))).toBe(false)
  })
})
