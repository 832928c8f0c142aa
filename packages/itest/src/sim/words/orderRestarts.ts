import { expect } from 'vitest'
import type { OrderNonce } from '@tidepool/crypto'
import type { OrderState } from '@tidepool/market'
import { comeToRest, faultsAtRest } from '../checks/atRest.ts'
import { restart } from '../faults/inject.ts'
import type { CallFault } from '../kernel/life.ts'
import type { World } from '../world.ts'
import { everyoneSubscribed } from './market.ts'
import { bid } from './orders.ts'

/** Whose process ends and comes back. */
export interface Restart {
  readonly who: string
  readonly strike: (world: World) => void
}

export const RESTARTS: readonly Restart[] = [
  { who: 'its trader', strike: (world) => world.traders.forEach((trader) => restart(world, trader)) },
  { who: 'the auctioneer', strike: (world) => restart(world, world.auctioneer) },
  {
    who: 'both',
    strike: (world) => {
      restart(world, world.auctioneer)
      world.traders.forEach((trader) => restart(world, trader))
    },
  },
]

export interface Agreed {
  readonly here: OrderState | 'unknown'
  readonly there: OrderState | 'unknown'
}

/** What each side says of the order once everything is still; all other orders, accounts and leases agree too. */
export async function agreeAfter(world: World, nonce: OrderNonce, after?: Restart): Promise<Agreed> {
  await world.stage.scheduler.drain()
  after?.strike(world)
  await comeToRest(world)
  expect(await faultsAtRest(world, true), world.story()).toEqual([])
  const records = [...world.traders.values()].map(({ trader }) => trader.ledger.orders.get(nonce))
  const stored = await world.auctioneer.auctioneer.ledger.store.order(nonce)
  return { here: records.find((record) => record !== undefined)?.state ?? 'unknown', there: stored?.state ?? 'unknown' }
}

export type What = 'submission' | 'cancel'

/** One call of a process that goes wrong while an order is submitted or canceled, and how that may end. */
export interface Loss {
  readonly what: What
  readonly trouble: string
  readonly process: 'trader' | 'auctioneer'
  /** Start of the call's name. */
  readonly call: string
  readonly fault: CallFault
  readonly ends: Agreed
}

const at = (
  what: What,
  process: Loss['process'],
  call: string,
  fault: CallFault,
  ends: readonly [here: Agreed['here'], there: Agreed['there']],
): Loss => {
  const how = fault instanceof Error ? 'is refused' : fault === 'killBefore' ? 'dies before it' : 'dies after it'
  return { what, trouble: `${process} ${how}: ${call}`, process, call, fault, ends: { here: ends[0], there: ends[1] } }
}
const NOT_NOW = new Error('not now')

export const LOSSES: readonly Loss[] = [
  at('submission', 'trader', 'asks submitOrder', 'killBefore', ['failed', 'unknown']),
  at('submission', 'trader', 'asks submitOrder', 'killAfter', ['submitted', 'submitted']),
  at('submission', 'trader', 'asks submitOrder', NOT_NOW, ['failed', 'unknown']),
  at('submission', 'auctioneer', 'commit', 'killBefore', ['failed', 'unknown']),
  at('submission', 'auctioneer', 'commit', 'killAfter', ['submitted', 'submitted']),
  at('cancel', 'trader', 'asks cancelOrder', 'killBefore', ['submitted', 'submitted']),
  at('cancel', 'trader', 'asks cancelOrder', 'killAfter', ['canceled', 'canceled']),
  at('cancel', 'trader', 'asks cancelOrder', NOT_NOW, ['submitted', 'submitted']),
  at('cancel', 'trader', 'commit', 'killBefore', ['canceled', 'canceled']),
  at('cancel', 'auctioneer', 'commit', 'killBefore', ['submitted', 'submitted']),
  at('cancel', 'auctioneer', 'commit', 'killAfter', ['canceled', 'canceled']),
]

/** Bob submits, or cancels, while that call goes wrong; the process that died is back afterwards. */
export async function struck(world: World, { what, process, call, fault }: Loss): Promise<OrderNonce> {
  const bob = world.trader('bob')
  const draft = bid(bob, 3)
  if (what === 'cancel') await world.finish(bob.trader.orders.submit(draft, 'sim'))
  await world.stage.scheduler.drain()
  const victim = process === 'trader' ? bob : world.auctioneer
  let hit = false
  victim.intercept = (name) => {
    if (hit || !name.startsWith(call)) return undefined
    hit = true
    if (!(fault instanceof Error)) queueMicrotask(() => restart(world, victim))
    return fault
  }
  const { orders } = bob.trader
  const [before] = bob.trader.ledger.orders.keys()
  const work = what === 'cancel' && before !== undefined ? orders.cancel(before) : orders.submit(draft, 'sim')
  work.catch(() => undefined)
  await world.until('it went wrong', () => hit)
  await world.stage.scheduler.drain()
  await world.until('both are back', () => bob.current() !== undefined && world.auctioneer.current() !== undefined)
  victim.intercept = () => undefined
  await everyoneSubscribed(world)
  const [nonce] = bob.trader.ledger.orders.keys()
  if (nonce === undefined) throw new Error('bob knows of no order')
  return nonce
}
