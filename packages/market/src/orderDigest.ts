import {
  idToBytes,
  sha256,
  verifyMessage,
  type AccountKey,
  type BlockCount,
  type OrderNonce,
  type SatPerKWeight,
} from '@tidepool/crypto'
import type { ChannelType, MinNodeTier, OrderVersion, RatePpb, SupplyUnits } from './order.ts'

interface DigestBase {
  readonly nonce: OrderNonce
  readonly version: OrderVersion
  readonly rate: RatePpb
  readonly amount: bigint
  readonly leaseDuration: BlockCount
  readonly maxBatchFeeRate: SatPerKWeight
  readonly minUnitsMatch: SupplyUnits
  readonly channelType: ChannelType
}

/** What an order's digest covers. Auction type, keys, addresses, lists and wishes are in no version. */
export type DigestOrder =
  | (DigestBase & { readonly kind: 'ask' })
  | (DigestBase & {
      readonly kind: 'bid'
      readonly minNodeTier: MinNodeTier
      readonly selfChannelBalance: bigint
      readonly isSidecar: boolean
    })

const TIER_NUMBER = { default: 0, tier0: 1, tier1: 2 } as const satisfies Record<MinNodeTier, number>
const CHANNEL_TYPE_BYTE = {
  peerDependent: 0,
  scriptEnforced: 1,
  simpleTaproot: 2,
} as const satisfies Record<ChannelType, number>

/** Canonical bytes of an order. */
export function orderMessage(order: DigestOrder): Uint8Array {
  const { nonce, version, rate, amount, leaseDuration, maxBatchFeeRate, minUnitsMatch } = order
  const channelType = CHANNEL_TYPE_BYTE[order.channelType]
  const bid = order.kind === 'bid' ? bidFields(order) : undefined
  return encodeOrderFields({
    nonce,
    version,
    rate,
    amount,
    leaseDuration,
    maxBatchFeeRate,
    minUnitsMatch,
    channelType,
    bid,
  })
}

function bidFields(bid: DigestOrder & { readonly kind: 'bid' }): DigestFields['bid'] {
  const { minNodeTier, selfChannelBalance, isSidecar } = bid
  return { minNodeTier: TIER_NUMBER[minNodeTier], selfChannelBalance, isSidecar }
}

/** A digest's fields as bare numbers. */
export interface DigestFields extends Omit<DigestBase, 'channelType'> {
  readonly channelType: number
  /** undefined for an ask. */
  readonly bid:
    | { readonly minNodeTier: number; readonly selfChannelBalance: bigint; readonly isSidecar: boolean }
    | undefined
}

/** Nonce, version, rate, amount, duration and fee rate. */
const FIXED_BYTES = 32 + 4 + 4 + 8 + 4 + 8
/** Tier, minimum, own balance, sidecar flag, channel type. */
const MOST_BYTES = FIXED_BYTES + 4 + 4 + 8 + 1 + 1

/** Fixed fields, then what each order version added; big-endian, no length prefixes (Pool order/interfaces.go). */
export function encodeOrderFields(order: DigestFields): Uint8Array {
  const { bid } = order
  const out = new Uint8Array(MOST_BYTES)
  const view = new DataView(out.buffer)
  let at = 0
  // Of numbers beyond 32 bits the low ones, as Pool cuts off oversized minimums.
  const u32 = (value: number): void => view.setUint32((at += 4) - 4, value)
  const u64 = (value: bigint): void => view.setBigUint64((at += 8) - 8, value)
  const u8 = (value: number): void => view.setUint8((at += 1) - 1, value)
  out.set(idToBytes(order.nonce))
  at = 32
  u32(order.version)
  u32(order.rate)
  u64(order.amount)
  u32(order.leaseDuration)
  u64(order.maxBatchFeeRate)
  if (order.version >= 1 && bid !== undefined) u32(bid.minNodeTier)
  if (order.version >= 1) u32(order.minUnitsMatch)
  if (order.version >= 3 && bid !== undefined) u64(bid.selfChannelBalance)
  if (order.version >= 4 && bid !== undefined) u8(bid.isSidecar ? 1 : 0)
  if (order.version >= 5) u8(order.channelType)
  return out.subarray(0, at)
}

/** What the account key signs; lnd hashes it once more before signing. */
export const orderDigest = (order: DigestOrder): Uint8Array => sha256(orderMessage(order))

/** Whether the account's base key signed the order; the signature is DER, as lnd makes it. */
export function verifyOrderSignature(order: DigestOrder, signatureDer: Uint8Array, accountKey: AccountKey): boolean {
  return verifyMessage(orderDigest(order), signatureDer, accountKey)
}
