import { readFileSync } from 'node:fs'
import {
  accountKey,
  accountVersion,
  batchKey,
  blockCount,
  blockHeight,
  decodeTx,
  fromHex,
  nodeKey,
  orderNonce,
  outPoint,
  pubKey,
  satoshi,
  satPerKWeight,
  txid,
} from '@tidepool/crypto'
import type { AccountKey, OrderNonce } from '@tidepool/crypto'
import { batchVersion, ratePpb, supplyUnits } from '@tidepool/market'
import type { FeeSchedule, NodeFilter, Order, OrderState, OrderVersion } from '@tidepool/market'
import { DEFAULT_VERIFY_LIMITS } from '../../src/core/verify/ownRecords.ts'
import type { OwnAccount, OwnAccountState, OwnOrder, OwnRecords } from '../../src/core/verify/ownRecords.ts'
import { ticketRecipient } from './sidecarTicket.ts'

/** The fields of `batch-verify.json` that the tests read. */
export interface VerifyCase {
  readonly name: string
  readonly base: string
  readonly kind: 'valid' | 'mutated'
  readonly changed: string
  readonly rejects: boolean
  readonly should_reject: boolean
  readonly either_is_fine?: boolean
  readonly go_verdict_varies?: boolean
  readonly stage: 'accept' | 'parse' | 'verify'
  readonly reject_code?: string
  readonly gap?: string
  readonly best_height: number
  readonly own_batch_version: number
  readonly own_node_pubkey: string
  readonly terms: { readonly base_fee: number; readonly fee_rate: number }
  readonly accounts: readonly StoredAccount[]
  readonly orders: readonly StoredOrder[]
  readonly prepare_hex: string
  readonly prepare_json: unknown
}

export interface StoredAccount {
  readonly trader_key: string
  readonly trader_private_key: string
  readonly auctioneer_key: string
  readonly auctioneer_private_key: string
  readonly secret: string
  readonly batch_key: string
  readonly value: number
  readonly expiry: number
  readonly version: number
  readonly state: number
  readonly outpoint: { readonly txid: string; readonly index: number }
  readonly pk_script: string
}

export interface StoredOrder {
  readonly type: 'ask' | 'bid'
  readonly nonce: string
  readonly version: number
  readonly fixed_rate: number
  readonly amt: number
  readonly units_unfulfilled: number
  readonly min_units_match: number
  readonly lease_duration: number
  readonly max_batch_fee_rate: number
  readonly channel_type: number
  readonly auction_type: number
  readonly state: number
  readonly acct_key: string
  readonly is_public: boolean
  readonly allowed_node_ids: readonly string[]
  readonly not_allowed_node_ids: readonly string[]
  readonly min_node_tier?: number
  readonly self_chan_balance?: number | string
  readonly is_sidecar?: boolean
  readonly unannounced_channel?: boolean
  readonly zero_conf_channel?: boolean
  readonly announcement_constraints?: number
  readonly confirmation_constraints?: number
  readonly sidecar_ticket?: string
  readonly multi_sig_key: string | null
}

const folder = new URL('../vectors/pool/', import.meta.url)

export function readVectors<T>(file: string): readonly T[] {
  const content = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as { readonly cases: readonly T[] }
  return content.cases
}

export const verifyCases = (): readonly VerifyCase[] => readVectors<VerifyCase>('batch-verify.json')

/** Persisted numbers of the stock daemon's account states. */
const ACCOUNT_STATES: readonly OwnAccountState[] = [
  'initiated',
  'pendingOpen',
  'pendingUpdate',
  'open',
  'expired',
  'pendingClosed',
  'closed',
  'canceledAfterRecovery',
  'pendingBatch',
  'expiredPendingUpdate',
]
const ORDER_STATES: readonly OrderState[] = [
  'submitted',
  'cleared',
  'partiallyFilled',
  'executed',
  'canceled',
  'expired',
  'failed',
]
export const CHANNEL_TYPES = ['peerDependent', 'scriptEnforced', 'simpleTaproot'] as const
export const AUCTION_TYPES = ['inbound', 'outbound'] as const
export const TIERS = ['default', 'tier0', 'tier1'] as const
export const ANNOUNCEMENTS = ['none', 'onlyAnnounced', 'onlyUnannounced'] as const
export const CONFIRMATIONS = ['none', 'onlyConfirmed', 'onlyZeroConf'] as const

/** The entry of a table. */
export function at<T>(table: readonly T[], index: number): T {
  const entry = table[index]
  if (entry === undefined) throw new Error(`no entry ${index}`)
  return entry
}

export function ownRecords(c: VerifyCase): OwnRecords {
  const terms: FeeSchedule = { baseFee: satoshi(c.terms.base_fee), feeRatePpm: BigInt(c.terms.fee_rate) }
  return {
    orders: new Map(c.orders.map((order) => ownOrder(order, terms, c.own_node_pubkey))),
    accounts: new Map(c.accounts.map(ownAccount)),
    nodeKey: nodeKey(c.own_node_pubkey),
    batchVersion: batchVersion(c.own_batch_version),
    bestHeight: blockHeight(c.best_height),
    limits: DEFAULT_VERIFY_LIMITS,
  }
}

function ownAccount(stored: StoredAccount): [AccountKey, OwnAccount] {
  const key = accountKey(stored.trader_key)
  const account = {
    key,
    value: satoshi(BigInt(stored.value)),
    expiry: blockHeight(stored.expiry),
    version: accountVersion(stored.version),
    auctioneerKey: pubKey(stored.auctioneer_key),
    batchKey: batchKey(stored.batch_key),
    secret: fromHex(stored.secret, 32),
    outpoint: outPoint(txid(stored.outpoint.txid), stored.outpoint.index),
  }
  return [key, { account, state: at(ACCOUNT_STATES, stored.state) }]
}

function ownOrder(stored: StoredOrder, terms: FeeSchedule, node: string): [OrderNonce, OwnOrder] {
  const nonce = orderNonce(stored.nonce)
  const own: OwnOrder = {
    order: order(stored, node),
    state: at(ORDER_STATES, stored.state),
    unitsUnfulfilled: supplyUnits(stored.units_unfulfilled),
    terms,
  }
  const recipient = stored.sidecar_ticket === undefined ? undefined : ticketRecipient(stored.sidecar_ticket)
  if (recipient === undefined) return [nonce, own]
  const sidecarRecipient = { nodeKey: nodeKey(recipient.node), multiSigKey: pubKey(recipient.multiSigKey) }
  return [nonce, { ...own, sidecarRecipient }]
}

function order(stored: StoredOrder, node: string): Order {
  const base = {
    nonce: orderNonce(stored.nonce),
    version: stored.version as OrderVersion,
    auctionType: at(AUCTION_TYPES, stored.auction_type),
    rate: ratePpb(stored.fixed_rate),
    amount: satoshi(BigInt(stored.amt)),
    minUnitsMatch: supplyUnits(stored.min_units_match),
    leaseDuration: blockCount(stored.lease_duration),
    maxBatchFeeRate: satPerKWeight(BigInt(stored.max_batch_fee_rate)),
    channelType: at(CHANNEL_TYPES, stored.channel_type),
    multiSigKey: pubKey(stored.multi_sig_key ?? stored.acct_key),
    nodeKey: nodeKey(node),
    nodeAddresses: [],
    accountKey: accountKey(stored.acct_key),
    nodeFilter: nodeFilter(stored),
    isPublic: stored.is_public,
  }
  if (stored.type === 'ask') {
    return {
      ...base,
      kind: 'ask',
      announcement: at(ANNOUNCEMENTS, stored.announcement_constraints ?? 0),
      confirmation: at(CONFIRMATIONS, stored.confirmation_constraints ?? 0),
    }
  }
  return {
    ...base,
    kind: 'bid',
    minNodeTier: at(TIERS, stored.min_node_tier ?? 0),
    selfChannelBalance: satoshi(BigInt(stored.self_chan_balance ?? 0)),
    isSidecar: stored.is_sidecar ?? false,
    unannounced: stored.unannounced_channel ?? false,
    zeroConf: stored.zero_conf_channel ?? false,
  }
}

/** As the stock client reads two lists: a non-empty allow list wins. */
function nodeFilter(stored: StoredOrder): NodeFilter {
  const { allowed_node_ids: allow, not_allowed_node_ids: deny } = stored
  if (allow.length > 0) return { kind: 'allow', nodes: allow.map((node) => nodeKey(node)) }
  return deny.length > 0 ? { kind: 'deny', nodes: deny.map((node) => nodeKey(node)) } : { kind: 'any' }
}

export const unsignedTx = (hex: string): ReturnType<typeof decodeTx> => decodeTx(fromHex(hex))
