import type { SubmitAnswer } from '../scenarios/words/answers.ts'
import { LEASE_BLOCKS } from '../scenarios/words/orders.ts'
import type { Account, Accounts } from './accounts.ts'
import { sat, type Voice } from './voice.ts'

export interface Order {
  readonly account: Account
  readonly nonce: string
  readonly amount: bigint
  /** Parts per billion of the amount, per block. */
  readonly rate: number
  readonly blocks: number
}

export interface Orders {
  readonly ask: Order
  readonly bid: Order
}

/** Percent of the amount, for the whole lease. */
const ASK = { amount: 1_000_000n, percent: 0.2 }
const BID = { amount: 800_000n, percent: 0.3 }

export async function submitOrders(voice: Voice, { alice, bob }: Accounts): Promise<Orders> {
  voice.chapter('An ask and a bid')
  voice.say(
    `Alice has more coins than she needs in channels. She offers up to ${sat(ASK.amount)} of capacity for ${LEASE_BLOCKS} ` +
      `blocks (two weeks) and wants at least ${ASK.percent} % for it.`,
  )
  const ask = await submit(voice, 'ask', alice, ASK)
  voice.say(
    `Bob wants to be paid over Lightning, and for that others must have coins on their side of a channel to him. He bids ` +
      `up to ${BID.percent} % for ${sat(BID.amount)} of such capacity.`,
  )
  const bid = await submit(voice, 'bid', bob, BID)
  voice.say('Both orders are sealed: neither of the two sees what the other would accept.')
  return { ask, bid }
}

/** What the rate comes to over the whole lease. */
export const percent = (rate: number): string => `${((rate * LEASE_BLOCKS) / 1e7).toFixed(4)} %`

async function submit(voice: Voice, kind: 'ask' | 'bid', account: Account, wish: typeof ASK): Promise<Order> {
  const words = [
    'orders',
    'submit',
    kind,
    `--amt=${wish.amount}`,
    `--acct_key=${account.key}`,
    `--interest_rate_percent=${wish.percent}`,
  ]
  voice.command(account.owner, `pool ${words.join(' ').replace(account.key, `${account.key.slice(0, 8)}…`)}`)
  const answer = (await account.trader.pool(...words, '--force')) as SubmitAnswer
  const nonce = answer.accepted_order_nonce
  if (nonce === undefined)
    throw new Error(`${account.owner}'s ${kind} was refused: ${answer.invalid_order?.fail_string}`)
  const rate = Math.floor(((wish.percent / 100) * 1e9) / LEASE_BLOCKS)
  return { account, nonce, amount: wish.amount, rate, blocks: LEASE_BLOCKS }
}
