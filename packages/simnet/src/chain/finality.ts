import type { Transaction } from 'bitcoinjs-lib'
import type { Coin } from './coin.ts'

const TIME_THRESHOLD = 500_000_000
const FINAL = 0xffff_ffff
const DISABLE_FLAG = 0x8000_0000
const TYPE_FLAG = 0x0040_0000
const MASK = 0xffff

/** Where a transaction would be mined: height of the block and median time past of its parent (BIP-113). */
export interface NextBlock {
  readonly height: number
  readonly medianTime: number
}

/** Lock time reached, or switched off by final sequences. */
export function isFinal(tx: Transaction, next: NextBlock): boolean {
  if (tx.locktime === 0) return true
  const limit = tx.locktime < TIME_THRESHOLD ? next.height : next.medianTime
  if (tx.locktime < limit) return true
  return tx.ins.every((input) => input.sequence === FINAL)
}

/** BIP-68: every input with a relative lock is old enough. `timeOf` gives the median time before a height. */
export function sequenceLocksMet(
  tx: Transaction,
  coins: readonly Coin[],
  next: NextBlock,
  timeOf: (height: number) => number,
): boolean {
  if (tx.version < 2) return true
  return tx.ins.every((input, i) => {
    if ((input.sequence & DISABLE_FLAG) !== 0) return true
    const height = coins[i]?.height ?? next.height
    const lock = input.sequence & MASK
    if ((input.sequence & TYPE_FLAG) === 0) return height + lock <= next.height
    return timeOf(Math.max(height - 1, 0)) + lock * 512 <= next.medianTime
  })
}
