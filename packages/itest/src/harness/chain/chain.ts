import type { OutPoint, Transaction, TxOutput, Txid } from '@tidepool/crypto'

export interface ChainTransaction {
  readonly transaction: Transaction
  /** Absent while it waits in the mempool. */
  readonly height: number | undefined
  readonly confirmations: number
}

export interface ChainBlock {
  readonly hash: string
  readonly transactions: readonly Txid[]
}

/** An unconfirmed transaction and all it stands on, as the mempool counts them. */
export interface MempoolLine {
  readonly transactions: number
  readonly virtualSize: number
  readonly fees: bigint
}

/** A chain under the test's control, whichever program keeps it. */
export interface Chain {
  readonly kind: 'btcd' | 'bitcoind' | 'simnet'
  height(): Promise<number>
  /** The first block takes what the mempool holds. Resolves to the new height. */
  mine(blocks: number): Promise<number>
  mempool(): Promise<readonly Txid[]>
  transaction(id: Txid): Promise<ChainTransaction | undefined>
  block(height: number): Promise<ChainBlock>
  /** The output while nobody spends it, in a block or in the mempool. */
  unspent(point: OutPoint): Promise<TxOutput | undefined>
  publish(transaction: Transaction): Promise<Txid>
  /** What the mempool counts of an unconfirmed transaction; undefined where it keeps no such counts. */
  line(id: Txid): Promise<MempoolLine | undefined>
  /** Replaces the last blocks by a branch that is one block longer. */
  reorg(depth: number): Promise<number>
}
