import type { Ask, Bid, SupplyUnits } from '../order.ts'
import { supplyUnits, unitsOf } from '../supplyUnit.ts'

/**
 * P12: units a pair trades when so much is left of each, or undefined. The minimum holds for every single match, being
 * a channel size; a bid with self channel balance, or a sidecar, trades whole. Outbound orders are one unit each, and
 * the ask's minimum speaks of the bid's self channel balance.
 */
export function matchUnits(ask: Ask, bid: Bid, askLeft: number, bidLeft: number): SupplyUnits | undefined {
  if (bid.auctionType === 'outbound') {
    const fits = askLeft === 1 && bidLeft === 1 && ask.minUnitsMatch <= unitsOf(bid.selfChannelBalance)
    return fits ? supplyUnits(1) : undefined
  }
  const units = Math.min(askLeft, bidLeft)
  if (units < 1 || units < ask.minUnitsMatch || units < bid.minUnitsMatch) return undefined
  const whole = bid.selfChannelBalance > 0n || bid.isSidecar
  return whole && units !== unitsOf(bid.amount) ? undefined : supplyUnits(units)
}

/** Units a match pays premium on: the channel's, where the taker's own balance is leased too. */
export function premiumUnits(bid: Bid, units: SupplyUnits): bigint {
  return bid.auctionType === 'outbound' ? 1n + BigInt(unitsOf(bid.selfChannelBalance)) : BigInt(units)
}
