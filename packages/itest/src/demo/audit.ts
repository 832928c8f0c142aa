import { afterLeasingIn, afterLeasingOut, type Deal as Terms } from '../scenarios/words/arithmetic.ts'
import { accountOf, type Accounts } from './accounts.ts'
import type { Deal } from './auction.ts'
import type { LeasedChannel } from './channel.ts'
import type { Flow, Money } from './money.ts'
import { total, type NamedTransaction } from './transaction.ts'
import { grouped, type Voice } from './voice.ts'

export interface Check {
  readonly passed: boolean
  readonly text: string
}

export interface Story {
  readonly accounts: Accounts
  readonly deal: Deal
  readonly money: Money
  readonly transaction: NamedTransaction
  readonly channel: LeasedChannel
}

/**
 * Follows every satoshi. What each balance should be is worked out from the published rules by arithmetic that shares
 * no code with the programs; what it is comes from the chain and from what the daemons say.
 */
export async function audit(voice: Voice, story: Story): Promise<readonly Check[]> {
  voice.chapter('Every satoshi accounted for')
  const checks = [...transactionChecks(story), ...(await balanceChecks(story)), ...marketChecks(story)]
  for (const { passed, text } of checks) voice.check(passed, text)
  return checks
}

function transactionChecks({ transaction, money, channel, deal }: Story): readonly Check[] {
  const { inputs, outputs, minerFee } = transaction
  const valueOf = (name: string) => outputs.find((output) => output.name === name)?.value
  return [
    {
      passed: total(inputs) === total(outputs) + minerFee && minerFee === money.minerFee,
      text: `in ${grouped(total(inputs))} = out ${grouped(total(outputs))} + miner ${grouped(minerFee)}`,
    },
    {
      passed: valueOf("Alice's account") === money.alice.end && valueOf("Bob's account") === money.bob.end,
      text: 'the new accounts hold on the chain exactly what the auctioneer says they hold',
    },
    {
      passed:
        outputs[deal.match.output_index]?.value === channel.capacity && channel.active.alice && channel.active.bob,
      text: `the channel output holds the ${grouped(channel.capacity)} sat both nodes count as its capacity`,
    },
    {
      passed: inputs.length === 3 && outputs.length === 4,
      text: 'nothing else goes in or comes out',
    },
  ]
}

async function balanceChecks({ accounts, deal, money }: Story): Promise<readonly Check[]> {
  const { match, batch } = deal
  const terms: Terms = {
    units: match.units,
    pricePpb: match.clearing_price_rate,
    blocks: match.lease_duration_blocks,
  }
  const rate = BigInt(batch.fee_rate_sat_per_kw)
  const alice = afterLeasingOut(accounts.alice, [terms], rate)
  const bob = afterLeasingIn(accounts.bob, [terms], rate)
  return Promise.all([checkAccount(money.alice, alice), checkAccount(money.bob, bob)])
}

async function checkAccount(flow: Flow, expected: bigint): Promise<Check> {
  const { owner, trader } = flow.account
  const parts = flow.start + flow.premium + flow.channel + flow.executionFee + flow.chainFee
  const seen = BigInt((await accountOf(trader)).value)
  return {
    passed: parts === flow.end && expected === flow.end && seen === flow.end,
    text: `${owner}: ${[flow.start, flow.premium, flow.channel, flow.executionFee, flow.chainFee]
      .filter((part) => part !== 0n)
      .map((part, i) => (i === 0 ? grouped(part) : `${part < 0n ? '−' : '+'} ${grouped(part < 0n ? -part : part)}`))
      .join(' ')} = ${grouped(flow.end)}`,
  }
}

function marketChecks({ money }: Story): readonly Check[] {
  const { alice, bob, masterBefore, masterAfter, minerFee } = money
  const collected = -(alice.executionFee + bob.executionFee + alice.chainFee + bob.chainFee)
  const sum = `${grouped(masterBefore)} + ${grouped(collected)} − ${grouped(minerFee)} = ${grouped(masterAfter)}`
  return [
    { passed: alice.premium === -bob.premium, text: `what Bob pays, Alice gets: ${grouped(alice.premium)} sat` },
    { passed: masterBefore + collected - minerFee === masterAfter, text: `the auctioneer: ${sum}` },
  ]
}
