import { formatOutPoint } from '@tidepool/crypto'
import type { AccountKey, BlockHeight, OutPoint } from '@tidepool/crypto'
import { isExpired, reservedValue, totalReserved } from '@tidepool/market'
import type { AccountChangeKind, AccountVersion, FeeSchedule } from '@tidepool/market'
import { isFunded, overtaking } from '../../core/account.ts'
import type { AccountKind, FundedAccount, TraderAccount } from '../../core/account.ts'
import { TraderError } from '../../core/errors.ts'
import { isOpenOrder } from '../../core/orderRecord.ts'
import type { OrderRecord } from '../../core/orderRecord.ts'
import type { Ledger } from '../ledger.ts'

export type ChangeOperation = AccountChangeKind | 'bump'

const OPERATION: Readonly<Record<ChangeOperation, string>> = {
  deposit: 'deposit into',
  withdraw: 'withdraw from',
  renew: 'renew',
  close: 'close',
  bump: 'bump the fee of',
}

/** What a user can do about an account in a state that an operation does not take. */
export const ADVICE: Readonly<Record<AccountKind, string>> = {
  initiated: 'it is not funded yet: wait for its first transaction',
  pendingOpen: 'its opening is not confirmed yet: wait, or pay more with accounts bumpfee',
  pendingUpdate: 'an earlier change is not confirmed yet: wait, or pay more with accounts bumpfee',
  pendingBatch: 'a batch with it is not confirmed yet: wait for its confirmations',
  open: 'it is open: nothing waits for a confirmation',
  expired: 'it has expired: bring it back with accounts renew, or take its coins with accounts close',
  expiredPendingUpdate: 'it expired before a change confirmed: take its coins with accounts close',
  pendingClosed: 'it is being closed: wait, pay more with accounts bumpfee, or close it again once it has expired',
  closed: 'it is closed',
  canceledAfterRecovery: 'it was never funded; should its opening be mined after all, it opens by itself',
}

const ALLOWED: Readonly<Record<ChangeOperation, ReadonlySet<AccountKind>>> = {
  deposit: new Set(['open']),
  withdraw: new Set(['open']),
  renew: new Set(['open', 'expired']),
  close: new Set(['open', 'expired']),
  bump: new Set(['pendingOpen', 'pendingUpdate', 'expiredPendingUpdate', 'pendingClosed']),
}

/** After expiry the owner may spend alone, whatever waits for confirmations, and pay more than an earlier close did. */
const CLOSED_ALONE: ReadonlySet<AccountKind> = new Set([
  'pendingOpen',
  'pendingUpdate',
  'pendingBatch',
  'expiredPendingUpdate',
  'pendingClosed',
])

/** What an owner may ask for in a state, before or from the expiry of what would be spent. */
export function operationsIn(kind: AccountKind, expired: boolean): readonly ChangeOperation[] {
  return OPERATIONS.filter((operation) => {
    const tooLate = expired && (operation === 'deposit' || operation === 'withdraw')
    const alone = expired && operation === 'close' && CLOSED_ALONE.has(kind)
    return !tooLate && (alone || ALLOWED[operation].has(kind))
  })
}

const OPERATIONS: readonly ChangeOperation[] = ['deposit', 'withdraw', 'renew', 'close', 'bump']

/** @throws TraderError ACCOUNT_STATE_REFUSED */
export function checkState(
  account: TraderAccount,
  operation: ChangeOperation,
  bestHeight: BlockHeight,
): asserts account is FundedAccount {
  const spent = isFunded(account) ? overtaking(account, bestHeight) : account
  const expired = isExpired(operation === 'close' ? spent : account, bestHeight)
  if (isFunded(account) && operationsIn(account.kind, expired).includes(operation)) return
  const advice = expired && account.kind === 'open' ? ADVICE.expired : ADVICE[account.kind]
  throw new TraderError(
    { code: 'ACCOUNT_STATE_REFUSED', account: account.key, state: account.kind, operation },
    `cannot ${OPERATION[operation]} the account: ${advice}`,
  )
}

const openOrdersOf = (ledger: Ledger, key: AccountKey): readonly OrderRecord[] =>
  [...ledger.orders.values()].filter((record) => record.order.accountKey === key && isOpenOrder(record))

/** The account's open orders must fit into what a change leaves. @throws TraderError ACCOUNT_BALANCE_RESERVED */
export function checkReserve(
  ledger: Ledger,
  key: AccountKey,
  next: { readonly value: bigint; readonly version: AccountVersion },
  terms: FeeSchedule,
): void {
  const open = openOrdersOf(ledger, key)
  const reserved = totalReserved(open, next.version, terms)
  if (reserved <= next.value) return
  const orders = open
    .filter((record) => reservedValue(record, next.version, terms) > 0n)
    .map(({ order }) => order.nonce)
  throw new TraderError(
    { code: 'ACCOUNT_BALANCE_RESERVED', account: key, orders, reserved: String(reserved), value: String(next.value) },
    `open orders need ${reserved} sat and ${next.value} sat would be left: cancel some of ${orders.join(', ')}, or leave more`,
  )
}

/**
 * No order may lose its account: those count that are open here and that the auctioneer does not call over.
 * @throws TraderError ACCOUNT_ORDERS_OPEN
 */
export async function checkNoOrders(
  ledger: Ledger,
  key: AccountKey,
  stillOpen: (record: OrderRecord) => Promise<boolean>,
): Promise<void> {
  const orders: OrderRecord['order']['nonce'][] = []
  for (const record of openOrdersOf(ledger, key)) if (await stillOpen(record)) orders.push(record.order.nonce)
  if (orders.length === 0) return
  throw new TraderError(
    { code: 'ACCOUNT_ORDERS_OPEN', account: key, orders },
    `the account has open orders: cancel them first (${orders.join(', ')})`,
  )
}

/** Whether an outpoint belongs to another account of ours. */
export function ownedByOther(ledger: Ledger, key: AccountKey): (outpoint: OutPoint) => boolean {
  const others = [...ledger.accounts.values()].filter((account) => account.key !== key)
  const owned = new Set(others.filter(isFunded).map((account) => formatOutPoint(account.outpoint)))
  return (outpoint) => owned.has(formatOutPoint(outpoint))
}
