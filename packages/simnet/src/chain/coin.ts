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

const txids = new WeakMap<Transaction, string>()

/** Id in display order, worked out once: only for a transaction that was accepted or mined and so changes no more. */
export function txidOf(tx: Transaction): string {
  const known = txids.get(tx)
  if (known !== undefined) return known
  const txid = tx.getId()
  txids.set(tx, txid)
  return txid
}

/** Every output of an accepted or mined transaction as coins. */
export function coinsOf(tx: Transaction, height: number | undefined): readonly Coin[] {
  const txid = txidOf(tx)
  const coinbase = tx.isCoinbase()
  return tx.outs.map((out, index) => ({ txid, index, value: out.value, script: out.script, height, coinbase }))
}
