import { decodeTx } from '@tidepool/crypto'
import type { BatchId } from '@tidepool/crypto'
import type { BatchRecord } from '../core/records.ts'
import type { ChainWatcher, Watch } from '../ports/chain.ts'
import type { Logger } from '../ports/system.ts'
import type { Wallet } from '../ports/wallet.ts'
import type { Ledger } from './ledger.ts'

interface Modules {
  readonly ledger: Ledger
  readonly wallet: Wallet
  readonly chain: ChainWatcher
  readonly logger: Logger
}

/** Gets durable batches into the chain: publishes them, again after every start and block, until they are in a block. */
export class BatchPublisher {
  readonly #modules: Modules
  readonly #watches = new Map<BatchId, Watch>()
  #running: Promise<void> = Promise.resolve()

  constructor(modules: Modules) {
    this.#modules = modules
  }

  /** After a start: exactly the stored transactions, oldest first. Failures are logged and tried again later. */
  async start(): Promise<void> {
    for (const batch of this.#modules.ledger.unconfirmedBatches.values()) this.#watch(batch)
    await this.republish()
  }

  stop(): void {
    for (const watch of this.#watches.values()) watch.cancel()
    this.#watches.clear()
  }

  /** Publishes a committed batch. @throws what the wallet says; the batch stays and is tried again */
  async publish(batchId: BatchId): Promise<void> {
    const { ledger, wallet, logger } = this.#modules
    const batch = ledger.unconfirmedBatches.get(batchId)
    if (batch === undefined) return
    await wallet.publish(batch.transaction, labelOf(batch))
    logger.info('batch published', { batchId, txid: batch.txid })
    await this.#update(batchId, (record) => (record.state === 'committed' ? { ...record, state: 'published' } : record))
    this.#watch(batch)
  }

  /** Offers every batch that is in no block to the network once more. */
  republish(): Promise<void> {
    this.#running = this.#running.then(async () => {
      for (const batch of [...this.#modules.ledger.unconfirmedBatches.values()]) {
        try {
          await this.publish(batch.batchId)
        } catch (error) {
          this.#modules.logger.error('batch could not be published, trying again at the next block', {
            batchId: batch.batchId,
            txid: batch.txid,
            error,
          })
        }
      }
    })
    return this.#running
  }

  #watch(batch: BatchRecord): void {
    if (this.#watches.has(batch.batchId)) return
    const { chain, logger } = this.#modules
    const output = decodeTx(batch.transaction).outputs[0]
    if (output === undefined) return
    const watch = chain.watchConfirmation(
      { txid: batch.txid, script: output.script, confirmations: 1, heightHint: batch.heightHint },
      {
        confirmed: ({ height }) => {
          logger.info('batch confirmed', { batchId: batch.batchId, txid: batch.txid, height })
          this.#background(
            this.#update(batch.batchId, (record) => ({ ...record, state: 'confirmed', confirmedHeight: height })),
          )
        },
        reorged: () => {
          logger.warn('batch left the chain', { batchId: batch.batchId, txid: batch.txid })
          this.#background(this.#reorged(batch.batchId))
        },
      },
    )
    this.#watches.set(batch.batchId, watch)
  }

  async #reorged(batchId: BatchId): Promise<void> {
    await this.#update(batchId, (record) => ({ ...record, state: 'published', confirmedHeight: undefined }))
    await this.republish()
  }

  async #update(batchId: BatchId, change: (record: BatchRecord) => BatchRecord): Promise<void> {
    const { ledger } = this.#modules
    await ledger.exclusively(async () => {
      const record = ledger.unconfirmedBatches.get(batchId) ?? (await ledger.store.batch(batchId))
      if (record === undefined) return
      const changed = change(record)
      if (changed !== record) await ledger.commit([{ kind: 'batch', record: changed }])
    })
  }

  #background(work: Promise<void>): void {
    work.catch((error: unknown) => {
      this.#modules.logger.error('batch event failed', { error })
    })
  }
}

const labelOf = (batch: BatchRecord): string => `tidepool batch ${batch.batchId}`
