import { concatBytes } from './bytes.ts'
import { txidToBytes } from './ids.ts'
import type { OutPoint } from './ids.ts'
import type { TxOutput } from './transaction.ts'

/** Low 32 bits, little-endian; negative numbers in two's complement. */
export function uint32Le(value: number): Uint8Array {
  const out = new Uint8Array(4)
  new DataView(out.buffer).setUint32(0, value >>> 0, true)
  return out
}

export function uint64Le(value: bigint): Uint8Array {
  const out = new Uint8Array(8)
  new DataView(out.buffer).setBigUint64(0, value, true)
  return out
}

/** Bitcoin's variable-length count. */
export function compactSize(value: number): Uint8Array {
  if (value < 0xfd) return Uint8Array.of(value)
  if (value <= 0xffff) return Uint8Array.of(0xfd, value & 0xff, value >> 8)
  return concatBytes(Uint8Array.of(0xfe), uint32Le(value))
}

/** Number of bytes of compactSize(value). */
export function compactSizeLength(value: number): number {
  if (value < 0xfd) return 1
  return value <= 0xffff ? 3 : 5
}

/** Bytes with their length in front. */
export const varBytes = (bytes: Uint8Array): Uint8Array => concatBytes(compactSize(bytes.length), bytes)

export const outPointBytes = (point: OutPoint): Uint8Array =>
  concatBytes(txidToBytes(point.txid), uint32Le(point.index))

export const outputBytes = (output: TxOutput): Uint8Array =>
  concatBytes(uint64Le(output.value), varBytes(output.script))
