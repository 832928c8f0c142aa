import { decodeTx } from '@tidepool/crypto'
import type { BatchId, BlockHeight, Txid } from '@tidepool/crypto'
import { AuctioneerError } from '../core/errors.ts'
import type { AuctionRecord, BatchRecord, BumpRecord } from '../core/records.ts'
import { chainInOrder } from '../core/unconfirmedChain.ts'
import type { ChainWatcher, Watch } from '../ports/chain.ts'
import type { Logger } from '../ports/system.ts'
import type { Wallet } from '../ports/wallet.ts'
import type { Conflicts } from './conflicts.ts'
import type { Ledger } from './ledger.ts'

interface Modules {
  readonly ledger: Ledger
  readonly wallet: Wallet
  readonly chain: ChainWatcher
  readonly conflicts: Conflicts
  readonly logger: Logger
}

/** Blocks after which what is in the chain stays there: nobody looks any more whether a reorganisation undoes it. */
const BURIED = 144
/** Newest batches that are looked for after a start: more than there are in so many blocks. */
const YOUNG_BATCHES = 200

/**
 * Gets durable batches and fee bumps into the chain: publishes them, again after every start and block, until they are
 * in a block. A refusal tells that the network does not hold one: then it is found out whether it ever can.
 */
export class BatchPublisher {
  readonly #modules: Modules
  readonly #watches = new Map<Txid, Watch>()
  readonly #refusals = new Map<Txid, string>()
  /** Confirmed not long before this start, and not seen in the chain since. */
  readonly #unseen = new Map<Txid, { readonly batch: BatchRecord; readonly since: BlockHeight }>()
  #running: Promise<void> = Promise.resolve()

  constructor(modules: Modules) {
    this.#modules = modules
  }

  /** Why nothing can be built on the newest batch now: the network does not take what it stands on. */
  get refusal(): string | undefined {
    const [first] = this.#refusals
    if (first === undefined) return undefined
    return `the network does not take ${first[0]}, on which a batch would be built: ${first[1]}`
  }

  /** What the node said when it last refused a transaction of ours. */
  problemOf(txid: Txid): string | undefined {
    return this.#refusals.get(txid)
  }

  /** After a start: exactly the stored transactions, oldest first. Failures are logged and tried again later. */
  async start(): Promise<void> {
    const { ledger, chain } = this.#modules
    for (const link of this.#waiting()) this.#watch(link)
    const since = chain.bestHeight()
    for (const batch of await ledger.store.batches(Number.MAX_SAFE_INTEGER, YOUNG_BATCHES)) {
      if (batch.state !== 'confirmed' || since - (batch.confirmedHeight ?? 0) >= BURIED) continue
      this.#unseen.set(batch.txid, { batch, since })
      this.#watch(batch)
    }
    await this.republish()
  }

  stop(): void {
    for (const watch of this.#watches.values()) watch.cancel()
    this.#watches.clear()
    this.#modules.conflicts.stop()
  }

  /**
   * Publishes a committed batch; when it is refused, after what it stands on: the network may have dropped that.
   * @throws what the wallet says, then it is tried again; AuctioneerError BATCH_VOID
   */
  async publish(batchId: BatchId): Promise<void> {
    const { ledger } = this.#modules
    const batch = ledger.unconfirmedBatches.get(batchId)
    if (batch !== undefined) {
      return this.#offer(batch).catch(async () => {
        await this.#missUnseen(() => true)
        await this.republish()
        const again = ledger.unconfirmedBatches.get(batchId)
        if (again !== undefined) await this.#offer(again)
      })
    }
    if ((await ledger.store.batch(batchId))?.state !== 'void') return
    throw new AuctioneerError({ code: 'BATCH_VOID', batchId }, 'another transaction spent what the batch spends')
  }

  /** Offers everything that is in no block to the network once more, each after what it spends. */
  republish(): Promise<void> {
    this.#running = this.#running.then(async () => {
      try {
        await this.#missUnseen((since) => this.#modules.chain.bestHeight() > since)
        await this.#modules.conflicts.settle()
      } catch (error) {
        this.#modules.logger.error('void batches could not be undone, trying again at the next block', { error })
      }
      for (const link of this.#waiting()) {
        try {
          await this.#offer(link)
        } catch (error) {
          const { txid } = link
          this.#modules.logger.error('transaction not published, trying again at the next block', { txid, error })
        }
      }
    })
    return this.#running
  }

  /**
   * A reorganisation while we were down has no event: what is not seen by the next block, or until a refusal, waits once
   * more. One that is in the chain after all is seen a moment later.
   */
  async #missUnseen(isOverdue: (since: BlockHeight) => boolean): Promise<void> {
    const { logger } = this.#modules
    for (const [txid, { batch, since }] of this.#unseen) {
      if (!isOverdue(since)) continue
      logger.warn('batch is not in the chain any more', { txid })
      await this.#placed(batch, undefined)
    }
  }

  #waiting(): readonly (BatchRecord | BumpRecord)[] {
    const { unconfirmedBatches, auction } = this.#modules.ledger
    const links = chainInOrder(unconfirmedBatches.values(), auction.bumps)
    const ids = new Set(links.map(({ txid }) => txid))
    for (const txid of [...this.#refusals.keys()]) if (!ids.has(txid)) this.#refusals.delete(txid)
    return links
  }

  async #offer(link: BatchRecord | BumpRecord): Promise<void> {
    const { wallet, logger, conflicts } = this.#modules
    try {
      await wallet.publish(link.transaction, labelOf(link))
    } catch (error) {
      this.#refusals.set(link.txid, error instanceof Error ? error.message : String(error))
      if ('batchId' in link) await conflicts.suspect(link)
      throw error
    }
    this.#refusals.delete(link.txid)
    this.#watch(link)
    if (!('batchId' in link)) return
    logger.info('batch published', { batchId: link.batchId, txid: link.txid })
    conflicts.clear(link.batchId)
    await this.#update(link.batchId, (record) =>
      record.state === 'committed' ? { ...record, state: 'published' } : record,
    )
  }

  #watch(link: BatchRecord | BumpRecord): void {
    const { txid, heightHint } = link
    if (this.#watches.has(txid)) return
    const { chain, logger } = this.#modules
    const output = decodeTx(link.transaction).outputs.at(0)
    if (output === undefined) return
    const what = 'batchId' in link ? 'batch' : 'fee bump'
    const watch = chain.watchConfirmation(
      { txid, script: output.script, confirmations: 1, heightHint },
      {
        confirmed: ({ height }) => {
          logger.info(`${what} confirmed`, { txid, height })
          this.#background(this.#placed(link, height))
        },
        reorged: () => {
          logger.warn(`${what} left the chain`, { txid })
          this.#background(this.#placed(link, undefined).then(() => this.republish()))
        },
      },
    )
    this.#watches.set(txid, watch)
  }

  #placed(link: BatchRecord | BumpRecord, confirmedHeight: BlockHeight | undefined): Promise<void> {
    this.#refusals.delete(link.txid)
    this.#unseen.delete(link.txid)
    if (!('batchId' in link)) return this.#bumpPlaced(link.txid, confirmedHeight)
    if (confirmedHeight !== undefined) this.#modules.conflicts.clear(link.batchId)
    const state = confirmedHeight === undefined ? 'published' : 'confirmed'
    return this.#update(link.batchId, (record) => ({ ...record, state, confirmedHeight }))
  }

  async #bumpPlaced(txid: Txid, confirmedHeight: BlockHeight | undefined): Promise<void> {
    const { ledger, chain } = this.#modules
    await ledger.exclusively(() => {
      const { auction } = ledger
      const kept = (bump: BumpRecord): boolean => chain.bestHeight() - (bump.confirmedHeight ?? Infinity) < BURIED
      const bumps = auction.bumps.map((bump) => (bump.txid === txid ? { ...bump, confirmedHeight } : bump))
      const next: AuctionRecord = {
        ...auction,
        bumps: bumps.filter((bump) => bump.confirmedHeight === undefined || kept(bump)),
      }
      return ledger.commit([{ kind: 'auction', auction: next }])
    })
  }

  async #update(batchId: BatchId, change: (record: BatchRecord) => BatchRecord): Promise<void> {
    const { ledger } = this.#modules
    await ledger.exclusively(async () => {
      const record = ledger.unconfirmedBatches.get(batchId) ?? (await ledger.store.batch(batchId))
      if (record === undefined || record.state === 'void') return
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

const labelOf = (link: BatchRecord | BumpRecord): string =>
  'batchId' in link ? `tidepool batch ${link.batchId}` : 'tidepool fee bump'
