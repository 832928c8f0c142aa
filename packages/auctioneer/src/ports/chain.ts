import type { BlockHeight, OutPoint, Txid } from '@tidepool/crypto'

export interface Confirmation {
  readonly transaction: Uint8Array
  readonly height: BlockHeight
}

export interface Spend {
  readonly transaction: Uint8Array
  readonly inputIndex: number
  readonly height: BlockHeight
}

/** A watch that goes on until it is cancelled; cancelling twice does nothing. */
export interface Watch {
  cancel(): void
}

/** Confirmed events only; `reorged` takes back the event before it. */
export interface ChainWatcher {
  bestHeight(): BlockHeight
  onBlock(handler: (height: BlockHeight) => void): Watch
  watchConfirmation(
    request: {
      readonly txid: Txid
      readonly script: Uint8Array
      readonly confirmations: number
      readonly heightHint: BlockHeight
    },
    handler: { confirmed(event: Confirmation): void; reorged(): void },
  ): Watch
  watchSpend(
    request: { readonly outpoint: OutPoint; readonly script: Uint8Array; readonly heightHint: BlockHeight },
    handler: { spent(event: Spend): void; reorged(): void },
  ): Watch
}
