import { accountOutput, accountScript as scriptOf, blockHeight, equalBytes } from '@tidepool/crypto'
import type { AccountKey, AccountOutput, BatchKey, BlockHeight, PubKey, Satoshi, Txid } from '@tidepool/crypto'
import type { Account, AccountChangeKind, AccountVersion } from '@tidepool/market'

/** What an account waits for, or was opened by. */
export type PendingVia = 'funding' | 'update' | 'batch'

/**
 * pendingOpen: InitAccount named an output that lacks confirmations. open: may trade. expired: its trader may spend it
 * alone. changeSigned: we signed a change of the output that is in no block yet; it does not trade, since its trader may
 * publish the change at any time. pendingBatch: a batch recreated it, not deep enough yet; may trade on if its trader got the Finalize.
 * pendingUpdate, expiredPendingUpdate: waits for confirmations and does not trade. pendingClosed: a batch used it up.
 * closed: its output is spent for good.
 */
export type AccountState =
  | { readonly kind: 'pendingOpen' }
  | { readonly kind: 'open'; readonly via: PendingVia }
  | { readonly kind: 'expired'; readonly via: PendingVia }
  | { readonly kind: 'changeSigned'; readonly base: 'open' | 'expired'; readonly via: PendingVia }
  | { readonly kind: 'pendingBatch'; readonly finalizeDelivered: boolean }
  | { readonly kind: 'pendingUpdate' }
  | { readonly kind: 'expiredPendingUpdate'; readonly via: PendingVia }
  | { readonly kind: 'pendingClosed' }
  | { readonly kind: 'closed'; readonly by: CloseReason }

/**
 * expiry: the trader spent it alone. cooperative: a spend both signed. batch: used up. mismatch: never was as told.
 * unknown: spent by a witness of unknown shape.
 */
export type CloseReason = 'expiry' | 'cooperative' | 'batch' | 'mismatch' | 'unknown'

/** A change we signed. It may confirm at any time, or never. */
export interface SignedChange {
  readonly kind: AccountChangeKind
  readonly txid: Txid
  /** The account once it confirms; undefined for a close. */
  readonly next: Account | undefined
  readonly fee: Satoshi
  readonly signedAt: BlockHeight
  /** Serialised, without witnesses; left out of records that older versions wrote. */
  readonly transaction?: Uint8Array
}

/** What an account was before a confirmed spend: it is that again when the spend's block leaves the chain. */
export interface PreviousAccount {
  readonly account: Account
  readonly state: AccountState
  readonly changes: readonly SignedChange[]
  readonly heightHint: BlockHeight
  readonly latestTx: Uint8Array | undefined
  readonly spentBy: Txid
}

/** States a trader may be told (`AuctionAccountState`). */
export type WireAccountState =
  | 'pendingOpen'
  | 'open'
  | 'expired'
  | 'pendingUpdate'
  | 'closed'
  | 'pendingBatch'
  | 'expiredPendingUpdate'

export interface AccountRecord {
  readonly account: Account
  readonly state: AccountState
  /** At or below the height that includes the current output: traders scan from here. */
  readonly heightHint: BlockHeight
  /** Serialised transaction of the current output, once known. */
  readonly latestTx: Uint8Array | undefined
  readonly userAgent: string
  /** Every change signed of the current output. */
  readonly changes: readonly SignedChange[]
  readonly previous: PreviousAccount | undefined
  /** Steps of its history so far. */
  readonly steps: number
}

/** Promise to serve an account that its trader is about to fund. */
export interface Reservation {
  readonly traderKey: AccountKey
  readonly value: Satoshi
  readonly expiry: BlockHeight
  readonly version: AccountVersion
  readonly auctioneerKey: PubKey
  readonly batchKey: BatchKey
  readonly secret: Uint8Array
  readonly heightHint: BlockHeight
}

/** The state on the wire: what the chain shows. An account used up by our own batch counts as closed. */
export function wireState(state: AccountState): WireAccountState {
  if (state.kind === 'changeSigned') return state.base
  return state.kind === 'pendingClosed' ? 'closed' : state.kind
}

/** Blocks that a reorganisation may replace: as many as lnd goes on watching for it. */
export const REORG_DEPTH = 144

/** From where an output is to be looked for: one that waits may be in an earlier block once a reorganisation is over. */
export function scanFrom({ state, heightHint }: Pick<AccountRecord, 'state' | 'heightHint'>): BlockHeight {
  const waits = state.kind === 'pendingUpdate' || state.kind === 'pendingBatch' || state.kind === 'expiredPendingUpdate'
  return waits || state.kind === 'pendingOpen' ? blockHeight(Math.max(heightHint - REORG_DEPTH, 1)) : heightHint
}

export const isLive = (state: AccountState): boolean => state.kind !== 'closed' && state.kind !== 'pendingClosed'

/** May take part in a batch as far as its state goes: open, or recreated by a batch its trader knows to be final. */
export const mayTrade = (state: AccountState): boolean =>
  state.kind === 'open' || (state.kind === 'pendingBatch' && state.finalizeDelivered)

/** May own a new order: also while an update or a batch is under way, as stock clients allow. */
export const mayOrder = (state: AccountState): boolean =>
  state.kind === 'open' ||
  state.kind === 'pendingBatch' ||
  state.kind === 'pendingUpdate' ||
  (state.kind === 'changeSigned' && state.base === 'open')

type ScriptFields = Omit<Account, 'value' | 'outpoint'>

/** Script, keys and tweaks of the account's current output. */
export function outputOf(account: ScriptFields): AccountOutput {
  const { version, key: traderKey, auctioneerKey, batchKey, secret, expiry } = account
  return accountOutput({ version, traderKey, auctioneerKey, batchKey, secret, expiry })
}

/** scriptPubKey of the account's current output. */
export const accountScript = (account: ScriptFields): Uint8Array => scriptOf({ ...account, traderKey: account.key })

/** scriptPubKey that the reserved account will have. */
export const reservedScript = (reservation: Reservation): Uint8Array =>
  accountScript({ ...reservation, key: reservation.traderKey })

/** A repeated reservation for the same thing. */
export function sameReservation(
  a: Reservation,
  b: { readonly value: Satoshi; readonly expiry: BlockHeight; readonly version: AccountVersion },
): boolean {
  return a.value === b.value && a.expiry === b.expiry && a.version === b.version
}

/** A repeated InitAccount for the account there is. */
export function sameFunding(
  record: AccountRecord,
  told: { readonly txid: Txid; readonly index: number; readonly script: Uint8Array; readonly version: AccountVersion },
): boolean {
  const { account } = record
  return (
    account.outpoint.txid === told.txid &&
    account.outpoint.index === told.index &&
    account.version === told.version &&
    equalBytes(accountScript(account), told.script)
  )
}
