/**
 * What a batch must do to each balance, computed here once more and from nothing but the published rules, so that a
 * mistake in the programs' shared code cannot hide. Whole satoshis; premiums in doubles, as every trader computes them.
 */

const UNIT = 100_000n
const BILLION = 1e9
const BASE_FEE = 1n
const FEE_PER_MILLION = 1_000n

/** Paid once, for the whole duration, at the one price of the market. */
export function premiumOf(amount: bigint, pricePpb: number, blocks: number): bigint {
  return BigInt(Math.trunc(((Number(amount) * pricePpb) / BILLION) * blocks))
}

/** Paid to the auctioneer by either side of every match. */
export const executionFeeOf = (amount: bigint): bigint => BASE_FEE + (amount * FEE_PER_MILLION) / 1_000_000n

/** Bytes and witness weight of the account's own part of the transaction; version is the one it had before. */
export function chainFeeOf(channels: number, satPerKw: bigint, version: number): bigint {
  const accountBytes = 41n + 43n
  const channelBytes = (43n * BigInt(channels) + 1n) / 2n
  const witness = version === 0 ? 229n : 66n
  return (satPerKw * (4n * (accountBytes + channelBytes) + witness)) / 1000n
}

/** One match of the batch as the test expects it. */
export interface Deal {
  readonly units: number
  readonly pricePpb: number
  readonly blocks: number
  /** Satoshis the bidder puts on its own side. */
  readonly selfBalance?: bigint
  /** The bidder pays for its own side too. */
  readonly outbound?: boolean
}

export interface Standing {
  readonly value: bigint
  readonly version: number
}

/** What premium and the bidder's fee are counted on. */
export const premiumBase = ({ units, selfBalance = 0n, outbound = false }: Deal): bigint =>
  BigInt(units) * UNIT + (outbound ? selfBalance : 0n)

/** Balance after leasing out in some deals and in by others, all of one batch. */
export function afterTrading(
  start: Standing,
  deals: { readonly out: readonly Deal[]; readonly in: readonly Deal[] },
  satPerKw: bigint,
): bigint {
  return settle(start, [...deals.out.map(earned), ...deals.in.map(paid)], satPerKw)
}

function earned(deal: Deal): bigint {
  const amount = BigInt(deal.units) * UNIT
  return premiumOf(premiumBase(deal), deal.pricePpb, deal.blocks) - amount - executionFeeOf(amount)
}

function paid(deal: Deal): bigint {
  const base = premiumBase(deal)
  return -premiumOf(base, deal.pricePpb, deal.blocks) - (deal.selfBalance ?? 0n) - executionFeeOf(base)
}

/** Balance after leasing out in all these deals. */
export function afterLeasingOut(start: Standing, deals: readonly Deal[], satPerKw: bigint): bigint {
  return afterTrading(start, { out: deals, in: [] }, satPerKw)
}

/** Balance after leasing in by all these deals. */
export function afterLeasingIn(start: Standing, deals: readonly Deal[], satPerKw: bigint): bigint {
  return afterTrading(start, { out: [], in: deals }, satPerKw)
}

function settle(start: Standing, changes: readonly bigint[], satPerKw: bigint): bigint {
  const change = changes.reduce((sum, next) => sum + next, 0n)
  return start.value + change - chainFeeOf(changes.length, satPerKw, start.version)
}

/** What the transaction must at least pay: its weight at the batch's rate. */
export function leastMinerFee(inputs: readonly number[], outputBytes: number, satPerKw: bigint): bigint {
  const witness = inputs.reduce((sum, weight) => sum + weight, 0)
  const weight = 4 * (10 + 41 * inputs.length + outputBytes) + 2 + witness
  return (satPerKw * BigInt(weight) + 999n) / 1000n
}
