import { addSat, satoshi, type AccountKey } from '@tidepool/crypto'
import { openTally, tallyChainFees, tallyMaker, tallyTaker, type AccountTally } from '../accountTally.ts'
import type { BookAccount, BookOrder, StreamId } from '../book.ts'
import { executionFee, lowestFeeSchedule, type FeeSchedule } from '../feeSchedule.ts'
import type { RatePpb } from '../order.ts'
import { lumpSumPremium } from '../premium.ts'
import { unitsToSat } from '../supplyUnit.ts'
import { BatchBuildError } from './batchTypes.ts'
import type { ClearedAccount, ClearedMarket, ClearedMatch, ClearingResult } from './clearedTypes.ts'
import { pairCommitment } from './executionRules.ts'
import { MatchingBook } from './engine/matchingBook.ts'
import type { Book, Match, MatchContext, MatchOutcome } from './types.ts'

/** Settles all balances of an outcome, or names the accounts that would end below zero (matching §6.1). */
export function clearMarket(outcome: MatchOutcome, context: MatchContext): ClearingResult {
  const terms = termsByStream(outcome.matches, context)
  const accounts = new Map<AccountKey, { tally: AccountTally; channels: number; readonly before: BookAccount }>()
  for (const match of outcome.matches) {
    for (const side of ['ask', 'bid'] as const) {
      const before = accountOf(match[side], context)
      const known = accounts.get(before.account.key) ?? { tally: openTally(before.account.value), channels: 0, before }
      const tally = tallySide(known.tally, match, side, priceOf(outcome, match), termsOf(terms, before))
      accounts.set(before.account.key, { ...known, tally, channels: known.channels + 1 })
    }
  }
  const overdrawn: AccountKey[] = []
  const settled = new Map<AccountKey, ClearedAccount>()
  for (const [key, { tally, channels, before }] of [...accounts].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const ending = tallyChainFees(tally, channels, context.feeRate, before.account.version)
    if (ending.balance < 0n) overdrawn.push(key)
    else settled.set(key, clearedAccount(before, channels, ending))
  }
  if (overdrawn.length > 0) return { kind: 'overdrawn', accounts: overdrawn }
  return { kind: 'cleared', market: clearedMarket(outcome, context, terms, settled) }
}

/** An outcome and its money; `market` is undefined when nothing matched. */
export interface ClearedOutcome {
  readonly outcome: MatchOutcome
  readonly market: ClearedMarket | undefined
}

/**
 * Matches and clears; accounts that would be overdrawn are left out, all at once, and the rest matched again. Ends
 * after at most one round per account. A kept `MatchingBook` saves the sorting.
 */
export function matchAndClear(book: Book | MatchingBook, context: MatchContext): ClearedOutcome {
  const kept = book instanceof MatchingBook ? book : MatchingBook.from(book)
  const overdrawn = new Set<AccountKey>()
  for (;;) {
    const outcome = kept.matchMake(context, overdrawn)
    if (outcome.matches.length === 0) return { outcome, market: undefined }
    const result = clearMarket(outcome, context)
    if (result.kind === 'cleared') return { outcome, market: result.market }
    for (const key of result.accounts) overdrawn.add(key)
  }
}

/** Per component the lowest of what was in force when the stream's matched orders were accepted. */
function termsByStream(matches: readonly Match[], context: MatchContext): ReadonlyMap<StreamId, FeeSchedule> {
  const terms = new Map<StreamId, FeeSchedule>()
  for (const entry of matches.flatMap(({ ask, bid }) => [ask, bid])) {
    const { id } = streamOf(accountOf(entry, context))
    terms.set(id, lowestFeeSchedule(entry.terms, terms.get(id) ?? entry.terms))
  }
  return terms
}

function tallySide(
  tally: AccountTally,
  match: Match,
  side: 'ask' | 'bid',
  price: RatePpb,
  terms: FeeSchedule,
): AccountTally {
  const { makerAmount, premiumBase } = amountsOf(match)
  const duration = match.bid.order.leaseDuration
  return side === 'ask'
    ? tallyMaker(tally, { amount: makerAmount, premiumAmount: premiumBase, price, duration }, terms)
    : tallyTaker(
        tally,
        { amount: match.bid.order.selfChannelBalance, premiumAmount: premiumBase, price, duration },
        terms,
      )
}

/** Inbound leases the maker's units; outbound also the taker's own balance. */
function amountsOf({ bid, units }: Match) {
  const makerAmount = unitsToSat(units)
  const capacity = addSat(makerAmount, bid.order.selfChannelBalance)
  return { makerAmount, capacity, premiumBase: bid.order.auctionType === 'outbound' ? capacity : makerAmount }
}

function clearedAccount(before: BookAccount, channels: number, tally: AccountTally): ClearedAccount {
  return {
    before,
    channels,
    endingBalance: satoshi(tally.balance),
    executionFees: satoshi(tally.executionFees),
    premiumsPaid: satoshi(tally.premiumsPaid),
    premiumsEarned: satoshi(tally.premiumsEarned),
    chainFee: satoshi(tally.chainFees),
  }
}

function clearedMarket(
  outcome: MatchOutcome,
  context: MatchContext,
  terms: ReadonlyMap<StreamId, FeeSchedule>,
  accounts: ReadonlyMap<AccountKey, ClearedAccount>,
): ClearedMarket {
  const settled = [...accounts.values()]
  return {
    matches: outcome.matches.map((match) => clearedMatch(match, outcome, context, terms)),
    prices: outcome.prices,
    accounts,
    terms,
    executionFees: addSat(...settled.map((account) => account.executionFees)),
    chainFees: addSat(...settled.map((account) => account.chainFee)),
  }
}

function clearedMatch(
  match: Match,
  outcome: MatchOutcome,
  context: MatchContext,
  terms: ReadonlyMap<StreamId, FeeSchedule>,
): ClearedMatch {
  const price = priceOf(outcome, match)
  const { makerAmount, capacity, premiumBase } = amountsOf(match)
  return {
    ...match,
    price,
    makerAmount,
    selfChannelBalance: match.bid.order.selfChannelBalance,
    capacity,
    premium: lumpSumPremium(premiumBase, price, match.bid.order.leaseDuration),
    makerExecutionFee: executionFee(termsOf(terms, accountOf(match.ask, context)), makerAmount),
    takerExecutionFee: executionFee(termsOf(terms, accountOf(match.bid, context)), premiumBase),
    commitment: pairCommitment(match.ask.order, match.bid.order),
  }
}

function priceOf(outcome: MatchOutcome, match: Match): RatePpb {
  const price = outcome.prices.get(match.bid.order.leaseDuration)
  if (price === undefined) throw inconsistent('a matched duration has no price')
  return price
}

function accountOf({ order }: BookOrder, context: MatchContext): BookAccount {
  const account = context.accounts.get(order.accountKey)
  if (account === undefined) throw inconsistent('a matched order has no account')
  return account
}

function streamOf({ stream }: BookAccount) {
  if (stream === undefined) throw inconsistent('a matched account has no stream')
  return stream
}

function termsOf(terms: ReadonlyMap<StreamId, FeeSchedule>, account: BookAccount): FeeSchedule {
  const schedule = terms.get(streamOf(account).id)
  if (schedule === undefined) throw inconsistent('a matched stream has no terms')
  return schedule
}

function inconsistent(what: string): BatchBuildError {
  return new BatchBuildError({ code: 'BATCH_INCONSISTENT', what }, what)
}
