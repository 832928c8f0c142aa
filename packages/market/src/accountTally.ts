import type { BlockCount, SatPerKWeight } from '@tidepool/crypto'
import type { AccountVersion } from './account.ts'
import { chainFeeShare } from './chainFee.ts'
import { executionFee, type FeeSchedule } from './feeSchedule.ts'
import type { RatePpb } from './order.ts'
import { rawPremium } from './premium.ts'

/** Running balance of one account over a batch. Signed: an overdrawn account shows as negative. */
export interface AccountTally {
  readonly balance: bigint
  readonly executionFees: bigint
  readonly premiumsEarned: bigint
  readonly premiumsPaid: bigint
  readonly chainFees: bigint
}

/** One match as a tally counts it. */
export interface TallyMatch {
  /** What the account itself puts into the channel. */
  readonly amount: bigint
  /** What the premium, and for the taker the execution fee, is charged on. */
  readonly premiumAmount: bigint
  readonly price: RatePpb
  readonly duration: BlockCount
}

export const openTally = (value: bigint): AccountTally => ({
  balance: value,
  executionFees: 0n,
  premiumsEarned: 0n,
  premiumsPaid: 0n,
  chainFees: 0n,
})

/** The maker gives the amount, earns the premium, pays the execution fee on the amount. */
export function tallyMaker(tally: AccountTally, match: TallyMatch, terms: FeeSchedule): AccountTally {
  const premium = rawPremium(match.premiumAmount, match.price, match.duration)
  const fee = executionFee(terms, match.amount)
  return {
    ...tally,
    balance: tally.balance - match.amount + premium - fee,
    executionFees: tally.executionFees + fee,
    premiumsEarned: tally.premiumsEarned + premium,
  }
}

/** The taker gives its self channel balance, pays the premium and the execution fee on the premium's base. */
export function tallyTaker(tally: AccountTally, match: TallyMatch, terms: FeeSchedule): AccountTally {
  const premium = rawPremium(match.premiumAmount, match.price, match.duration)
  const fee = executionFee(terms, match.premiumAmount)
  return {
    ...tally,
    balance: tally.balance - match.amount - premium - fee,
    executionFees: tally.executionFees + fee,
    premiumsPaid: tally.premiumsPaid + premium,
  }
}

/** Once per batch: the share of the miner fee. */
export function tallyChainFees(
  tally: AccountTally,
  channels: number,
  feeRate: SatPerKWeight,
  version: AccountVersion,
): AccountTally {
  const fee = chainFeeShare(channels, feeRate, version)
  return { ...tally, balance: tally.balance - fee, chainFees: tally.chainFees + fee }
}
