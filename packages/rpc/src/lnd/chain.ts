import { blockHeight, txidToBytes, type BlockHeight, type OutPoint, type Txid } from '@tidepool/crypto'
import type { CallOptions } from '../grpc/clientTypes.ts'
import { outPointToNotifier } from './channelPoint.ts'
import type { LndClients } from './client.ts'
import { streamOfLnd } from './errors.ts'

/** lnd refuses a hint of 0. */
const atLeastOne = (height: BlockHeight): number => Math.max(1, height)

export interface ConfirmationWatch {
  readonly txid: Txid
  /** scriptPubKey of one of the transaction's outputs. */
  readonly script: Uint8Array
  /** 1 to 144. */
  readonly confirmations: number
  /** At or below the block that includes it: lnd never finds what is below. */
  readonly heightHint: BlockHeight
}

export type ConfirmationEvent =
  /** `height` is the including block's. */
  | { readonly kind: 'confirmed'; readonly transaction: Uint8Array; readonly height: BlockHeight }
  | { readonly kind: 'reorged' }

/**
 * Deep enough, out of the chain again, deep enough again ... Ends 144 blocks after the confirmation; before one, an end
 * is a failure like any other. @throws LndError
 */
export async function* watchConfirmation(
  lnd: LndClients,
  watch: ConfirmationWatch,
  options?: CallOptions,
): AsyncGenerator<ConfirmationEvent, void, undefined> {
  const request = {
    txid: txidToBytes(watch.txid),
    script: watch.script,
    numConfs: watch.confirmations,
    heightHint: atLeastOne(watch.heightHint),
  }
  const stream = lnd.chainNotifier.registerConfirmationsNtfn(request, options)
  for await (const { event } of streamOfLnd(stream)) {
    if (event?.case === 'reorg') yield { kind: 'reorged' }
    if (event?.case !== 'conf') continue
    yield { kind: 'confirmed', transaction: event.value.rawTx, height: blockHeight(event.value.blockHeight) }
  }
}

export interface SpendWatch {
  readonly outpoint: OutPoint
  /** scriptPubKey of the output. */
  readonly script: Uint8Array
  /** At or below the spending block. */
  readonly heightHint: BlockHeight
}

export type SpendEvent =
  | {
      readonly kind: 'spent'
      readonly transaction: Uint8Array
      readonly inputIndex: number
      readonly height: BlockHeight
    }
  | { readonly kind: 'reorged' }

/** Confirmed spends only; ends as `watchConfirmation` does. @throws LndError */
export async function* watchSpend(
  lnd: LndClients,
  watch: SpendWatch,
  options?: CallOptions,
): AsyncGenerator<SpendEvent, void, undefined> {
  const { script, heightHint } = watch
  const request = { outpoint: outPointToNotifier(watch.outpoint), script, heightHint: atLeastOne(heightHint) }
  const stream = lnd.chainNotifier.registerSpendNtfn(request, options)
  for await (const { event } of streamOfLnd(stream)) {
    if (event?.case === 'reorg') yield { kind: 'reorged' }
    if (event?.case !== 'spend') continue
    const { rawSpendingTx: transaction, spendingInputIndex: inputIndex, spendingHeight } = event.value
    yield { kind: 'spent', transaction, inputIndex, height: blockHeight(spendingHeight) }
  }
}

/** The tip, then every new block; heights repeat or fall in a reorganisation. @throws LndError */
export async function* watchBlocks(
  lnd: LndClients,
  options?: CallOptions,
): AsyncGenerator<BlockHeight, void, undefined> {
  const stream = lnd.chainNotifier.registerBlockEpochNtfn({}, options)
  for await (const { height } of streamOfLnd(stream)) yield blockHeight(height)
}
