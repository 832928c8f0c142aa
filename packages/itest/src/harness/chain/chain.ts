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
  /** How many unconfirmed transactions it stands on, itself counted; undefined where the mempool keeps no such count. */
  lineLength(id: Txid): Promise<number | undefined>
  /** Replaces the last blocks by a branch that is one block longer. */
  reorg(depth: number): Promise<number>
}
