import type { Brand } from './brand.ts'
import { ClmError } from './errors.ts'

/** Amount in satoshis, 0 to 21e14. */
export type Satoshi = Brand<bigint, 'Satoshi'>
/** Signed change of an amount in satoshis. */
export type SatoshiDelta = Brand<bigint, 'SatoshiDelta'>
/** Fee rate in satoshis per 1000 weight units; 1 sat/vB is 250. */
export type SatPerKWeight = Brand<bigint, 'SatPerKWeight'>
/** Absolute height of a block. */
export type BlockHeight = Brand<number, 'BlockHeight'>
/** Number of blocks, a duration. */
export type BlockCount = Brand<number, 'BlockCount'>
/** Weight units (BIP-141). */
export type Weight = Brand<number, 'Weight'>

export type UnitsErrorDetail =
  /** An amount lies outside 0 to 21e14 sat, or a sum left that range; trying again does not help. */
  | { readonly code: 'AMOUNT_OUT_OF_RANGE'; readonly value: string }
  /** A height, count, weight or fee rate is no whole number of its range; trying again does not help. */
  | { readonly code: 'NUMBER_OUT_OF_RANGE'; readonly what: string; readonly value: string }

export class UnitsError extends ClmError<UnitsErrorDetail> {}

/** All the satoshis there can be. */
export const MAX_MONEY = 2_100_000_000_000_000n
const MAX_UINT32 = 0xffff_ffff

/** @throws UnitsError AMOUNT_OUT_OF_RANGE */
export function satoshi(value: bigint | number): Satoshi {
  const n = typeof value === 'bigint' ? value : Number.isSafeInteger(value) ? BigInt(value) : -1n
  if (n < 0n || n > MAX_MONEY) {
    throw new UnitsError(
      { code: 'AMOUNT_OUT_OF_RANGE', value: String(value) },
      `${value} is no amount: use 0 to ${MAX_MONEY} sat`,
    )
  }
  return n as Satoshi
}

/** @throws UnitsError AMOUNT_OUT_OF_RANGE beyond 21e14 either way */
export function satoshiDelta(value: bigint | number): SatoshiDelta {
  const n = BigInt(value)
  if (n > MAX_MONEY || n < -MAX_MONEY) {
    throw new UnitsError({ code: 'AMOUNT_OUT_OF_RANGE', value: String(value) }, `${value} is no change of an amount`)
  }
  return n as SatoshiDelta
}

/** Sum, range-checked. @throws UnitsError AMOUNT_OUT_OF_RANGE */
export function addSat(...values: readonly bigint[]): Satoshi {
  return satoshi(values.reduce((sum, value) => sum + value, 0n))
}

/** `a - b`. @throws UnitsError AMOUNT_OUT_OF_RANGE when it would be negative */
export function subSat(a: bigint, b: bigint): Satoshi {
  return satoshi(a - b)
}

/** @throws UnitsError NUMBER_OUT_OF_RANGE outside 0 to 2^63-1 */
export function satPerKWeight(value: bigint | number): SatPerKWeight {
  const n = typeof value === 'bigint' ? value : Number.isSafeInteger(value) ? BigInt(value) : -1n
  if (n < 0n || n > 0x7fff_ffff_ffff_ffffn) throw outOfRange('fee rate', value)
  return n as SatPerKWeight
}

/** @throws UnitsError NUMBER_OUT_OF_RANGE outside uint32 */
export function blockHeight(value: number): BlockHeight {
  return uint32('block height', value) as BlockHeight
}

/** @throws UnitsError NUMBER_OUT_OF_RANGE outside uint32 */
export function blockCount(value: number): BlockCount {
  return uint32('block count', value) as BlockCount
}

/** @throws UnitsError NUMBER_OUT_OF_RANGE outside uint32 */
export function weight(value: number): Weight {
  return uint32('weight', value) as Weight
}

/** A whole number of 0 to 2^32-1. @throws UnitsError NUMBER_OUT_OF_RANGE */
export function uint32(what: string, value: number): number {
  if (!Number.isInteger(value) || value < 0 || value > MAX_UINT32) throw outOfRange(what, value)
  return value
}

function outOfRange(what: string, value: bigint | number): UnitsError {
  return new UnitsError({ code: 'NUMBER_OUT_OF_RANGE', what, value: String(value) }, `${String(value)} is no ${what}`)
}
