import type { BlockHeight, Transaction } from '@tidepool/crypto'

/** A transaction of lnd's wallet as a search needs it. */
export interface HistoricTransaction {
  readonly tx: Transaction
  readonly label: string
  /** undefined while unconfirmed. */
  readonly height: BlockHeight | undefined
  /** Indices of outputs that lnd's wallet owns itself. */
  readonly ownOutputs: ReadonlySet<number>
}

/** What lnd remembers, or restored from its seed. */
export interface WalletHistory {
  /** Oldest first, unconfirmed last. */
  transactions(): Promise<readonly HistoricTransaction[]>
  /** Keys of a family that were handed out so far. */
  keysInUse(family: number): Promise<number>
}

/** Whole blocks of the best chain. @throws TraderError BLOCKS_UNREACHABLE */
export interface BlockSource {
  bestHeight(): Promise<BlockHeight>
  /** Serialised. */
  block(height: BlockHeight): Promise<Uint8Array>
}

/** One place where the state of a search survives restarts; undefined when there is none. */
export interface SearchStore<T> {
  load(): Promise<T | undefined>
  save(state: T | undefined): Promise<void>
}
