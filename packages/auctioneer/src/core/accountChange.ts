import {
  PUBLIC_NONCE_SIZE,
  SighashCache,
  blockHeight,
  encodeTx,
  equalBytes,
  formatOutPoint,
  idToBytes,
  parsePublicNonce,
  startSession,
  verifyDer,
  verifyPartial,
} from '@tidepool/crypto'
import type { AccountOutput, BlockHeight, OutPoint, Satoshi } from '@tidepool/crypto'
import { changeKind, checkChange, checkChangedTerms, isExpired, partsOfRequest, totalReserved } from '@tidepool/market'
import type {
  AccountChangeKind,
  AccountVersion,
  CheckedChange,
  FeeSchedule,
  ModifyRequest,
  NewAccountParams,
} from '@tidepool/market'
import { outputOf } from './account.ts'
import type { AccountRecord, SignedChange } from './account.ts'
import { AuctioneerError } from './errors.ts'
import type { AuctioneerErrorDetail } from './errors.ts'
import type { OrderRecord } from './records.ts'

/** Blocks by which trader and auctioneer may disagree about the tip. */
const TIP_SKEW = 3
/** Signed changes remembered of one output. */
export const MAX_SIGNED_CHANGES = 256

/** What the auctioneer's own records say when a change is asked for. */
export interface ChangeSetting {
  readonly bestHeight: BlockHeight
  readonly maxAccountValue: Satoshi
  readonly executionFee: FeeSchedule
  /** Open orders of the account. */
  readonly orders: readonly OrderRecord[]
  /** In a proposal that is being made. */
  readonly inBatch: boolean
  readonly isForeign: (outpoint: OutPoint) => boolean
}

/** A change that may be signed, and how it is remembered. */
export interface JudgedChange {
  readonly checked: CheckedChange
  readonly signed: SignedChange
}

/**
 * Whether our own records justify signing what is asked for (spec accounts §8.3). Nothing of the request is trusted:
 * the transaction is built anew. @throws AuctioneerError, AccountChangeError, AccountError, AccountScriptError
 */
export function judgeChange(record: AccountRecord, request: ModifyRequest, setting: ChangeSetting): JudgedChange {
  const kind = changeKind(request)
  checkState(record, kind, setting)
  checkNonces(record, request.traderNonces)
  const { account } = record
  if (request.params === undefined) checkNoOrders(record, setting.orders)
  else checkTerms(record, request.params, setting)
  const checked = checkChange(partsOfRequest(account, request), request.prevOutputs, 'cooperative', setting.isForeign)
  const { txid, next, fee } = checked
  const transaction = encodeTx(checked.transaction, { witness: false })
  const signed = { kind, txid, next, fee, signedAt: setting.bestHeight, transaction }
  checkRoom(record, signed)
  return { checked, signed }
}

/** The record with one more signed change; the same transaction counts once. */
export function withChange(record: AccountRecord, signed: SignedChange): AccountRecord {
  const known = record.changes.some(({ txid }) => txid === signed.txid)
  return known ? record : { ...record, changes: [...record.changes, signed] }
}

function checkState({ account, state, changes }: AccountRecord, kind: AccountChangeKind, setting: ChangeSetting): void {
  const accountKey = account.key
  if (setting.inBatch || state.kind === 'pendingBatch' || state.kind === 'pendingClosed') {
    throw refuse({ code: 'ACCOUNT_IN_BATCH', accountKey }, 'the account is in a batch: try again when it is confirmed')
  }
  if (state.kind === 'pendingUpdate' || state.kind === 'expiredPendingUpdate') {
    throw refuse(
      { code: 'ACCOUNT_CHANGE_UNCONFIRMED', accountKey, txid: account.outpoint.txid },
      "the account's last change waits for its confirmations: try again after that",
    )
  }
  const now = state.kind === 'changeSigned' ? state.base : state.kind
  const late = isExpired(account, setting.bestHeight)
  const allowed = now === 'open' || (now === 'expired' && (kind === 'renew' || kind === 'close'))
  if (allowed && !(late && kind !== 'renew' && kind !== 'close')) return
  const shown = late && now === 'open' ? 'expired' : now
  throw refuse(
    { code: 'ACCOUNT_NOT_MODIFIABLE', accountKey, state: shown, change: kind },
    changes.length > 0 || shown === 'expired'
      ? `the account is ${shown}: it can be renewed or closed`
      : `the account is ${shown}: no ${kind} now`,
  )
}

/** Nonces are for taproot accounts only; v0 signs without. */
function checkNonces({ account }: AccountRecord, nonces: Uint8Array): void {
  if (account.version === 0 ? nonces.length === 0 : isPublicNonce(nonces)) return
  throw refuse(
    { code: 'CHANGE_BAD_NONCES', accountKey: account.key },
    account.version === 0 ? 'an account of version 0 takes no nonces' : 'trader_nonces must be two fresh public nonces',
  )
}

function isPublicNonce(nonces: Uint8Array): boolean {
  if (nonces.length !== PUBLIC_NONCE_SIZE) return false
  try {
    parsePublicNonce(nonces, 0)
    return true
  } catch {
    return false
  }
}

function checkTerms(record: AccountRecord, params: NewAccountParams, setting: ChangeSetting): void {
  const { account } = record
  const bestHeight = params.expiry === account.expiry ? setting.bestHeight : skewed(setting.bestHeight, params.expiry)
  checkChangedTerms(account, params, { maxValue: setting.maxAccountValue, bestHeight })
  if (params.value >= account.value) return
  const version: AccountVersion = params.version === 1 || params.version === 2 ? params.version : 0
  const uncovered = ordersBeyond(setting.orders, params.value, version, setting.executionFee)
  if (uncovered.length === 0) return
  const reserved = String(totalReserved(setting.orders, version, setting.executionFee))
  const nonces = uncovered.map(({ order }) => order.nonce)
  throw refuse(
    { code: 'ACCOUNT_ORDERS_UNCOVERED', accountKey: account.key, nonces, value: String(params.value), reserved },
    `open orders reserve ${reserved} sat: cancel ${nonces.join(', ')} or leave more in the account`,
  )
}

/** Orders, oldest first, from the first one on that the value does not carry together with those before it. */
function ordersBeyond(
  orders: readonly OrderRecord[],
  value: bigint,
  version: AccountVersion,
  terms: FeeSchedule,
): readonly OrderRecord[] {
  const sorted = orders.toSorted((a, b) => a.arrival - b.arrival)
  const first = sorted.findIndex((_, index) => totalReserved(sorted.slice(0, index + 1), version, terms) > value)
  return first === -1 ? [] : sorted.slice(first)
}

function checkNoOrders({ account }: AccountRecord, orders: readonly OrderRecord[]): void {
  if (orders.length === 0) return
  const nonces = orders.map(({ order }) => order.nonce)
  throw refuse(
    { code: 'ACCOUNT_ORDERS_OPEN', accountKey: account.key, nonces },
    `the account has open orders: cancel ${nonces.join(', ')} first`,
  )
}

function checkRoom(record: AccountRecord, signed: SignedChange): void {
  if (withChange(record, signed).changes.length <= MAX_SIGNED_CHANGES) return
  throw refuse(
    { code: 'ACCOUNT_CHANGES_FULL', accountKey: record.account.key, limit: MAX_SIGNED_CHANGES },
    `${MAX_SIGNED_CHANGES} changes of this output are signed already: publish one of them`,
  )
}

/** The tip that is kindest to the trader: its own may be a few blocks away. */
export function skewed(height: BlockHeight, expiry: number): BlockHeight {
  return blockHeight(expiry < height + 1000 ? Math.max(0, height - TIP_SKEW) : height + TIP_SKEW)
}

/** Account outputs and the auctioneer's own, which no other account's change may spend. */
export function foreignTo(
  record: AccountRecord,
  accounts: Iterable<AccountRecord>,
  master: OutPoint | undefined,
): (outpoint: OutPoint) => boolean {
  let taken: Set<string> | undefined
  const collect = (): Set<string> => {
    const others = [...accounts].filter(({ account }) => account.key !== record.account.key)
    const outpoints = others.map(({ account }) => formatOutPoint(account.outpoint))
    return new Set(master === undefined ? outpoints : [...outpoints, formatOutPoint(master)])
  }
  return (outpoint) => {
    taken ??= collect()
    return taken.has(formatOutPoint(outpoint))
  }
}

/** What both sides sign of the account's input. */
export interface ChangeSigning {
  readonly output: AccountOutput
  readonly digest: Uint8Array
}

export function changeSigning(
  record: AccountRecord,
  { transaction, prevOutputs, accountInput }: CheckedChange,
): ChangeSigning {
  const output = outputOf(record.account)
  const sighashes = new SighashCache(transaction, prevOutputs)
  const digest =
    output.kind === 'p2wsh'
      ? sighashes.segwitV0(accountInput, output.witnessScript)
      : sighashes.taprootKeyPath(accountInput)
  return { output, digest }
}

/** Whether our own half is what the trader needs: DER for version 0, else a partial signature under both nonces. */
export function verifyOwnHalf(
  record: AccountRecord,
  { output, digest }: ChangeSigning,
  own: { readonly signature: Uint8Array; readonly publicNonce: Uint8Array; readonly traderNonce: Uint8Array },
): boolean {
  if (output.kind === 'p2wsh') return verifyDer(digest, idToBytes(output.tweakedAuctioneerKey), own.signature)
  const { signature, publicNonce, traderNonce } = own
  if (equalBytes(publicNonce, traderNonce)) return false
  const publicNonces = [publicNonce, traderNonce]
  const session = startSession({ key: output.aggregateKey, message: digest, publicNonces })
  return verifyPartial(session, { signature, publicNonce, publicKey: record.account.auctioneerKey })
}

function refuse(detail: AuctioneerErrorDetail, message: string): AuctioneerError {
  return new AuctioneerError(detail, message)
}
