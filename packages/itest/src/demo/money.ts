import { executionFeeOf } from '../scenarios/words/arithmetic.ts'
import type { DiffAnswer } from '../scenarios/words/answers.ts'
import type { Account, Accounts } from './accounts.ts'
import type { Deal } from './auction.ts'
import { grouped, signed, type Voice } from './voice.ts'

/** One account's way through the batch; the parts add up to `end - start`. */
export interface Flow {
  readonly account: Account
  readonly start: bigint
  readonly premium: bigint
  readonly channel: bigint
  readonly executionFee: bigint
  readonly chainFee: bigint
  readonly end: bigint
}

export interface Money {
  readonly alice: Flow
  readonly bob: Flow
  /** The auctioneer's account before and after, and what the miner got. */
  readonly masterBefore: bigint
  readonly masterAfter: bigint
  readonly minerFee: bigint
}

export function tellMoney(voice: Voice, accounts: Accounts, { batch, match }: Deal): Money {
  const premium = BigInt(match.premium_sat)
  const capacity = BigInt(match.channel_value_sat)
  const diff = (account: Account): DiffAnswer => {
    const found = batch.accounts.find((one) => one.account_key === account.key)
    if (found === undefined) throw new Error(`the batch has no balance for ${account.owner}`)
    return found
  }
  const flow = (account: Account, own: Pick<Flow, 'premium' | 'channel' | 'executionFee'>): Flow => ({
    account,
    ...own,
    start: BigInt(diff(account).starting_balance_sat),
    chainFee: -BigInt(diff(account).chain_fee_sat),
    end: BigInt(diff(account).ending_balance_sat),
  })
  const money: Money = {
    alice: flow(accounts.alice, { premium, channel: -capacity, executionFee: -BigInt(match.maker_execution_fee_sat) }),
    bob: flow(accounts.bob, { premium: -premium, channel: 0n, executionFee: -BigInt(match.taker_execution_fee_sat) }),
    masterBefore: BigInt(batch.master_value_before_sat),
    masterAfter: BigInt(batch.master_value_after_sat),
    minerFee: BigInt(batch.miner_fee_sat),
  }
  tell(voice, money)
  return money
}

function tell(voice: Voice, { alice, bob, masterBefore, masterAfter, minerFee }: Money): void {
  voice.chapter('Who pays whom')
  voice.say(
    `Bob pays Alice the premium at once, for the whole lease. Each pays the auctioneer 1 sat and 0.1 % of the amount, ` +
      `here ${grouped(executionFeeOf(-alice.channel))} sat, and a share of the miner's fee. What Alice puts into the channel stays hers.`,
  )
  const line = (name: string, of: (flow: Flow) => bigint, show = signed): readonly string[] => [
    name,
    show(of(alice)),
    show(of(bob)),
  ]
  voice.table([
    ['', 'Alice', 'Bob'],
    line('before', (flow) => flow.start, grouped),
    line('premium', (flow) => flow.premium),
    line('into the channel', (flow) => flow.channel),
    line('fee to the auctioneer', (flow) => flow.executionFee),
    line('share of the miner fee', (flow) => flow.chainFee),
    line('after', (flow) => flow.end, grouped),
  ])
  voice.say(
    `The auctioneer takes in both fees and both shares and pays the miner ${grouped(minerFee)} sat: its own account goes ` +
      `from ${grouped(masterBefore)} to ${grouped(masterAfter)} sat.`,
  )
}
