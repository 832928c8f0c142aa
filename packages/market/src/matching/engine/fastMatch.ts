import type { AccountKey } from '@tidepool/crypto'
import type { BookAsk, BookBid, BookOrder } from '../../book.ts'
import type { RatePpb } from '../../order.ts'
import { chooseBatch, type PricedMarket } from '../chooseBatch.ts'
import { lowestBids } from '../clearingPrice.ts'
import type { MatchContext, MatchOutcome } from '../types.ts'
import { Attempt, type Numbers } from './attempt.ts'
import { fastPass } from './fastPass.ts'
import { fatesOf } from './fates.ts'
import { LazyReasons } from './lazyReasons.ts'
import { matchAt, type MarketPass } from './marketPass.ts'
import { sweepPrice } from './priceSweep.ts'
import type { Rows } from './rows.ts'
import type { Scratch } from './scratch.ts'

/** Rows of one market as a book hands them out. */
export type MarketRows = Pick<MarketPass, 'duration' | 'auctionType' | 'asks' | 'bids'>

/** `matchMake` over markets in columns, shortest duration and inbound first. */
export function fastMatch(
  markets: readonly MarketRows[],
  numbers: Numbers,
  context: MatchContext,
  overdrawn: ReadonlySet<AccountKey>,
  scratch: Scratch,
): MatchOutcome {
  const excludedAccounts = new Set([...context.excludedAccounts, ...overdrawn])
  const attempt = new Attempt({ ...context, excludedAccounts }, numbers, scratch)
  const passes = markets.map((market) => passOf(market, attempt))
  const prices = passes.map(({ duration }) => {
    const sharing = passes.filter((other) => other.duration === duration)
    return sweepPrice(sharing, context.rules.priceRule)
  })
  const accepted = passes.map((pass, index) => acceptedIndexes(pass, prices[index]))
  const priced = passes.map((pass, index) => pricedMarket(pass, accepted[index] ?? new Int32Array(0), prices[index]))
  const choice = chooseBatch(priced, context)
  const explained = passes.map((pass, index) => ({
    asks: pass.asks.sharedEntries(),
    bids: pass.bids.sharedEntries(),
    askMask: pass.askMask,
    bidMask: pass.bidMask,
    ...fatesOf(pass, accepted[index] ?? new Int32Array(0), choice, index),
  }))
  return {
    matches: choice.kept,
    prices: lowestBids(choice.kept),
    unmatched: new LazyReasons(explained, context),
  }
}

function passOf(market: MarketRows, attempt: Attempt): MarketPass {
  const isOpen = attempt.context.openDurations.has(market.duration)
  const askMask = attempt.admitted(market.asks, isOpen)
  const bidMask = attempt.admitted(market.bids, isOpen)
  const pass = { ...market, askMask, bidMask, log: attempt.scratch.log(`${market.duration} ${market.auctionType}`) }
  fastPass(pass, attempt)
  return pass
}

/** Where in the log the matches are that the price does not hurt. */
function acceptedIndexes({ asks, bids, log }: MarketPass, price: RatePpb | undefined): Int32Array {
  if (price === undefined) return new Int32Array(0)
  const accepted = new Int32Array(log.length)
  let count = 0
  for (let index = 0; index < log.length; index++) {
    if ((bids.rate[log.bids[index] as number] as number) < price) break
    if ((asks.rate[log.asks[index] as number] as number) <= price) accepted[count++] = index
  }
  return accepted.subarray(0, count)
}

function pricedMarket(pass: MarketPass, accepted: Int32Array, price: RatePpb | undefined): PricedMarket {
  return {
    accepted: {
      length: accepted.length,
      at: (turn) => (turn < accepted.length ? matchAt(pass, accepted[turn] as number) : undefined),
    },
    orders: () => ({
      asks: admittedAt<BookAsk>(pass.asks, pass.askMask, (rate) => price !== undefined && rate <= price),
      bids: admittedAt<BookBid>(pass.bids, pass.bidMask, (rate) => price !== undefined && rate >= price),
    }),
  }
}

/** Orders from the best down while the price admits them. */
function admittedAt<E extends BookOrder>(rows: Rows<E>, mask: Uint8Array, isAdmitted: (rate: number) => boolean): E[] {
  const admitted: E[] = []
  for (let row = 0; row < rows.length && isAdmitted(rows.rate[row] as number); row++) {
    if (mask[row] === 1) admitted.push(rows.entries[row] as E)
  }
  return admitted
}
