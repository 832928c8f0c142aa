import { decodeTx, txidOf } from '@tidepool/crypto'
import type { BatchId, BlockHeight, OrderNonce, Txid } from '@tidepool/crypto'
import { VOID_DEPTH } from '@tidepool/market'
import type { BatchRecord, OrderRecord } from '../core/records.ts'
import { foreignInputs, transactionOf, voidBatches } from '../core/voidBatches.ts'
import type { BatchUndo } from '../core/voidBatches.ts'
import { chainInOrder } from '../core/unconfirmedChain.ts'
import type { ChainWatcher, Watch } from '../ports/chain.ts'
import type { Logger } from '../ports/system.ts'
import type { LocatedKey } from '../ports/wallet.ts'
import type { AccountLifecycle, BookListener } from './accountLifecycle.ts'
import type { Ledger } from './ledger.ts'

interface Modules {
  readonly ledger: Ledger
  readonly chain: ChainWatcher
  readonly lifecycle: Pick<AccountLifecycle, 'follow'>
  readonly book: BookListener
  readonly masterKey: LocatedKey
  readonly logger: Logger
}

interface Suspect {
  readonly watches: readonly Watch[]
  /** The confirmed transaction that rules the batch out. */
  culprit: { readonly txid: Txid; readonly height: BlockHeight } | undefined
}

/**
 * Batches that the network refuses. Only the chain tells whether one can still confirm: when a transaction that spends
 * one of its inputs is deep enough, the batch and all built on it are undone.
 */
export class Conflicts {
  readonly #modules: Modules
  readonly #suspects = new Map<BatchId, Suspect>()

  constructor(modules: Modules) {
    this.#modules = modules
  }

  stop(): void {
    for (const id of [...this.#suspects.keys()]) this.clear(id)
  }

  clear(batchId: BatchId): void {
    for (const watch of this.#suspects.get(batchId)?.watches ?? []) watch.cancel()
    this.#suspects.delete(batchId)
  }

  /** Looks for confirmed spends of what the batch spends. */
  async suspect(batch: BatchRecord): Promise<void> {
    if (this.#suspects.has(batch.batchId)) return
    const { ledger, chain, masterKey, logger } = this.#modules
    const undo = await ledger.store.undo(batch.batchId)
    if (undo === undefined) return
    const links = chainInOrder(ledger.unconfirmedBatches.values(), ledger.auction.bumps)
    const waiting = new Set<string>(links.map(({ txid }) => txid))
    const watches: Watch[] = []
    const suspect: Suspect = { watches, culprit: undefined }
    this.#suspects.set(batch.batchId, suspect)
    for (const input of foreignInputs(transactionOf(batch), undo, masterKey.key, waiting)) {
      const spent = ({ transaction, height }: { transaction: Uint8Array; height: BlockHeight }): void => {
        const txid = txidOf(decodeTx(transaction))
        if (txid === batch.txid) return
        suspect.culprit = { txid, height }
        logger.error('an input of a batch was spent by another transaction', { batchId: batch.batchId, txid, height })
      }
      const reorged = (): void => {
        suspect.culprit = undefined
      }
      watches.push(chain.watchSpend(input, { spent, reorged }))
    }
  }

  /** Undoes what is ruled out for good. */
  async settle(): Promise<void> {
    const { ledger, chain } = this.#modules
    const deep = ({ culprit }: Suspect): boolean =>
      culprit !== undefined && chain.bestHeight() - culprit.height + 1 >= VOID_DEPTH
    const ruledOut = [...this.#suspects].flatMap(([id, suspect]) =>
      deep(suspect) ? (ledger.unconfirmedBatches.get(id)?.sequence ?? []) : [],
    )
    if (ruledOut.length > 0) await this.#undo(Math.min(...ruledOut))
  }

  async #undo(from: number): Promise<void> {
    const { ledger, chain, lifecycle, book, logger } = this.#modules
    const voided = await ledger.exclusively(async () => {
      const batches = [...ledger.unconfirmedBatches.values()]
        .filter(({ sequence }) => sequence >= from)
        .toSorted((a, b) => a.sequence - b.sequence)
      const undos = new Map<BatchId, BatchUndo>()
      for (const { batchId } of batches) {
        const undo = await ledger.store.undo(batchId)
        if (undo !== undefined) undos.set(batchId, undo)
      }
      const orders = await this.#ordersOf([...undos.values()])
      const { accounts, auction } = ledger
      const result = voidBatches({ batches, undos, accounts, orders, auction, height: chain.bestHeight() })
      await ledger.commit([
        { kind: 'auction', auction: result.auction },
        ...result.batches.map((record) => ({ kind: 'batch', record }) as const),
        ...result.accounts.map((record) => ({ kind: 'account', record }) as const),
        ...result.steps.map((step) => ({ kind: 'accountStep', step }) as const),
        ...result.orders.map((record) => ({ kind: 'reopenedOrder', record }) as const),
      ])
      return result
    })
    for (const { batchId, txid } of voided.batches) {
      this.clear(batchId)
      logger.error('batch void: its accounts and orders are as before it', { batchId, txid })
    }
    const nonces = voided.accounts.flatMap(({ account }) =>
      ledger.ordersOf(account.key).map(({ order }) => order.nonce),
    )
    book.bookChanged('a batch became void', nonces)
    for (const { account } of voided.accounts) lifecycle.follow(account.key)
  }

  async #ordersOf(undos: readonly BatchUndo[]): Promise<ReadonlyMap<OrderNonce, OrderRecord>> {
    const nonces = [...new Set(undos.flatMap(({ orders }) => orders.map(({ order }) => order.nonce)))]
    const found = await this.#modules.ledger.store.ordersBy(nonces)
    return new Map(found.flatMap((record) => (record === undefined ? [] : [[record.order.nonce, record]])))
  }
}
