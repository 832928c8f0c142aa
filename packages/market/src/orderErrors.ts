import { ClmError, type BlockCount, type OrderNonce } from '@tidepool/crypto'

/** What an order may use only from a certain order version on. */
export type VersionedFeature = 'leaseDuration' | 'selfChannelBalance' | 'sidecar' | 'channelType'

export type OrderErrorDetail =
  /** No order has this nonce; check the nonce. */
  | { readonly code: 'ORDER_NOT_FOUND'; readonly nonce: OrderNonce }
  /** The order is executed, canceled, expired or failed; nothing more can happen to it. */
  | { readonly code: 'ORDER_ARCHIVED'; readonly nonce: OrderNonce }
  /** The order is part of a batch being executed; try again after this time. */
  | { readonly code: 'ORDER_IN_BATCH'; readonly nonce: OrderNonce; readonly retryAfterSeconds: number }
  /** Version above 5; use one we know. */
  | { readonly code: 'ORDER_VERSION_UNKNOWN'; readonly version: number }
  /** A field means nothing before a later order version; raise the version or drop the field. */
  | {
      readonly code: 'ORDER_VERSION_TOO_LOW'
      readonly feature: VersionedFeature
      readonly version: number
      readonly needed: number
    }
  /** Amount is no positive multiple of 100,000 sat. */
  | { readonly code: 'ORDER_AMOUNT_NOT_UNITS'; readonly amount: string }
  /** Outbound orders are for exactly one unit. */
  | { readonly code: 'ORDER_OUTBOUND_NOT_ONE_UNIT'; readonly units: number }
  /** Minimum channel size is no multiple of 100,000 sat. */
  | { readonly code: 'ORDER_MIN_AMOUNT_NOT_UNITS'; readonly amount: string }
  /** Minimum units must be at least one. */
  | { readonly code: 'ORDER_MIN_UNITS_ZERO' }
  /** Minimum units exceed the order's units. */
  | { readonly code: 'ORDER_MIN_UNITS_ABOVE_UNITS'; readonly minUnits: number; readonly units: number }
  /** An outbound bid's minimum is one unit. */
  | { readonly code: 'ORDER_OUTBOUND_MIN_UNITS'; readonly minUnits: number }
  /** A bid with self channel balance is filled whole or not at all: minimum must equal its units. */
  | { readonly code: 'ORDER_SELF_BALANCE_NOT_WHOLE'; readonly minUnits: number; readonly units: number }
  /** Self channel balance above the bid's amount. */
  | { readonly code: 'ORDER_SELF_BALANCE_TOO_HIGH'; readonly balance: string; readonly max: string }
  /** An outbound bid needs a self channel balance of a positive multiple of 100,000 sat. */
  | { readonly code: 'ORDER_OUTBOUND_SELF_BALANCE'; readonly balance: string }
  /** Sidecar bids are inbound only. */
  | { readonly code: 'ORDER_SIDECAR_OUTBOUND' }
  /** A sidecar bid is filled whole: minimum must equal its units. */
  | { readonly code: 'ORDER_SIDECAR_NOT_WHOLE'; readonly minUnits: number; readonly units: number }
  /** No market for this duration; choose another. */
  | { readonly code: 'ORDER_DURATION_UNKNOWN'; readonly duration: BlockCount }
  /** The market of this duration takes no orders now; choose another or try later. */
  | { readonly code: 'ORDER_DURATION_CLOSED'; readonly duration: BlockCount }
  /** Rate must be at least 1 ppb. */
  | { readonly code: 'ORDER_RATE_ZERO' }
  /** Maximum batch fee rate below 253 sat/kw. */
  | { readonly code: 'ORDER_FEE_RATE_TOO_LOW'; readonly feeRate: string; readonly min: string }
  /** Zero-conf channels need an explicit channel type. */
  | { readonly code: 'ORDER_ZERO_CONF_CHANNEL_TYPE' }
  /** Simple taproot channels are unannounced; say so. */
  | { readonly code: 'ORDER_TAPROOT_ANNOUNCED' }
  /** The trader's batch version does not carry what the order asks for. */
  | { readonly code: 'ORDER_BATCH_VERSION_UNSUPPORTED'; readonly feature: 'zeroConf'; readonly batchVersion: number }
  /** The channel would be larger than the node allows (16,777,215 sat without wumbo). */
  | { readonly code: 'ORDER_AMOUNT_NEEDS_WUMBO'; readonly amount: string }
  /** The node does not support simple taproot channels. */
  | { readonly code: 'ORDER_TAPROOT_UNSUPPORTED' }
  /** An all-zero nonce. */
  | { readonly code: 'ORDER_NONCE_ZERO' }
  /** The nonce has been used before; draw a new one. */
  | { readonly code: 'ORDER_NONCE_USED'; readonly nonce: OrderNonce }
  /** Allow list and deny list are both set; choose one. */
  | { readonly code: 'ORDER_BOTH_NODE_LISTS' }
  /** An ask needs at least one node address. */
  | { readonly code: 'ORDER_NODE_ADDRESS_MISSING' }
  /** An address is no tcp `host:port` with an IP literal or onion name. */
  | { readonly code: 'ORDER_NODE_ADDRESS_INVALID'; readonly address: string }
  /** The account is unknown or belongs to someone else. */
  | { readonly code: 'ORDER_ACCOUNT_UNKNOWN' }
  /** The account is neither open nor waiting for an update or a batch to confirm; try again when it is. */
  | { readonly code: 'ORDER_ACCOUNT_NOT_READY'; readonly state: string }
  /** The account has expired; renew it first. */
  | { readonly code: 'ORDER_ACCOUNT_EXPIRED'; readonly expiry: number; readonly height: number }
  /** The signature is not the account key's over this order. */
  | { readonly code: 'ORDER_SIGNATURE_INVALID' }
  /** Another live order uses the funding key; derive a new one. */
  | { readonly code: 'ORDER_FUNDING_KEY_USED' }
  /** The account cannot carry the worst case of this and its other orders; deposit or order less. */
  | { readonly code: 'ORDER_INSUFFICIENT_BALANCE'; readonly needed: string; readonly available: string }
  /** The operator keeps the account or the node out of auctions, until that height or for good; ask the operator. */
  | { readonly code: 'ORDER_BANNED'; readonly what: 'account' | 'node'; readonly until: number | undefined }
  /** The venue limits how many or how large orders are; order less. */
  | { readonly code: 'ORDER_LIMIT_REACHED'; readonly limit: string }

/** A refused order. The auctioneer answers it with `invalid_order`, so the user can mend it. */
export class OrderError extends ClmError<OrderErrorDetail> {}
