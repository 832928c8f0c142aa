import type { BlockHeight, OutPoint, Transaction, Txid } from '@tidepool/crypto'

export interface ConfirmationRequest {
  readonly txid: Txid
  /** scriptPubKey of one of its outputs. */
  readonly script: Uint8Array
  readonly confirmations: number
  readonly heightHint: BlockHeight
}

export interface SpendRequest {
  readonly outpoint: OutPoint
  readonly script: Uint8Array
  readonly heightHint: BlockHeight
}

export interface ConfirmedTx {
  readonly tx: Transaction
  /** Height of the block with the transaction. */
  readonly height: BlockHeight
}

export interface ConfirmedSpend extends ConfirmedTx {
  readonly inputIndex: number
}

/**
 * Chain events. Both waits survive a reconnect to lnd by registering again, and end early only by the signal, then with
 * undefined. `onReorg` is told when a reorganisation undoes what was found.
 */
export interface Chain {
  confirmation(
    request: ConfirmationRequest,
    signal: AbortSignal,
    onReorg?: () => void,
  ): Promise<ConfirmedTx | undefined>
  spend(request: SpendRequest, signal: AbortSignal, onReorg?: () => void): Promise<ConfirmedSpend | undefined>
  /** Every new best height, the current one first; heights may repeat or fall in a reorganisation. */
  blocks(signal: AbortSignal): AsyncIterable<BlockHeight>
}
