import { INITIAL_BATCH_KEY, accountSecret, accountVersion, blockHeight, itemAt, satoshi } from '@tidepool/crypto'
import type { AccountKey } from '@tidepool/crypto'
import type { AccountRecord, AuctionRecord } from '@tidepool/auctioneer'
import type { BatchAccountNote, RecordedBatch } from '../recording/batchFacts.ts'
import { ACCOUNT_KEY, ACCOUNT_SECRET } from '../recording/keys.ts'

/** An open account as the recording's first batch finds it. */
export function accountBefore(note: BatchAccountNote, batch: RecordedBatch): AccountRecord {
  const index = batch.inputs.indexOf(note.key)
  const outpoint = itemAt(batch.unsigned.inputs, index)?.prevout
  if (outpoint === undefined) throw new Error(`the batch does not spend ${note.key}`)
  return {
    account: {
      key: note.key,
      value: satoshi(note.before),
      expiry: blockHeight(note.expiryAfter),
      version: accountVersion(note.versionBefore),
      auctioneerKey: ACCOUNT_KEY,
      batchKey: note.batchKeyBefore,
      secret: accountSecret(ACCOUNT_SECRET, note.key),
      outpoint,
    },
    state: { kind: 'open', via: 'funding' },
    heightHint: blockHeight(0),
    latestTx: undefined,
    userAgent: '',
    changes: [],
    previous: undefined,
    steps: 0,
  }
}

/** A fresh auction whose own output is the one that the recording's first batch spends. */
export function auctionBefore(batch: RecordedBatch): AuctionRecord {
  const index = batch.inputs.indexOf('auctioneer')
  const outpoint = itemAt(batch.unsigned.inputs, index)?.prevout
  const value = batch.prevOutputs[index]?.value
  if (outpoint === undefined || value === undefined) throw new Error('the batch does not spend the auctioneer')
  const heightHint = blockHeight(0)
  const master = { value: satoshi(value), batchKey: INITIAL_BATCH_KEY, heightHint, outpoint, transaction: undefined }
  return {
    accountKey: undefined,
    batchKey: INITIAL_BATCH_KEY,
    lastBatchId: undefined,
    batches: 0,
    nextArrival: 1,
    proposals: 0,
    bumps: [],
    master: { kind: 'ready', ...master },
  }
}

export const keysOf = (notes: readonly BatchAccountNote[], trader: string): readonly AccountKey[] =>
  notes.filter((note) => note.trader === trader).map((note) => note.key)
