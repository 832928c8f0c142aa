import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sha256 } from '@tidepool/crypto'
import type { Order } from '@tidepool/market'
import { STATUS_BY_CODE } from '@tidepool/rpc'
import { BAD_ORDERS } from './badOrders.ts'
import type { ScriptedTrader } from './scriptedTrader.ts'
import { orderRefusal, refusal, serve, signedBy } from './served.ts'
import type { Served } from './served.ts'
import { OPTIONS, World } from './world.ts'

let world: World
let served: Served
let alice: ScriptedTrader
const seen = new Set<string>()

beforeAll(async () => {
  world = await World.start()
  await world.fundMaster()
  const [trader] = await world.openTraders(['alice', 2], ['bob', 2])
  if (trader === undefined) throw new Error('no trader')
  alice = trader
  served = await serve(world)
})

afterAll(() => served.stop())

/** The code with which a request is refused, by answer or by status. */
async function codeOf(request: ReturnType<typeof signedBy>): Promise<string> {
  const code = await orderRefusal(served, request).catch(
    async (error: unknown) => (await refusal(Promise.reject(error as Error)))[0],
  )
  if (code === undefined) throw new Error('refused without a code')
  seen.add(code)
  return code
}

async function cancelCode(preimage: Uint8Array): Promise<string | undefined> {
  const [code] = await refusal(served.client.cancelOrder({ orderNoncePreimage: preimage }))
  if (code !== undefined) seen.add(code)
  return code
}

const send = (order: Order, trader = alice) => codeOf(signedBy(trader, order))
const book = () => [...world.auctioneer.ledger.openOrders.values()]

describe('refused, with the book as it was', () => {
  it.each(BAD_ORDERS)('%s: %s', async (_, code, make) => {
    const before = book()
    const request = make(alice)
    expect(await codeOf(request)).toBe(code)
    expect(book()).toEqual(before)
    const { orderNonce } = request.details?.value.details ?? {}
    if (orderNonce?.length !== 32 || orderNonce.every((byte) => byte === 0)) return
    await expect(served.client.orderState({ orderNonce })).rejects.toMatchObject({
      detail: { errorCode: 'ORDER_NOT_FOUND' },
    })
  })

  it("an order signed with another account's key", async () => {
    const bob = world.trader('bob')
    expect(await codeOf(signedBy(bob, alice.bid(1)))).toBe('ORDER_SIGNATURE_INVALID')
  })

  it('the same nonce twice, open, canceled or executed; the same funding key', async () => {
    const order = alice.bid(1)
    expect(await send(order)).toBe('accepted')
    expect(await send(order)).toBe('ORDER_NONCE_USED')
    expect(await send(alice.bid(2, { nonce: order.nonce }))).toBe('ORDER_NONCE_USED')
    expect(await send(alice.bid(1, { multiSigKey: order.multiSigKey }))).toBe('ORDER_FUNDING_KEY_USED')
    const stranger = { nonce: order.nonce, multiSigKey: order.multiSigKey }
    expect(await send(world.trader('bob').ask(1, stranger), world.trader('bob'))).toBe('ORDER_NONCE_USED')
    await world.auctioneer.orders.cancelAll(alice.key)
    expect(await send(order)).toBe('ORDER_NONCE_USED')
    expect(book()).toEqual([])
  })

  it("a stranger's order is canceled by nobody who does not know its preimage; what is over, by nobody", async () => {
    const bob = world.trader('bob')
    const offer = bob.ask(1)
    const wish = alice.bid(1)
    expect([await send(offer, bob), await send(wish)]).toEqual(['accepted', 'accepted'])
    const { order } = book()[0] ?? {}
    for (const guess of [sha256(Buffer.from('guess')), Buffer.from(order?.nonce ?? '', 'hex'), new Uint8Array(0)]) {
      expect(await cancelCode(guess)).toBe('ORDER_NOT_FOUND')
    }
    expect(book()).toHaveLength(2)
    await world.auction()
    expect(book()).toEqual([])
    expect(await cancelCode(bob.preimage(bob.madeOrders))).toBe('ORDER_ARCHIVED')
    expect(await send(wish)).toBe('ORDER_NONCE_USED')
  })

  it('an order in a batch that is being signed, and what it may become, stay as they are', async () => {
    const bob = world.trader('bob')
    await world.mine(6)
    const [offer, wish] = [bob.ask(1), alice.bid(1)]
    expect([await send(offer, bob), await send(wish)]).toEqual(['accepted', 'accepted'])
    let during: string | undefined
    bob.script.onSign = (reply) => {
      void cancelCode(bob.preimage(bob.madeOrders)).then((code) => (during = code))
      return reply
    }
    alice.script.onSign = () => 'silent'
    const run = world.auctioneer.auction.runNow()
    await expect.poll(() => during).toBe('ORDER_IN_BATCH')
    alice.script.onSign = (reply) => reply
    bob.script.onSign = (reply) => reply
    world.clock.advance(OPTIONS.stepTimeoutMs)
    await run
    expect(book().map(({ order }) => order.nonce)).toEqual([offer.nonce, wish.nonce])
    await world.auctioneer.orders.cancelAll(alice.key)
    await world.auctioneer.orders.cancelAll(bob.key)
  })

  it('zero-conf, bid or ask, from a trader whose batch version knows none', async () => {
    const old = world.trader('old')
    await old.openAccount(1_000_000, 1)
    await world.mine(6)
    await old.connect(10)
    expect(await send(old.bid(1, { zeroConf: true }), old)).toBe('ORDER_BATCH_VERSION_UNSUPPORTED')
    expect(await send(old.ask(1, { confirmation: 'onlyZeroConf' }), old)).toBe('ORDER_BATCH_VERSION_UNSUPPORTED')
    expect(await send(old.ask(1), old)).toBe('accepted')
    await world.auctioneer.orders.cancelAll(old.key)
  })

  it('an order of an account that is pending, or has expired', async () => {
    const late = world.trader('late')
    await late.openAccount(1_000_000, 2, 150)
    expect(await send(late.bid(1), late)).toBe('ORDER_ACCOUNT_NOT_READY')
    await world.mine(150)
    expect(await send(late.bid(1), late)).toBe('ORDER_ACCOUNT_NOT_READY')
  })

  it('an order of a banned account, or a banned node', async () => {
    for (const key of [alice.key, alice.node]) {
      await world.auctioneer.bans.set(key, undefined, '')
      expect(await send(alice.bid(1))).toBe('ORDER_BANNED')
      await world.auctioneer.bans.lift(key)
    }
  })

  it('a sum of orders above the account, each of which alone is not', async () => {
    expect(await send(alice.ask(30))).toBe('accepted')
    expect(await send(alice.ask(30))).toBe('ORDER_INSUFFICIENT_BALANCE')
    await world.auctioneer.orders.cancelAll(alice.key)
    expect(await send(alice.ask(30))).toBe('accepted')
    await world.auctioneer.orders.cancelAll(alice.key)
  })
})

describe('floods', () => {
  it('of one order: it is taken once; of orders: as many as the account may have', async () => {
    const small = await World.start({ caps: { ...OPTIONS.caps, ordersPerAccount: 3 } })
    const [bob] = await small.openTraders(['bob', 2])
    if (bob === undefined) throw new Error('no trader')
    const there = await serve(small)
    const order = signedBy(bob, bob.bid(1))
    const same = await Promise.all(Array.from({ length: 200 }, () => orderRefusal(there, order)))
    expect(same.filter((code) => code === 'accepted')).toHaveLength(1)
    expect(same.filter((code) => code === 'ORDER_NONCE_USED')).toHaveLength(199)
    const more = Array.from({ length: 200 }, () => signedBy(bob, bob.bid(1)))
    const codes = await Promise.all(more.map((request) => orderRefusal(there, request)))
    expect(codes.filter((code) => code === 'accepted')).toHaveLength(2)
    expect(codes.filter((code) => code === 'ORDER_LIMIT_REACHED')).toHaveLength(198)
    expect(small.auctioneer.ledger.openOrders.size).toBe(3)
    expect(there.unexpected).toEqual([])
    await there.stop()
  })

  it('of bad orders and cancels: each is refused, and the next good order is taken', async () => {
    const wrong = BAD_ORDERS.map(([, code, make]) => [code, make(alice)] as const)
    const answers = await Promise.all([...wrong, ...wrong, ...wrong].map(([, request]) => codeOf(request)))
    expect(answers).toEqual([...wrong, ...wrong, ...wrong].map(([code]) => code))
    const guesses = Array.from({ length: 200 }, (_, i) => cancelCode(sha256(Buffer.from(`guess ${i}`))))
    expect(new Set(await Promise.all(guesses))).toEqual(new Set(['ORDER_NOT_FOUND']))
    expect(book()).toEqual([])
    expect(await send(alice.bid(1))).toBe('accepted')
    expect(served.unexpected).toEqual([])
  })
})

describe('the table', () => {
  /** Codes of the trader daemon, which knows its own node; and one that the account's state hides here. */
  const elsewhere = ['ORDER_AMOUNT_NEEDS_WUMBO', 'ORDER_TAPROOT_UNSUPPORTED', 'ORDER_ACCOUNT_EXPIRED']

  it('has every code that orders are refused with', () => {
    const codes = Object.keys(STATUS_BY_CODE).filter((code) => code.startsWith('ORDER_'))
    expect(codes.filter((code) => !seen.has(code)).toSorted()).toEqual(elsewhere.toSorted())
  })
})
