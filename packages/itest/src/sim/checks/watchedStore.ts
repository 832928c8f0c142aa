import { INITIAL_BATCH_KEY, decodeTx, incrementBatchKey, txidOf } from '@tidepool/crypto'
import type { AuctioneerStore, BatchRecord, Change } from '@tidepool/auctioneer'
import type { Witness } from './witness.ts'

/** The auctioneer's store, with an eye on the batches that come to be. */
export function watchedStore(store: AuctioneerStore, witness: Witness): AuctioneerStore {
  return {
    load: () => store.load(),
    order: (nonce) => store.order(nonce),
    accountSteps: (key) => store.accountSteps(key),
    orders: () => store.orders(),
    batch: (id) => store.batch(id),
    batches: (from, limit) => store.batches(from, limit),
    runs: (limit) => store.runs(limit),
    commit: async (changes) => {
      const fresh: BatchRecord[] = []
      for (const record of batchesOf(changes)) if ((await store.batch(record.batchId)) === undefined) fresh.push(record)
      const [last] = await store.batches(Number.MAX_SAFE_INTEGER, 1)
      for (const record of batchesOf(changes)) witness.committed(record.txid, record.transaction)
      for (const record of fresh) checkNext(record, last, witness)
      await store.commit(changes)
    },
  }
}

const batchesOf = (changes: readonly Change[]): readonly BatchRecord[] =>
  changes.flatMap((change) => (change.kind === 'batch' ? [change.record] : []))

/** Ids are used once, in order, none is left out. */
function checkNext(record: BatchRecord, last: BatchRecord | undefined, witness: Witness): void {
  const expected = last === undefined ? INITIAL_BATCH_KEY : incrementBatchKey(last.batchId)
  if (record.batchId !== expected) witness.note(`batch id ${record.batchId} comes after ${last?.batchId ?? 'nothing'}`)
  if (record.sequence !== (last?.sequence ?? 0) + 1) witness.note(`batch number ${record.sequence} is out of order`)
  if (txidOf(decodeTx(record.transaction)) !== record.txid) witness.note('a batch is stored under another txid')
}
