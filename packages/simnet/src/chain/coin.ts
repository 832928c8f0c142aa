import type { Transaction } from 'bitcoinjs-lib'
import { reversed, toHex } from '@tidepool/crypto'

/** `txid:index` with the txid in display order. */
export type OutPointKey = string

/** An output that may be spent. */
export interface Coin {
  readonly txid: string
  readonly index: number
  readonly value: bigint
  readonly script: Uint8Array
  /** Height of its block; undefined in the mempool. */
  readonly height: number | undefined
  readonly coinbase: boolean
}

export const coinKey = (txid: string, index: number): OutPointKey => `${txid}:${index}`

/** Outpoint an input spends. */
export function inputKey(input: { readonly hash: Uint8Array; readonly index: number }): OutPointKey {
  return coinKey(toHex(reversed(input.hash)), input.index)
}

/** Every output of a transaction as coins. */
export function coinsOf(tx: Transaction, height: number | undefined): readonly Coin[] {
  const txid = tx.getId()
  const coinbase = tx.isCoinbase()
  return tx.outs.map((out, index) => ({ txid, index, value: out.value, script: out.script, height, coinbase }))
}
