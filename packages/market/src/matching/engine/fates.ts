import type { OrderNonce } from '@tidepool/crypto'
import { FATES, KEPT, type BatchChoice } from '../chooseBatch.ts'
import type { OutcomeReason } from '../types.ts'
import type { MarketPass } from './marketPass.ts'

/** What an order's matches came to: 0 for none, else an index into this. */
export const ORDER_FATES = ['none', 'priceBeyondRate', ...FATES] as const
const BEYOND_RATE = 1
const OFFSET = 2
export const MATCHED = OFFSET + KEPT

/** Per row what became of the order's matches: the last loss, room before price, and a kept match above all. */
export interface Fates {
  readonly askFates: Uint8Array
  readonly bidFates: Uint8Array
  /** In their stead for the orders that an improved batch names. */
  readonly improved: ReadonlyMap<OrderNonce, OutcomeReason | 'kept'>
}

export function fatesOf(pass: MarketPass, accepted: Int32Array, choice: BatchChoice, market: number): Fates {
  const { log, asks, bids } = pass
  const askFates = new Uint8Array(asks.length)
  const bidFates = new Uint8Array(bids.length)
  for (let index = 0; index < log.length; index++) {
    askFates[log.asks[index] as number] = BEYOND_RATE
    bidFates[log.bids[index] as number] = BEYOND_RATE
  }
  if (choice.isImproved) return { askFates, bidFates, improved: improvedFates(choice, market) }
  const fates = choice.fates[market]
  for (let turn = 0; turn < accepted.length; turn++) {
    const index = accepted[turn] as number
    const fate = OFFSET + (fates?.[turn] ?? 0)
    note(askFates, log.asks[index] as number, fate)
    note(bidFates, log.bids[index] as number, fate)
  }
  return { askFates, bidFates, improved: new Map() }
}

function note(fates: Uint8Array, row: number, fate: number): void {
  if (fates[row] !== MATCHED) fates[row] = fate
}

function improvedFates(choice: BatchChoice, market: number): ReadonlyMap<OrderNonce, OutcomeReason | 'kept'> {
  const named = new Map<OrderNonce, OutcomeReason | 'kept'>()
  for (const [turn, fate] of (choice.fates[market] ?? new Uint8Array(0)).entries()) {
    const match = choice.lists[market]?.at(turn)
    const reason = FATES[fate]
    if (match === undefined || reason === undefined) continue
    for (const { order } of [match.ask, match.bid]) {
      if (named.get(order.nonce) !== 'kept') named.set(order.nonce, reason)
    }
  }
  return named
}
