import { blockHeight, txidOf } from '@tidepool/crypto'
import type { AccountKey, BlockHeight, Txid } from '@tidepool/crypto'
import { VOID_DEPTH } from '@tidepool/market'
import { DEEPEST_REORG, isFunded } from '../core/account.ts'
import type { BatchUndo } from '../core/batch.ts'
import { reasonOf } from '../core/errors.ts'
import { foreignInputs, voidBatch, waitsForChain } from '../core/voidBatches.ts'
import type { Voided } from '../core/voidBatches.ts'
import type { Auctioneer } from '../ports/auctioneer.ts'
import type { Chain } from '../ports/chain.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { HeightWatch } from './height.ts'
import type { Ledger } from './ledger.ts'

export interface VoidModules {
  readonly ledger: Ledger
  readonly auctioneer: Pick<Auctioneer, 'finalTransaction'>
  readonly chain: Pick<Chain, 'spend'>
  readonly height: Pick<HeightWatch, 'best'>
  readonly clock: Clock
  readonly logger: Logger
  /** Takes back in lnd what a batch left there. */
  readonly cleanUp: (txid: Txid) => Promise<void>
  readonly followAccount: (key: AccountKey) => Promise<void>
}

/** Blocks after which somebody is asked what became of a batch that is in none. */
const SUSPECT_AFTER = 3
/** Blocks after which an answer that it is final counts for nothing any more. */
const PATIENCE = 36

interface Suspect {
  readonly stopping: AbortController
  /** The confirmed transaction that rules the batch out. */
  culprit: { readonly txid: Txid; readonly height: BlockHeight } | undefined
}

/**
 * Batches of ours that stay out of the chain. The auctioneer's word only makes one suspect: that it can never confirm is
 * believed when our own chain shows another transaction, deep enough, that spends one of its inputs.
 */
export class VoidBatches {
  readonly #modules: VoidModules
  readonly #suspects = new Map<Txid, Suspect>()

  constructor(modules: VoidModules) {
    this.#modules = modules
  }

  stop(): void {
    for (const txid of [...this.#suspects.keys()]) this.#clear(txid)
  }

  /** What is to be known after a block. Undoes what is ruled out; tells the transactions of those batches. */
  async blockSeen(): Promise<ReadonlySet<Txid>> {
    const { ledger, height } = this.#modules
    const gone = new Set<Txid>()
    for (const undo of this.#oldestFirst()) {
      if (!ledger.undos.has(undo.txid)) continue
      const culprit = this.#suspects.get(undo.txid)?.culprit
      if (!this.#waits(undo)) await this.#settled(undo)
      else if (culprit !== undefined && height.best - culprit.height + 1 >= VOID_DEPTH) {
        for (const txid of await this.#undo(undo.txid, culprit.txid)) gone.add(txid)
      } else if (!this.#suspects.has(undo.txid) && (await this.#isSuspect(undo))) this.#watch(undo)
    }
    return gone
  }

  #oldestFirst(): readonly BatchUndo[] {
    const { batches, undos } = this.#modules.ledger
    return [...batches.values()].flatMap(({ txid }) => undos.get(txid) ?? [])
  }

  #waits({ accounts }: BatchUndo): boolean {
    return accounts.some(({ key }) => waitsForChain(this.#modules.ledger.accounts.get(key)))
  }

  /** In the chain; what is this deep is never undone. */
  async #settled({ txid, accounts }: BatchUndo): Promise<void> {
    const { ledger, height } = this.#modules
    this.#clear(txid)
    const isBuried = accounts.every(({ key }) => {
      const now = ledger.accounts.get(key)
      if (now === undefined || !isFunded(now) || waitsForChain(now)) return false
      return height.best - now.heightHint >= DEEPEST_REORG
    })
    if (isBuried) await ledger.commit({ kind: 'undoDone', txid })
  }

  async #isSuspect({ batchId, txid, heightHint }: BatchUndo): Promise<boolean> {
    const { auctioneer, height } = this.#modules
    const age = height.best - heightHint
    if (age < SUSPECT_AFTER) return false
    if (age >= PATIENCE) return true
    const told = await auctioneer.finalTransaction(batchId).catch(() => undefined)
    return told !== txid
  }

  #watch(undo: BatchUndo): void {
    const { ledger, chain, logger } = this.#modules
    const stopping = new AbortController()
    const suspect: Suspect = { stopping, culprit: undefined }
    this.#suspects.set(undo.txid, suspect)
    const heightHint = blockHeight(Math.max(undo.heightHint - DEEPEST_REORG, 1))
    // Undone again: the next block begins anew.
    const reorged = (): void => this.#clear(undo.txid)
    for (const input of foreignInputs(undo, new Set(ledger.undos.keys()))) {
      chain.spend({ ...input, heightHint }, stopping.signal, reorged).then(
        (spend) => {
          if (spend === undefined || stopping.signal.aborted || txidOf(spend.tx) === undo.txid) return
          suspect.culprit = { txid: txidOf(spend.tx), height: spend.height }
          const { batchId, txid } = undo
          logger.error('an input of a batch was spent by another transaction', { batchId, txid, by: txidOf(spend.tx) })
        },
        (error: unknown) => {
          logger.warn('a batch that does not confirm cannot be watched', { txid: undo.txid, reason: reasonOf(error) })
          this.#clear(undo.txid)
        },
      )
    }
  }

  async #undo(ruledOut: Txid, by: Txid): Promise<readonly Txid[]> {
    const { ledger, clock, logger, cleanUp, followAccount } = this.#modules
    const undone = await ledger.update<Voided>(() => {
      const { batches, accounts, orders } = ledger
      const result = voidBatch(ruledOut, { undos: this.#oldestFirst(), batches, accounts, orders, at: clock.now() })
      const changes = [
        ...result.accounts.map((account) => ({ kind: 'account', account }) as const),
        ...result.orders.map((record) => ({ kind: 'order', record }) as const),
        ...result.leftovers.map((leftover) => ({ kind: 'leftover', leftover }) as const),
        ...result.batches.flatMap(
          ({ txid, batchId }) =>
            [{ kind: 'batchVoid', batchId } as const, { kind: 'undoDone', txid } as const] as const,
        ),
      ]
      return { changes, result }
    })
    for (const { batchId, txid } of undone.batches) {
      this.#clear(txid)
      logger.error('batch void: its accounts and orders are as before it', { batchId, txid, by })
      await cleanUp(txid)
    }
    for (const { key } of undone.accounts) await followAccount(key)
    return undone.batches.map(({ txid }) => txid)
  }

  #clear(txid: Txid): void {
    this.#suspects.get(txid)?.stopping.abort()
    this.#suspects.delete(txid)
  }
}
