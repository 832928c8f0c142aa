import { supplyUnits, unitsOf } from '@tidepool/market'
import type { BatchProposal, BatchReject, SupplyUnits } from '@tidepool/market'
import { packInputs } from '@tidepool/crypto'
import type { AccountKey, OrderNonce } from '@tidepool/crypto'
import { spentByBatch, step } from '../core/accountLifecycle.ts'
import type { FundedAccount } from '../core/account.ts'
import type { BatchRecord, BatchUndo, StagedBatch } from '../core/batch.ts'
import { matchRejectReason } from '../core/channelReject.ts'
import { withEvent } from '../core/orderRecord.ts'
import type { MatchStage, OrderRecord } from '../core/orderRecord.ts'
import type { OrderFill } from '../core/verify/verdict.ts'
import type { StoreChange } from '../ports/traderStore.ts'
import type { Ledger } from './ledger.ts'

/** One more line in the history of every matched order of ours. */
export function matchEvents(
  ledger: Ledger,
  proposal: BatchProposal,
  stage: MatchStage,
  at: bigint,
  reject?: BatchReject,
): readonly StoreChange[] {
  const changed = new Map<OrderNonce, OrderRecord>()
  for (const { ownNonce, counterpart, units } of proposal.matches) {
    const record = changed.get(ownNonce) ?? ledger.orders.get(ownNonce)
    if (record === undefined) continue
    const rejectReason = reject === undefined ? 'none' : matchRejectReason(reject, counterpart.nonce)
    // A reject with the generic code says nothing about this match.
    if (reject !== undefined && rejectReason === 'none') continue
    const event = { kind: 'match', at, stage, counterpart: counterpart.nonce, units, rejectReason } as const
    changed.set(ownNonce, withEvent(record, event))
  }
  return [...changed.values()].map((record) => ({ kind: 'order', record }))
}

/** Everything that becomes live when a signed batch is final, in one commit. */
export function applyChanges(ledger: Ledger, staged: StagedBatch, at: bigint): readonly StoreChange[] {
  const { record } = staged
  const accounts = record.accounts.flatMap((result): readonly StoreChange[] => {
    const account = movedAccount(ledger, record, result.key)
    if (account === undefined) return []
    const event = {
      kind: 'batchApplied',
      outcome: result.outcome,
      tx: record.transaction,
      heightHint: record.heightHint,
    } as const
    return [{ kind: 'account', account: step(account, event).state }]
  })
  return [
    ...accounts,
    ...filledOrders(ledger, staged, at),
    { kind: 'leftoverDone', txid: record.txid },
    { kind: 'batch', record },
    ...undo(ledger, staged),
  ]
}

/** The account as it is, if it still stands where the batch takes it from: neither closed nor changed since the signature. */
function movedAccount(ledger: Ledger, { transaction }: BatchRecord, key: AccountKey): FundedAccount | undefined {
  const account = ledger.accounts.get(key)
  if (account === undefined || !spentByBatch(account)) return undefined
  return packInputs(transaction.inputs).spends(account.outpoint) ? account : undefined
}

/** Without its inputs nobody could tell that a batch never comes to be. */
function undo(ledger: Ledger, { record, fills, inputs }: StagedBatch): readonly StoreChange[] {
  if (inputs === undefined || inputs.length === 0) return []
  const undone: BatchUndo = {
    txid: record.txid,
    batchId: record.batchId,
    inputs,
    heightHint: record.heightHint,
    accounts: record.accounts.flatMap(({ key }) => movedAccount(ledger, record, key) ?? []),
    orders: fills.flatMap(({ nonce }) => {
      const before = ledger.orders.get(nonce)
      if (before === undefined) return []
      const { order, state, unitsUnfulfilled } = before
      return [{ order, state, unitsUnfulfilled }]
    }),
  }
  return [{ kind: 'undo', undo: undone }]
}

function filledOrders(ledger: Ledger, staged: StagedBatch, at: bigint): readonly StoreChange[] {
  return staged.fills.flatMap((fill): readonly StoreChange[] => {
    const record = ledger.orders.get(fill.nonce)
    return record === undefined ? [] : [{ kind: 'order', record: filled(record, fill, staged, at) }]
  })
}

function filled(record: OrderRecord, fill: OrderFill, staged: StagedBatch, at: bigint): OrderRecord {
  const { state: to, unitsUnfulfilled } = fill
  // Of the whole order, as the stock daemon counts; the match events name each batch's part.
  const unitsFilled = supplyUnits(unitsOf(record.order.amount) - unitsUnfulfilled)
  const change = { kind: 'stateChange', at, from: record.state, to, unitsFilled } as const
  const next = withEvent({ ...record, state: to, unitsUnfulfilled }, change)
  return staged.record.leases
    .filter((lease) => lease.own.nonce === fill.nonce)
    .reduce((sum, lease) => withEvent(sum, finalized(at, lease.counterpart.nonce, lease.units)), next)
}

function finalized(at: bigint, counterpart: OrderNonce, units: SupplyUnits): OrderRecord['events'][number] {
  return { kind: 'match', at, stage: 'finalized', counterpart, units, rejectReason: 'none' }
}

/** Accounts whose outputs a staged batch moves. */
export const accountsOf = (staged: StagedBatch): readonly AccountKey[] =>
  staged.record.accounts.map((result) => result.key)
