import type { BlockCount } from '@tidepool/crypto'
import type { RatePpb } from '../order.ts'
import { premiumUnits } from './matchUnits.ts'
import type { Match, MatchRules } from './types.ts'

/** Matches that a price does not hurt. */
export const acceptedAt = (matches: readonly Match[], price: RatePpb): readonly Match[] =>
  matches.filter(({ ask, bid }) => ask.order.rate <= price && price <= bid.order.rate)

/** Units that pay premium. */
export const volumeOf = (matches: readonly Match[]): bigint =>
  matches.reduce((sum, { bid, units }) => sum + premiumUnits(bid.order, units), 0n)

/** What both sides together gain against their own rates, without the duration. */
export const surplusOf = (matches: readonly Match[]): bigint =>
  matches.reduce((sum, match) => sum + surplusOfMatch(match), 0n)

/**
 * Price of all matches of one duration, of both auction types: the last accepted bid's rate (white paper §6.1.6), where
 * accepted are the matches around that bid which clear the most volume; ties go to the larger surplus, then the lower
 * price. `lowestBid` takes the lowest matched bid whatever it clears. undefined without matches.
 */
export function marketClearingPrice(matches: readonly Match[], rule: MatchRules['priceRule']): RatePpb | undefined {
  const candidates = [...new Set(matches.map((match) => match.bid.order.rate))].toSorted((a, b) => a - b)
  return rule === 'lowestBid' ? candidates[0] : bestCandidate(matches, candidates)
}

/** The price after a cut: still the last accepted bid's, never lower than before. */
export function lowestBids(matches: readonly Match[]): ReadonlyMap<BlockCount, RatePpb> {
  const prices = new Map<BlockCount, RatePpb>()
  for (const { bid } of matches) {
    const price = prices.get(bid.order.leaseDuration)
    if (price === undefined || bid.order.rate < price) prices.set(bid.order.leaseDuration, bid.order.rate)
  }
  return prices
}

interface Score {
  readonly price: RatePpb
  readonly volume: bigint
  readonly surplus: bigint
}

/** Sweeps the candidates upwards: a match counts from its ask's rate to its bid's. */
function bestCandidate(matches: readonly Match[], candidates: readonly RatePpb[]): RatePpb | undefined {
  const opening = matches.toSorted((a, b) => a.ask.order.rate - b.ask.order.rate)
  const closing = matches.toSorted((a, b) => a.bid.order.rate - b.bid.order.rate)
  let [opened, closed, volume, surplus] = [0, 0, 0n, 0n]
  let best: Score | undefined
  for (const price of candidates) {
    for (let next = opening[opened]; next !== undefined && next.ask.order.rate <= price; next = opening[++opened]) {
      volume += premiumUnits(next.bid.order, next.units)
      surplus += surplusOfMatch(next)
    }
    for (let next = closing[closed]; next !== undefined && next.bid.order.rate < price; next = closing[++closed]) {
      volume -= premiumUnits(next.bid.order, next.units)
      surplus -= surplusOfMatch(next)
    }
    const score: Score = { price, volume, surplus }
    if (best === undefined || isBetter(score, best)) best = score
  }
  return best?.price
}

/** Without the duration, which all matches share. */
function surplusOfMatch({ ask, bid, units }: Match): bigint {
  return BigInt(bid.order.rate - ask.order.rate) * premiumUnits(bid.order, units)
}

/** Candidates come in rising order, so a full tie keeps the lower price. */
function isBetter(score: Score, best: Score): boolean {
  return score.volume > best.volume || (score.volume === best.volume && score.surplus > best.surplus)
}
