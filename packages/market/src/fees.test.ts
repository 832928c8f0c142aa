import { blockCount, satPerKWeight, satoshi } from '@tidepool/crypto'
import { describe, expect, test } from 'vitest'
import { loadCases, loadVectors } from '../test/loadVectors.ts'
import { AUCTION_TYPES, pick } from '../test/vectorOrders.ts'
import type { AccountVersion } from './account.ts'
import { openTally, tallyChainFees, tallyMaker, tallyTaker } from './accountTally.ts'
import { ACCOUNT_DUST, chainFeeShare } from './chainFee.ts'
import { executionFee, lowestFeeSchedule } from './feeSchedule.ts'
import type { OrderState } from './order.ts'
import { lumpSumPremium, perBlockPremium, rawPremium } from './premium.ts'
import { quoteOrder } from './quote.ts'
import { availableBalance, reservedValue, totalReserved, type OpenOrder } from './reservedValue.ts'
import { ratePpb, roundUpToUnits, supplyUnits, unitsOf, unitsToSat, UNIT_SAT } from './supplyUnit.ts'

type Num = number | string
interface Terms {
  readonly base_fee: Num
  readonly fee_rate: Num
}
const termsOf = ({ base_fee, fee_rate }: Terms) => ({
  baseFee: satoshi(BigInt(base_fee)),
  feeRatePpm: BigInt(fee_rate),
})

test('every kind of fee vector is run', () => {
  const { cases } = loadVectors<{ kind: string }>('pool/fees.json')
  expect(cases).toHaveLength(1354)
  expect([...new Set(cases.map(({ kind }) => kind))].toSorted()).toEqual([
    'execution_fee',
    'maker_delta',
    'min_no_dust_account_size',
    'premium',
    'quote',
    'reserved_value',
    'supply_units',
    'taker_delta',
    'tally',
    'trader_fee',
  ])
})

describe('premium', () => {
  type Case = { amt: Num; rate: number; duration: number; per_block: string; premium: Num; exact_integer_result?: Num }
  test.each(loadCases<Case>('fees', 'premium'))('$amt sat at $rate for $duration', (vector) => {
    const [amount, rate, duration] = [BigInt(vector.amt), ratePpb(vector.rate), blockCount(vector.duration)]
    expect(rawPremium(amount, rate, duration)).toBe(BigInt(vector.premium))
    expect(perBlockPremium(amount, rate)).toBe(Number(vector.per_block))
  })

  test('one above all money is refused', () => {
    const huge = () => lumpSumPremium(2_100_000_000_000_000n, ratePpb(4_294_967_295), blockCount(1000))
    expect(huge).toThrow(expect.objectContaining({ code: 'AMOUNT_OUT_OF_RANGE' }))
  })
})

test('a stream is charged the lowest of each component of the terms', () => {
  const terms = (base: number, ppm: bigint) => ({ baseFee: satoshi(base), feeRatePpm: ppm })
  expect(lowestFeeSchedule(terms(5, 10n))).toEqual(terms(5, 10n))
  expect(lowestFeeSchedule(terms(5, 10n), terms(7, 3n), terms(4, 20n))).toEqual(terms(4, 3n))
  expect(lowestFeeSchedule(terms(1, 1n), terms(7, 3n))).toEqual(terms(1, 1n))
})

describe('execution fee', () => {
  test.each(loadCases<Terms & { amt: Num; total: Num }>('fees', 'execution_fee'))('of $amt', (vector) => {
    expect(executionFee(termsOf(vector), BigInt(vector.amt))).toBe(BigInt(vector.total))
  })
})

describe('chain fee share', () => {
  type Case = { channels: number; fee_rate: Num; account_version: AccountVersion; fee: Num }
  test.each(loadCases<Case>('fees', 'trader_fee'))('$channels channels at $fee_rate, version $account_version', (c) => {
    const share = chainFeeShare(c.channels, satPerKWeight(BigInt(c.fee_rate)), c.account_version)
    expect(share).toBe(BigInt(c.fee))
  })

  test.each(loadCases<{ value: Num }>('fees', 'min_no_dust_account_size'))('dust threshold', ({ value }) => {
    expect(ACCOUNT_DUST).toBe(BigInt(value))
  })
})

describe('tally', () => {
  type Case = Terms & {
    price: number
    duration: number
    start_balance: Num
    maker_amt: Num
    taker_amt: Num
    premium_amt: Num
    returned_execution_fee: Num
    ending_balance: Num
    total_execution_fees: Num
    total_maker_fees_accrued: Num
    total_taker_fees: Num
  }
  const both = [
    ...loadCases<Case>('fees', 'maker_delta').map((vector) => ({ vector, side: 'maker' as const })),
    ...loadCases<Case>('fees', 'taker_delta').map((vector) => ({ vector, side: 'taker' as const })),
  ]
  test.each(both)('$side', ({ vector, side }) => {
    const match = {
      amount: BigInt(side === 'maker' ? vector.maker_amt : vector.taker_amt),
      premiumAmount: BigInt(vector.premium_amt),
      price: ratePpb(vector.price),
      duration: blockCount(vector.duration),
    }
    const add = side === 'maker' ? tallyMaker : tallyTaker
    expect(add(openTally(BigInt(vector.start_balance)), match, termsOf(vector))).toEqual({
      balance: BigInt(vector.ending_balance),
      executionFees: BigInt(vector.total_execution_fees),
      premiumsEarned: BigInt(vector.total_maker_fees_accrued),
      premiumsPaid: BigInt(vector.total_taker_fees),
      chainFees: 0n,
    })
    expect(vector.returned_execution_fee).toBe(vector.total_execution_fees)
  })

  type Whole = Case & {
    matches: readonly { side: 'maker' | 'taker'; amt: Num; premium_amt: Num; price: number; duration: number }[]
    channels: number
    account_version: AccountVersion
    chain_fee_rate: Num
    balance_before_chain_fees: Num
  }
  test.each(loadCases<Whole>('fees', 'tally'))('of $channels channels', (vector) => {
    const before = vector.matches.reduce(
      (tally, match) => {
        const counted = {
          amount: BigInt(match.amt),
          premiumAmount: BigInt(match.premium_amt),
          price: ratePpb(match.price),
          duration: blockCount(match.duration),
        }
        return (match.side === 'maker' ? tallyMaker : tallyTaker)(tally, counted, termsOf(vector))
      },
      openTally(BigInt(vector.start_balance)),
    )
    expect(before.balance).toBe(BigInt(vector.balance_before_chain_fees))
    const rate = satPerKWeight(BigInt(vector.chain_fee_rate))
    const after = tallyChainFees(before, vector.channels, rate, vector.account_version)
    expect(after.balance).toBe(BigInt(vector.ending_balance))
    expect(after.executionFees).toBe(BigInt(vector.total_execution_fees))
    expect(after.premiumsEarned).toBe(BigInt(vector.total_maker_fees_accrued))
    expect(after.premiumsPaid).toBe(BigInt(vector.total_taker_fees))
    expect(after.chainFees).toBe(before.balance - after.balance)
  })
})

describe('supply units', () => {
  type Case = { amt: Num; units: Num; rounded_up_units: Num; units_to_sat: Num }
  test.each(loadCases<Case>('fees', 'supply_units'))('of $amt', (vector) => {
    const amount = BigInt(vector.amt)
    if (amount < 0n) {
      // Pool wraps around 64 bits; no amount of ours is negative.
      expect(() => satoshi(amount)).toThrow(expect.objectContaining({ code: 'AMOUNT_OUT_OF_RANGE' }))
      return
    }
    expect(unitsOf(amount)).toBe(Number(vector.units))
    expect(roundUpToUnits(amount)).toBe(Number(vector.rounded_up_units))
    expect(unitsToSat(unitsOf(amount))).toBe(BigInt(vector.units_to_sat))
  })
})

describe('reserved value', () => {
  type Case = Terms & {
    type: 'ask' | 'bid'
    auction_type: number
    state: number
    units_unfulfilled: number
    min_units_match: number
    fixed_rate: number
    lease_duration: number
    max_batch_fee_rate: Num
    self_chan_balance?: Num
    account_version: AccountVersion
    reserved?: Num
    go_panics?: string
  }
  const STATES: readonly OrderState[] = [
    'submitted',
    'cleared',
    'partiallyFilled',
    'executed',
    'canceled',
    'expired',
    'failed',
  ]
  test.each(loadCases<Case>('fees', 'reserved_value'))('$type of $units_unfulfilled, minimum $min_units_match', (c) => {
    const base = {
      auctionType: pick(AUCTION_TYPES, c.auction_type),
      rate: ratePpb(c.fixed_rate),
      leaseDuration: blockCount(c.lease_duration),
      maxBatchFeeRate: satPerKWeight(BigInt(c.max_batch_fee_rate)),
      minUnitsMatch: supplyUnits(c.min_units_match),
    }
    const open: OpenOrder = {
      order:
        c.type === 'ask'
          ? { ...base, kind: 'ask' }
          : { ...base, kind: 'bid', selfChannelBalance: BigInt(c.self_chan_balance ?? 0) },
      state: pick(STATES, c.state),
      unitsUnfulfilled: supplyUnits(c.units_unfulfilled),
    }
    const reserve = () => reservedValue(open, c.account_version, termsOf(c))
    if (c.go_panics === undefined) expect(reserve()).toBe(BigInt(c.reserved ?? -1))
    else expect(reserve).toThrow(expect.objectContaining({ code: 'ORDER_MIN_UNITS_ZERO' }))
  })

  test('of several orders is their sum, and what is free never falls below zero', () => {
    const order = {
      ...({ kind: 'ask', auctionType: 'inbound', rate: ratePpb(1), leaseDuration: blockCount(2016) } as const),
      ...{ maxBatchFeeRate: satPerKWeight(253), minUnitsMatch: supplyUnits(1) },
    }
    const open: OpenOrder = { order, state: 'submitted', unitsUnfulfilled: supplyUnits(2) }
    const over: OpenOrder = { ...open, state: 'canceled' }
    const terms = { baseFee: satoshi(1), feeRatePpm: 1000n }
    const one = reservedValue(open, 0, terms)
    expect(one).toBeGreaterThan(200_000n)
    expect(totalReserved([open, over, open], 0, terms)).toBe(2n * one)
    const free = (value: bigint) => availableBalance({ value, version: 0 }, [open, over, open], terms)
    expect([2n * one + 5n, 2n * one + 1n, 2n * one, 2n * one - 1n].map(free)).toEqual([5n, 1n, 0n, 0n])
  })
})

describe('quote', () => {
  type Case = Terms & {
    amt: Num
    min_chan_amt: Num
    rate: number
    duration: number
    max_batch_fee_rate: Num
    total_premium: Num
    rate_per_block: string
    rate_percent: string
    total_execution_fee: Num
    worst_case_chain_fee: Num
  }
  const quoteOf = (vector: Case) =>
    quoteOrder(
      {
        amount: satoshi(BigInt(vector.amt)),
        rate: ratePpb(vector.rate),
        duration: blockCount(vector.duration),
        minUnitsMatch: unitsOf(BigInt(vector.min_chan_amt)),
        maxBatchFeeRate: satPerKWeight(BigInt(vector.max_batch_fee_rate)),
      },
      termsOf(vector),
    )
  test.each(loadCases<Case>('fees', 'quote'))('of $amt at $rate', (vector) => {
    expect(quoteOf(vector)).toMatchObject({
      premium: BigInt(vector.total_premium),
      ratePerBlock: Number(vector.rate_per_block),
      ratePercent: Number(vector.rate_percent),
      executionFee: BigInt(vector.total_execution_fee),
      worstCaseChainFee: BigInt(vector.worst_case_chain_fee),
    })
  })

  test('shows the base fee of every possible match as the most', () => {
    const [first] = loadCases<Case>('fees', 'quote')
    if (first === undefined) throw new Error('no quote vector')
    const quote = quoteOf({ ...first, amt: String(10n * UNIT_SAT), min_chan_amt: String(3n * UNIT_SAT), base_fee: 7 })
    expect(quote.executionFeeMost - quote.executionFee).toBe(14n)
  })
})
