import type { TraderDaemon } from '../../harness/traderDaemon.ts'
import type { OpenAccount } from './accounts.ts'
import type { OrderAnswer, OrdersAnswer, SubmitAnswer } from './answers.ts'
import { untilReaching, type Market } from './market.ts'

export const LEASE_BLOCKS = 2_016

export interface OrderWish {
  readonly amount: bigint
  /** Parts per billion per block. */
  readonly rate: number
  readonly blocks?: number
  /** Smallest channel; default one unit. */
  readonly minChannel?: bigint
  readonly flags?: readonly string[]
}

/** An accepted order: its nonce, and the account that stands behind it. */
export interface PlacedOrder {
  readonly nonce: string
  readonly account: OpenAccount
  readonly wish: OrderWish
}

export const submitAsk = (account: OpenAccount, wish: OrderWish) => submit('ask', account, wish)
export const submitBid = (account: OpenAccount, wish: OrderWish) => submit('bid', account, wish)

/** The command line takes percent for the whole duration and rounds down; half a step up lands on the rate wished for. */
export const percentFor = (rate: number, blocks: number): string => (((rate + 0.5) * blocks) / 1e7).toFixed(9)

export function orderFlags(account: { readonly key: string }, wish: OrderWish): readonly string[] {
  const { amount, rate, blocks = LEASE_BLOCKS, minChannel = 100_000n, flags = [] } = wish
  return [
    `--amt=${amount}`,
    `--acct_key=${account.key}`,
    `--interest_rate_percent=${percentFor(rate, blocks)}`,
    `--lease_duration_blocks=${blocks}`,
    `--min_chan_amt=${minChannel}`,
    '--force',
    ...flags,
  ]
}

async function submit(kind: 'ask' | 'bid', account: OpenAccount, wish: OrderWish): Promise<PlacedOrder> {
  const flags = [...orderFlags(account, wish), ...account.trader.orderFlags]
  const answer = await account.trader.pool('orders', 'submit', kind, ...flags)
  const { accepted_order_nonce: nonce, invalid_order: refused } = answer as SubmitAnswer
  if (nonce === undefined) throw new Error(`${kind} refused: ${refused?.fail_string ?? 'no reason'}`)
  return { nonce, account, wish }
}

export async function ordersOf(trader: TraderDaemon, all = true): Promise<readonly OrderAnswer[]> {
  const { asks, bids } = (await trader.pool('orders', 'list', ...(all ? ['--show_archived'] : []))) as OrdersAnswer
  return [...asks, ...bids]
}

/** The trader's view of one of its orders. */
export async function orderOf({ account, nonce }: PlacedOrder): Promise<OrderAnswer['details']> {
  const found = (await ordersOf(account.trader)).find(({ details }) => details.order_nonce === nonce)
  if (found === undefined) throw new Error(`${account.trader.name} has no order ${nonce}`)
  return found.details
}

/** Takes what earlier stories left in the book out of it. */
export async function clearBook(market: Market): Promise<void> {
  for (const trader of market.running()) {
    const left = await ordersOf(trader, false)
    if (left.length > 0) await untilReaching(trader)
    for (const { details } of left) await trader.pool('orders', 'cancel', details.order_nonce)
  }
}
