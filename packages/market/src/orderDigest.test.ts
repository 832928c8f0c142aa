import { accountKey, blockCount, fromHex, pointFromSecret, sha256, toHex } from '@tidepool/crypto'
import { describe, expect, test } from 'vitest'
import { loadVectors } from '../test/loadVectors.ts'
import { orderFromVector, type OrderVector } from '../test/vectorOrders.ts'
import { nonceFromPreimage } from './nonce.ts'
import { encodeOrderFields, orderDigest, orderMessage, verifyOrderSignature } from './orderDigest.ts'
import { orderVersion } from './orderRules.ts'

interface DigestVector extends OrderVector {
  readonly digest?: string
  readonly signature_der?: string
  readonly signing_key?: string
  readonly error?: string
}

const { cases } = loadVectors<DigestVector>('pool/order-digests.json')

test('248 digest vectors, 36 of them signed', () => {
  expect(cases).toHaveLength(248)
  expect(cases.filter((vector) => vector.signature_der !== undefined)).toHaveLength(36)
})

test.each(cases)('$type version $version, nonce $nonce', (vector) => {
  expect(nonceFromPreimage(fromHex(vector.preimage))).toBe(vector.nonce)
  if (vector.error !== undefined) {
    expect(() => orderVersion(vector.version)).toThrow(expect.objectContaining({ code: 'ORDER_VERSION_UNKNOWN' }))
    return
  }
  const order = orderFromVector(vector, orderVersion(vector.version))
  const bid = order.kind === 'bid' ? { ...order, minNodeTier: vector.min_node_tier } : undefined
  const bare = encodeOrderFields({ ...order, channelType: vector.channel_type, bid })
  expect(toHex(sha256(bare))).toBe(vector.digest)
  if (order.kind === 'ask' || vector.min_node_tier <= 2) expect(toHex(orderDigest(order))).toBe(vector.digest)
  if (vector.signature_der === undefined) return
  const signer = accountKey(pointFromSecret(fromHex(vector.signing_key ?? '')))
  const signature = fromHex(vector.signature_der)
  expect(verifyOrderSignature(order, signature, signer)).toBe(true)
  const changed = { ...order, leaseDuration: blockCount(order.leaseDuration ^ 1) }
  expect(verifyOrderSignature(changed, signature, signer)).toBe(false)
})

/** The worked example of the order documentation: every version of one ask and one bid. */
describe('worked example', () => {
  const preimage = Uint8Array.from({ length: 32 }, (_, i) => i)
  const common = {
    preimage: toHex(preimage),
    nonce: nonceFromPreimage(preimage),
    fixed_rate: 14_880,
    amt: 5_000_000,
    lease_duration: 2016,
    max_batch_fee_rate: 25_000,
    auction_type: 0,
    is_public: false,
    allowed_node_ids: [],
    not_allowed_node_ids: [],
    announcement_constraints: 0,
    confirmation_constraints: 0,
    min_node_tier: 2,
    self_chan_balance: 50_000,
    is_sidecar: false,
    unannounced_channel: false,
    zero_conf_channel: false,
    channel_type: 1,
  }
  const ask = { ...common, type: 'ask', min_units_match: 2 } as const
  const bid = { ...common, type: 'bid', min_units_match: 50 } as const
  test.each([
    [ask, 0, 60, '4ad06a4902d59cc4e9892bda0ea00e177a0fba835659664ce169b1f0c1c417bd'],
    [bid, 0, 60, '4ad06a4902d59cc4e9892bda0ea00e177a0fba835659664ce169b1f0c1c417bd'],
    [ask, 1, 64, '27968069818de03a85ccd1da508e08b5d44dd531de32e16a2bb4e12df3c66bd8'],
    [ask, 2, 64, '28782ba16ba862bca6399cfbc77498901c6ae924fb1ae123c3d0a45931233596'],
    [ask, 3, 64, 'a933caa7b0589770f3c1394962205dd91bf3c93f0f7d861f1534863661f28214'],
    [ask, 4, 64, 'd58b7048788aa68b8004a33870d7bcfdac36abfcc58d76d758523bb124941cba'],
    [ask, 5, 65, '0db2824af99f00de3aebcb2f7e1c03c6fdb95c2804dd1b9feaad20811796fa45'],
    [bid, 1, 68, '53b9e0d7a6fe05f9f001af7db3f2072a4ae4d988c6243b35daf7fb752822ad79'],
    [bid, 2, 68, '60fdb54947d936863cd69847b037f4e4ce76fab49d046f5628532e3dee4b9f8a'],
    [bid, 3, 76, 'c08a22aa2f7e191cf635193925b5b9d20a82609b8e9891e3279d835483620199'],
    [bid, 4, 77, '50c8e7b442bc4c82871c03051cfd9b5bdd27715eaed611d77fd79aea60d28425'],
    [bid, 5, 78, 'e05f36e68f06325b9fa53f190663d921529804b114e82bb008b1c0eefbedb240'],
  ] as const)('%o version %i', (vector, version, length, digest) => {
    const order = orderFromVector({ ...vector, version }, version)
    expect(orderMessage(order)).toHaveLength(length)
    expect(toHex(orderDigest(order))).toBe(digest)
  })

  test('nonce', () => {
    expect(common.nonce).toBe('630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd')
  })
})
