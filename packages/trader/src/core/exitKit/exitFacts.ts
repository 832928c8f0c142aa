import type { Network } from '@tidepool/crypto'

/** One sweep as it stands in the files. */
export interface KitSweep {
  readonly sat_per_vbyte: number
  readonly fee_sat: number
  readonly value_sat: number
  readonly unsigned_tx: string
  readonly psbt: string
  /** Body of the call to `/v2/signer/signraw`. */
  readonly sign_request: object
  /** Hex before the witness, and after it. */
  readonly tx_before_witness: string
  readonly tx_after_witness: string
}

/** What the files say. */
export interface KitFacts {
  readonly about: string
  readonly network: Network
  readonly account: Readonly<Record<string, string | number>>
  readonly output: Readonly<Record<string, string | number>>
  readonly key: Readonly<Record<string, string | number>>
  readonly sweep_to: { readonly address: string; readonly script: string }
  /** Hex of the witness before and after the signature with its length; version 0 adds 01 to the signature. */
  readonly witness: {
    readonly before_signature: string
    readonly after_signature: string
    readonly sighash_byte: string
  }
  readonly sweeps: readonly KitSweep[]
}
