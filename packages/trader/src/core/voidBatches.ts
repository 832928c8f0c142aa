import type { AccountKey, OrderNonce, Txid } from '@tidepool/crypto'
import { isArchived, supplyUnits, unitsOf } from '@tidepool/market'
import type { FundedAccount, TraderAccount } from './account.ts'
import { awaitsChain, isFunded } from './account.ts'
import { step } from './accountLifecycle.ts'
import type { BatchRecord, BatchUndo, Leftover } from './batch.ts'
import type { SpentOutput } from './spentOutputs.ts'
import { withEvent } from './orderRecord.ts'
import type { OrderRecord } from './orderRecord.ts'

export interface VoidInput {
  /** What batches changed that may still be undone, oldest first. */
  readonly undos: readonly BatchUndo[]
  readonly batches: ReadonlyMap<BatchRecord['batchId'], BatchRecord>
  readonly accounts: ReadonlyMap<AccountKey, TraderAccount>
  readonly orders: ReadonlyMap<OrderNonce, OrderRecord>
  /** Unix time in nanoseconds. */
  readonly at: bigint
}

export interface Voided {
  readonly batches: readonly BatchUndo[]
  readonly accounts: readonly TraderAccount[]
  readonly orders: readonly OrderRecord[]
  /** Their channels, to be taken back in lnd. */
  readonly leftovers: readonly Leftover[]
}

/** Everything as it was before a batch that can never confirm, and before all that spend what it was to make. */
export function voidBatch(ruledOut: Txid, { undos, batches, accounts, orders, at }: VoidInput): Voided {
  const gone = withDescendants(ruledOut, undos)
  const before = firstOf(
    gone.flatMap((undo) => undo.accounts),
    ({ key }) => key,
  )
  const had = firstOf(
    gone.flatMap((undo) => undo.orders),
    ({ order }) => order.nonce,
  )
  return {
    batches: gone,
    accounts: before.flatMap((one) => restored(one, accounts.get(one.key))),
    orders: had.flatMap((one) => reopened(one, orders.get(one.order.nonce), at)),
    leftovers: gone.flatMap((undo) => leftoverOf(undo, batches.get(undo.batchId))),
  }
}

/** Whether the account still waits for what the batch was to make, or for a batch after it. */
export const waitsForChain = (account: TraderAccount | undefined): boolean =>
  account !== undefined && isFunded(account) && (account.kind === 'pendingBatch' || awaitsChain(account))

/** Inputs that no other batch of ours was to make. */
export function foreignInputs({ inputs }: BatchUndo, waiting: ReadonlySet<Txid>): readonly SpentOutput[] {
  return [...inputs].filter(({ outpoint }) => !waiting.has(outpoint.txid))
}

function withDescendants(ruledOut: Txid, undos: readonly BatchUndo[]): readonly BatchUndo[] {
  const gone = new Set([ruledOut])
  for (const { txid, inputs } of undos) if ([...inputs].some(({ outpoint }) => gone.has(outpoint.txid))) gone.add(txid)
  return undos.filter(({ txid }) => gone.has(txid))
}

function firstOf<T>(records: readonly T[], keyOf: (record: T) => string): readonly T[] {
  const found = new Map<string, T>()
  for (const record of records) if (!found.has(keyOf(record))) found.set(keyOf(record), record)
  return [...found.values()]
}

/** One that was closed since by a spend that did confirm stays so. */
function restored(before: FundedAccount, now: TraderAccount | undefined): readonly TraderAccount[] {
  if (now === undefined || !waitsForChain(now)) return []
  return [step(now, { kind: 'batchVoid', before }).state]
}

/** Open again with the units it had, unless its owner or its end has taken it out of the book since. */
function reopened(
  { state, unitsUnfulfilled }: BatchUndo['orders'][number],
  now: OrderRecord | undefined,
  at: bigint,
): readonly OrderRecord[] {
  if (now === undefined || (isArchived(now.state) && now.state !== 'executed')) return []
  const unitsFilled = supplyUnits(unitsOf(now.order.amount) - unitsUnfulfilled)
  const change = { kind: 'stateChange', at, from: now.state, to: state, unitsFilled } as const
  return [withEvent({ ...now, state, unitsUnfulfilled }, change)]
}

/** The batch cannot come to be, so that its zero-conf channels go as well, as if we had not signed. */
function leftoverOf({ txid }: BatchUndo, record: BatchRecord | undefined): readonly Leftover[] {
  const channels = (record?.leases ?? []).map(({ channel }) => channel)
  return channels.length === 0 ? [] : [{ txid, channels, signed: false, spends: [] }]
}
