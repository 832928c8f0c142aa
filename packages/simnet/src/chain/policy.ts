import type { Transaction } from 'bitcoinjs-lib'

/** Satoshis per 1000 virtual bytes below which nothing is relayed, and by which a replacement must pay more. */
export const MIN_RELAY_PER_KVB = 1000n
/** Unconfirmed ancestors and descendants a transaction may have, itself included (Bitcoin Core up to 30). */
export const MAX_CHAIN = 25
/** Virtual bytes of either, the transaction itself included. */
export const MAX_CHAIN_SIZE = 101_000

export const relayFee = (virtualSize: number): bigint => (BigInt(virtualSize) * MIN_RELAY_PER_KVB + 999n) / 1000n

/** Smallest amount an output of this script may carry (Bitcoin Core `GetDustThreshold` at 3 sat/vB). */
export function dustLimit(script: Uint8Array): bigint {
  if (script[0] === 0x6a) return 0n
  const size = 8 + 1 + script.length
  const witness = script.length >= 4 && script.length <= 42 && (script[0] === 0 || (script[0] ?? 0) >= 0x51)
  return BigInt(size + (witness ? 67 : 148)) * 3n
}

export const hasDust = (tx: Transaction): boolean => tx.outs.some((out) => out.value < dustLimit(out.script))
