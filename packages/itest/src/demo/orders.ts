import type { SubmitAnswer } from '../scenarios/words/answers.ts'
import { LEASE_BLOCKS, percentFor } from '../scenarios/words/orders.ts'
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

const ASK = { amount: 1_000_000n, rate: 1_000 }
const BID = { amount: 800_000n, rate: 1_500 }

export async function submitOrders(voice: Voice, { alice, bob }: Accounts): Promise<Orders> {
  voice.chapter('An ask and a bid')
  voice.say(
    `Alice has more coins than she needs in channels. She offers up to ${sat(ASK.amount)} of capacity for ${LEASE_BLOCKS} ` +
      `blocks (two weeks) and wants at least ${percent(ASK.rate)} for it.`,
  )
  const ask = await submit(voice, 'ask', alice, ASK)
  voice.say(
    `Bob wants to be paid over Lightning, and for that others must have coins on their side of a channel to him. He bids ` +
      `up to ${percent(BID.rate)} for ${sat(BID.amount)} of such capacity.`,
  )
  const bid = await submit(voice, 'bid', bob, BID)
  voice.say('Both bids are sealed: neither sees what the other is willing to accept.')
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
    `--interest_rate_percent=${percentFor(wish.rate, LEASE_BLOCKS)}`,
  ]
  voice.command(account.owner, `pool ${words.join(' ').replace(account.key, `${account.key.slice(0, 8)}…`)}`)
  const answer = (await account.trader.pool(...words, '--force')) as SubmitAnswer
  const nonce = answer.accepted_order_nonce
  if (nonce === undefined)
    throw new Error(`${account.owner}'s ${kind} was refused: ${answer.invalid_order?.fail_string}`)
  return { account, nonce, ...wish, blocks: LEASE_BLOCKS }
}
