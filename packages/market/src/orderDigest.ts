import {
  concatBytes,
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
  const bid = order.kind === 'bid' ? { ...order, minNodeTier: TIER_NUMBER[order.minNodeTier] } : undefined
  return encodeOrderFields({ ...order, channelType: CHANNEL_TYPE_BYTE[order.channelType], bid })
}

/** A digest's fields as bare numbers. */
export interface DigestFields extends Omit<DigestBase, 'channelType'> {
  readonly channelType: number
  /** undefined for an ask. */
  readonly bid:
    | { readonly minNodeTier: number; readonly selfChannelBalance: bigint; readonly isSidecar: boolean }
    | undefined
}

/** Fixed fields, then what each order version added; big-endian, no length prefixes (Pool order/interfaces.go). */
export function encodeOrderFields({ bid, ...order }: DigestFields): Uint8Array {
  const parts = [
    idToBytes(order.nonce),
    u32(order.version),
    u32(order.rate),
    u64(order.amount),
    u32(order.leaseDuration),
    u64(order.maxBatchFeeRate),
  ]
  if (order.version >= 1 && bid !== undefined) parts.push(u32(bid.minNodeTier))
  if (order.version >= 1) parts.push(u32(order.minUnitsMatch))
  if (order.version >= 3 && bid !== undefined) parts.push(u64(bid.selfChannelBalance))
  if (order.version >= 4 && bid !== undefined) parts.push(u8(bid.isSidecar ? 1 : 0))
  if (order.version >= 5) parts.push(u8(order.channelType))
  return concatBytes(...parts)
}

/** What the account key signs; lnd hashes it once more before signing. */
export const orderDigest = (order: DigestOrder): Uint8Array => sha256(orderMessage(order))

/** Whether the account's base key signed the order; the signature is DER, as lnd makes it. */
export function verifyOrderSignature(order: DigestOrder, signatureDer: Uint8Array, accountKey: AccountKey): boolean {
  return verifyMessage(orderDigest(order), signatureDer, accountKey)
}

const u8 = (value: number): Uint8Array => Uint8Array.of(value)

/** The low 32 bits, as Pool cuts off oversized minimums. */
function u32(value: number): Uint8Array {
  const out = new Uint8Array(4)
  new DataView(out.buffer).setUint32(0, value)
  return out
}

function u64(value: bigint): Uint8Array {
  const out = new Uint8Array(8)
  new DataView(out.buffer).setBigUint64(0, value)
  return out
}
