import { decodeTx, satPerKWeight, txWeight } from '@tidepool/crypto'
import type { SatPerKWeight, Txid } from '@tidepool/crypto'
import type { BatchRecord, BumpRecord } from './records.ts'

/** One of our transactions that no block holds yet. */
export interface ChainLink {
  readonly txid: Txid
  readonly weight: number
  readonly fee: bigint
}

/** How long a chain of unconfirmed batches may get. */
export interface ChainLimits {
  /** The new batch counted. */
  readonly transactions: number
  /** Virtual bytes of all of them, the new batch counted. */
  readonly virtualSize: number
}

/**
 * What nodes relay: 25 ancestors or descendants and 101,000 virtual bytes of either, the transaction itself counted
 * (Bitcoin Core policy/policy.h up to 30); from 31 on clusters of 64 transactions and as many bytes. The smaller of both.
 */
export const NODE_LIMITS: ChainLimits = { transactions: 25, virtualSize: 101_000 }

/** All of ours that wait for a block, each after what it spends. */
export function chainInOrder(
  batches: Iterable<BatchRecord>,
  bumps: readonly BumpRecord[],
): readonly (BatchRecord | BumpRecord)[] {
  const waiting = [...[...batches].toSorted((a, b) => a.sequence - b.sequence), ...waitingBumps(bumps)]
  return waiting.toSorted((a, b) => placeOf(a) - placeOf(b))
}

const placeOf = (link: BatchRecord | BumpRecord): number => ('sequence' in link ? link.sequence : link.after + 0.5)

export const waitingBumps = (bumps: readonly BumpRecord[]): readonly BumpRecord[] =>
  bumps.filter(({ confirmedHeight }) => confirmedHeight === undefined)

export const linkOf = (link: BatchRecord | BumpRecord): ChainLink => ({
  txid: link.txid,
  weight: txWeight(decodeTx(link.transaction)),
  fee: 'minerFee' in link ? link.minerFee : link.fee,
})

/** Sums over a chain; the fee rate is what a miner gets for all of it together. */
export interface ChainTotals {
  readonly transactions: number
  readonly weight: number
  readonly virtualSize: number
  readonly fee: bigint
}

export const totalsOf = (links: readonly ChainLink[]): ChainTotals => ({
  transactions: links.length,
  weight: links.reduce((sum, { weight }) => sum + weight, 0),
  virtualSize: links.reduce((sum, { weight }) => sum + virtualSizeOf(weight), 0),
  fee: links.reduce((sum, { fee }) => sum + fee, 0n),
})

export const packageRate = ({ fee, weight }: ChainTotals): SatPerKWeight =>
  satPerKWeight(weight === 0 ? 0n : (fee * 1000n) / BigInt(weight))

/** Why a transaction of this weight must wait for a block before it may join the chain; undefined when it may. */
export function whyNoRoom(chain: ChainTotals, weight: number, limits: ChainLimits): string | undefined {
  if (chain.transactions + 1 > limits.transactions) {
    return `${chain.transactions} of our transactions wait for a block and nodes relay no longer chains`
  }
  const size = chain.virtualSize + virtualSizeOf(weight)
  // Alone it goes whatever its size: what the matcher allows is a standard transaction.
  if (chain.transactions === 0 || size <= limits.virtualSize) return undefined
  return `with this batch ${size} virtual bytes of ours would wait for a block and nodes relay ${limits.virtualSize}`
}

export const virtualSizeOf = (weight: number): number => Math.ceil(weight / 4)
