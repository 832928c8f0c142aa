import { INITIAL_BATCH_KEY, decodeTx, incrementBatchKey, txidOf } from '@tidepool/crypto'
import { TableStore } from '@tidepool/auctioneer'
import type { BatchRecord, Change } from '@tidepool/auctioneer'
import { accountScriptOf } from '@tidepool/market'
import type { Chain } from '@tidepool/simnet'
import type { Store } from '@tidepool/store'
import { balanceFaults, outputFaults } from './everyStep.ts'
import type { Witness } from './witness.ts'

const ENDED = new Set(['pendingClosed', 'closed'])

/** The auctioneer's store, with an eye on the batches that come to be. */
export class WatchedStore extends TableStore {
  readonly #witness: Witness
  readonly #chain: Chain

  constructor(store: Store, witness: Witness, chain: Chain) {
    super(store)
    this.#witness = witness
    this.#chain = chain
  }

  override async commit(changes: readonly Change[]): Promise<void> {
    const batches = changes.flatMap((change) => (change.kind === 'batch' ? [change.record] : []))
    const [last] = await this.batches(Number.MAX_SAFE_INTEGER, 1)
    for (const change of changes) {
      if (change.kind !== 'account' || ENDED.has(change.record.state.kind)) continue
      const { account } = change.record
      const { outpoint, value } = account
      outputFaults(this.#chain, { outpoint, value, script: accountScriptOf(account) }).forEach((fault) =>
        this.#witness.note(`auctioneer ${fault}`),
      )
    }
    balanceFaults(changes).forEach((fault) => this.#witness.note(fault))
    for (const record of batches) {
      for (const { duration, clearingPrice } of record.matches)
        this.#witness.priced(record.txid, duration, clearingPrice)
      this.#witness.committed(record.txid, record.transaction)
      if ((await this.batch(record.batchId)) === undefined) checkNext(record, last, this.#witness)
    }
    await super.commit(changes)
  }
}

/** Ids are used once, in order, none is left out. */
function checkNext(record: BatchRecord, last: BatchRecord | undefined, witness: Witness): void {
  const expected = last === undefined ? INITIAL_BATCH_KEY : incrementBatchKey(last.batchId)
  if (record.batchId !== expected) witness.note(`batch id ${record.batchId} comes after ${last?.batchId ?? 'nothing'}`)
  if (record.sequence !== (last?.sequence ?? 0) + 1) witness.note(`batch number ${record.sequence} is out of order`)
  if (txidOf(decodeTx(record.transaction)) !== record.txid) witness.note('a batch is stored under another txid')
}
