import type { OutPoint } from './ids.ts'
import type { TxList } from './txList.ts'
import type { Satoshi } from './units.ts'

/** One input; `witness` is empty while unsigned. */
export interface TxInput {
  readonly prevout: OutPoint
  readonly scriptSig: Uint8Array
  readonly sequence: number
  readonly witness: readonly Uint8Array[]
}

export interface TxOutput {
  readonly value: Satoshi
  /** scriptPubKey */
  readonly script: Uint8Array
}

/** A Bitcoin transaction as a plain value. */
export interface Transaction {
  readonly version: number
  readonly inputs: TxList<TxInput>
  readonly outputs: TxList<TxOutput>
  readonly lockTime: number
}
