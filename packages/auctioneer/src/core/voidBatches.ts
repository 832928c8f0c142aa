import { blockHeight, decodeTx, formatOutPoint } from '@tidepool/crypto'
import type {
  AccountKey,
  BatchId,
  BlockHeight,
  OrderNonce,
  OutPoint,
  PubKey,
  Transaction,
  Txid,
} from '@tidepool/crypto'
import { isArchived } from '@tidepool/market'
import { accountScript } from './account.ts'
import type { AccountRecord } from './account.ts'
import { noteStep } from './accountHistory.ts'
import type { AccountStep } from './accountHistory.ts'
import { stepAccount } from './accountLifecycle.ts'
import { masterScript } from './buildAttempt.ts'
import type { AuctionRecord, BatchRecord, MasterAccount, OrderRecord } from './records.ts'

/** What a batch changed, as it was before: kept for as long as the batch may turn out never to be. */
export interface BatchUndo {
  readonly batchId: BatchId
  /** Without their latest transactions, which they have in common. */
  readonly accounts: readonly AccountRecord[]
  readonly transactions: ReadonlyMap<Txid, Uint8Array>
  readonly orders: readonly OrderRecord[]
  readonly master: MasterAccount | undefined
}

/** To be stored with the batch. */
export function undoOf(
  batchId: BatchId,
  accounts: readonly AccountRecord[],
  orders: readonly OrderRecord[],
  master: MasterAccount | undefined,
): BatchUndo {
  const transactions = new Map<Txid, Uint8Array>()
  for (const { account, latestTx } of accounts) {
    if (latestTx !== undefined) transactions.set(account.outpoint.txid, latestTx)
  }
  return {
    batchId,
    accounts: accounts.map((record) => ({ ...record, latestTx: undefined })),
    transactions,
    orders,
    master,
  }
}

export interface VoidInput {
  /** Batches that can never confirm, oldest first: one that lost an input, and all built on it. */
  readonly batches: readonly BatchRecord[]
  readonly undos: ReadonlyMap<BatchId, BatchUndo>
  readonly accounts: ReadonlyMap<AccountKey, AccountRecord>
  /** As they are now, archived ones included. */
  readonly orders: ReadonlyMap<OrderNonce, OrderRecord>
  readonly auction: AuctionRecord
  readonly height: BlockHeight
}

export interface Voided {
  readonly batches: readonly BatchRecord[]
  readonly auction: AuctionRecord
  readonly accounts: readonly AccountRecord[]
  readonly steps: readonly AccountStep[]
  readonly orders: readonly OrderRecord[]
}

/** Blocks before the height an output was seen at in which another branch may hold it. */
const REORG_DEPTH = 144

/**
 * Everything as it was before the first of the batches, to be stored in one commit. Batch ids are never used again.
 * Outputs are pending until the chain has shown them anew: what undid the batch may have undone them too.
 */
export function voidBatches(input: VoidInput): Voided {
  const [first] = input.batches
  if (first === undefined) throw new Error('no batch to undo')
  const undos = input.batches.flatMap(({ batchId }) => input.undos.get(batchId) ?? [])
  const accounts = earliest(undos.flatMap(accountsBefore), ({ account }) => account.key)
  const orders = earliest(
    undos.flatMap((undo) => undo.orders),
    ({ order }) => order.nonce,
  )
  const restored = accounts.map((before) => restoredAccount(before, input))
  return {
    batches: input.batches.map((batch) => ({ ...batch, state: 'void', confirmedHeight: undefined })),
    auction: {
      ...input.auction,
      lastBatchId: first.previousId,
      master: undos[0]?.master ?? input.auction.master,
      bumps: input.auction.bumps.filter(({ after }) => after < first.sequence),
    },
    accounts: restored.map(({ record }) => record),
    steps: restored.map(({ step }) => step),
    orders: orders.flatMap((before) => reopened(before, input.orders.get(before.order.nonce))),
  }
}

/** Outputs that a batch spends and no transaction of ours still waiting makes, with their scripts. */
export function foreignInputs(
  transaction: Transaction,
  undo: BatchUndo,
  masterKey: PubKey,
  waiting: ReadonlySet<string>,
): readonly { readonly outpoint: OutPoint; readonly script: Uint8Array; readonly heightHint: BlockHeight }[] {
  const known = new Map(
    undo.accounts.map(({ account, heightHint }) => [
      formatOutPoint(account.outpoint),
      { outpoint: account.outpoint, script: accountScript(account), heightHint },
    ]),
  )
  const { master } = undo
  if (master !== undefined && master.kind !== 'funding') {
    const { outpoint, heightHint, batchKey } = master
    known.set(formatOutPoint(outpoint), { outpoint, script: masterScript({ key: masterKey, batchKey }), heightHint })
  }
  return transaction.inputs.flatMap(({ prevout }) =>
    waiting.has(prevout.txid) ? [] : (known.get(formatOutPoint(prevout)) ?? []),
  )
}

const accountsBefore = ({ accounts, transactions }: BatchUndo): readonly AccountRecord[] =>
  accounts.map((record) => ({ ...record, latestTx: transactions.get(record.account.outpoint.txid) }))

function earliest<T>(records: readonly T[], keyOf: (record: T) => string): readonly T[] {
  const found = new Map<string, T>()
  for (const record of records) if (!found.has(keyOf(record))) found.set(keyOf(record), record)
  return [...found.values()]
}

function restoredAccount(
  before: AccountRecord,
  { accounts, height, batches }: VoidInput,
): { readonly record: AccountRecord; readonly step: AccountStep } {
  const { state } = stepAccount(before.state, { kind: 'reorged' })
  const steps = accounts.get(before.account.key)?.steps ?? before.steps
  const heightHint = blockHeight(Math.max(before.heightHint - REORG_DEPTH, 1))
  return noteStep({ ...before, state, steps, heightHint }, `batch ${batches[0]?.batchId ?? ''} void`, height)
}

/** Open again with the units it had, unless its owner or its end has taken it out of the book since. */
function reopened(before: OrderRecord, now: OrderRecord | undefined): readonly OrderRecord[] {
  if (now !== undefined && isArchived(now.state) && now.state !== 'executed') return []
  return [before]
}

/** Transaction of a stored batch. */
export const transactionOf = (batch: Pick<BatchRecord, 'transaction'>): Transaction => decodeTx(batch.transaction)
