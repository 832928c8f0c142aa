import { describe, expect, it } from 'vitest'
import { blockCount, satoshi } from '@tidepool/crypto'
import { ratePpb } from '@tidepool/market'
import { AdminQueries } from '../src/app/admin.ts'
import { settle } from './fakeWorld.ts'
import { World } from './world.ts'
import type { ScriptedTrader } from './scriptedTrader.ts'

async function market(...names: readonly string[]) {
  const world = await World.start()
  await world.fundMaster()
  const traders = await world.openTraders(...names.map((name) => [name, 2] as const))
  return { world, traders: traders as readonly [ScriptedTrader, ScriptedTrader, ScriptedTrader] }
}

describe('what auctions say of orders', () => {
  it('is on record, changes with the next one, and outlives a restart', async () => {
    const {
      world,
      traders: [alice, bob, carol],
    } = await market('alice', 'bob', 'carol')
    const ask = alice.ask(4, { rate: ratePpb(1000) })
    const met = bob.bid(2, { rate: ratePpb(1200) })
    const cheap = carol.bid(2, { rate: ratePpb(900) })
    for (const [trader, order] of [
      [alice, ask],
      [bob, met],
      [carol, cheap],
    ] as const) {
      await trader.submit(order)
    }
    expect((await world.auctioneer.answers.why(cheap.nonce)).latest).toBeUndefined()
    const first = await world.auction()
    expect((await world.auctioneer.answers.why(cheap.nonce)).latest).toMatchObject({ code: 'ratesDoNotCross' })
    const matched = await world.auctioneer.answers.why(met.nonce)
    expect(matched).toMatchObject({ latest: { code: 'matched', batchId: first.batchId }, matches: [{ units: 2 }] })

    await bob.submit(bob.bid(2, { rate: ratePpb(1100) }))
    await world.auction()
    world.crash()
    await world.boot()
    const again = await world.auctioneer.answers.why(cheap.nonce)
    expect(again.latest).toMatchObject({ code: 'ratesDoNotCross', batchId: first.batchId })
    const whole = await world.auctioneer.answers.why(ask.nonce)
    expect(whole.record.state).toBe('executed')
    expect(whole.matches.map(({ units }) => units)).toEqual([2, 2])
    await world.auction()
    const offline = await world.auctioneer.answers.why(cheap.nonce)
    expect(offline.latest?.code).toBe('traderOffline')
    expect(offline.earlier.map(({ code }) => code)).toEqual(['ratesDoNotCross'])
  })

  it('is told to the connection of the account only', async () => {
    const {
      world,
      traders: [alice],
    } = await market('alice')
    const ask = alice.ask(1)
    await alice.submit(ask)
    await world.auction()
    const { answers, registry } = world.auctioneer
    const peer = registry.sessionOf(alice.key)?.peer ?? 'none'
    expect(await answers.ofCaller([ask.nonce], peer)).toMatchObject([{ latest: { code: 'noCounterpart' } }])
    expect(await answers.ofCaller([ask.nonce], 'stranger')).toEqual([])
  })
})

describe('lease durations', () => {
  it('are set and removed at run time, for good', async () => {
    const {
      world,
      traders: [alice],
    } = await market('alice')
    const long = { leaseDuration: blockCount(26_208) }
    await expect(alice.submit(alice.ask(1, long))).rejects.toMatchObject({ code: 'ORDER_DURATION_UNKNOWN' })
    await world.auctioneer.durations.set(26_208, 'acceptingOrders')
    const ask = alice.ask(1, long)
    await alice.submit(ask)
    await world.auction()
    expect((await world.auctioneer.answers.why(ask.nonce)).latest?.code).toBe('durationNotOpen')
    await world.auctioneer.durations.set(26_208, 'open')
    await world.auction()
    expect((await world.auctioneer.answers.why(ask.nonce)).latest?.code).toBe('noCounterpart')
    world.crash()
    await world.boot()
    expect(world.auctioneer.queries.terms().buckets.get(blockCount(26_208))).toBe('open')
    const { durations, orders } = world.auctioneer
    await expect(durations.remove(26_208, false)).rejects.toMatchObject({ code: 'DURATION_IN_USE' })
    await durations.remove(26_208, true)
    expect((await orders.state(ask.nonce)).state).toBe('canceled')
    expect(world.auctioneer.queries.terms().buckets.has(blockCount(26_208))).toBe(false)
  })

  it('refuses what is none, and keeps the last one', async () => {
    const { durations } = (await World.start()).auctioneer
    await expect(durations.set(0, 'open')).rejects.toMatchObject({ code: 'DURATION_INVALID' })
    await expect(durations.remove(7, false)).rejects.toMatchObject({ code: 'DURATION_NOT_FOUND' })
    for (const { blocks } of durations.list().slice(1)) await durations.remove(blocks, false)
    const last = durations.list()[0]?.blocks ?? 0
    await expect(durations.remove(last, false)).rejects.toMatchObject({ code: 'DURATION_LAST' })
  })
})

describe('orders and their account', () => {
  it('expire together, also when nobody was running at that height', async () => {
    const world = await World.start()
    const bob = world.trader('bob')
    await bob.openAccount(1_000_000, 2, 160)
    await world.mine(6)
    await bob.connect()
    const order = bob.bid(1)
    await bob.submit(order)
    world.crash()
    for (let i = 0; i < 160; i++) world.chain.mine()
    await world.boot()
    expect((await world.auctioneer.orders.state(order.nonce)).state).toBe('expired')
    await expect(world.auctioneer.orders.cancel(bob.preimage(1))).rejects.toMatchObject({ code: 'ORDER_ARCHIVED' })
  })
})

describe('banned accounts and nodes', () => {
  it('are left out with that reason, after a restart too, and come back with the height or the word', async () => {
    const {
      world,
      traders: [alice, bob],
    } = await market('alice', 'bob')
    const [offer, wish] = [alice.ask(2), bob.bid(2)]
    await alice.submit(offer)
    await bob.submit(wish)
    await world.auctioneer.bans.set(bob.key, 10, 'three silent batches')
    expect(await world.auction()).toMatchObject({ outcome: 'nothingToMatch' })
    world.crash()
    await world.boot()
    await alice.connect()
    await bob.connect()
    await world.auction()
    const why = async (nonce: typeof offer.nonce) => (await world.auctioneer.answers.why(nonce)).latest?.code
    expect([await why(wish.nonce), await why(offer.nonce)]).toEqual(['banned', 'noCounterpart'])
    const until = world.chain.bestHeight() + 10
    expect(world.auctioneer.bans.list()).toMatchObject([{ ban: { key: bob.key, until }, openOrders: 1 }])
    await expect(bob.submit(bob.bid(1))).rejects.toMatchObject({
      detail: { code: 'ORDER_BANNED', what: 'account', until },
      message: `the account is banned until height ${until}: three silent batches`,
    })
    await world.mine(10)
    expect(world.auctioneer.bans.list()).toEqual([])
    expect(await world.auction()).toMatchObject({ outcome: 'batch' })
  })

  it('void a proposal with their orders, not one that is being signed; coins stay free', async () => {
    const {
      world,
      traders: [alice, bob],
    } = await market('alice', 'bob')
    await alice.submit(alice.ask(2))
    await bob.submit(bob.bid(2))
    bob.script.onPrepare = () => 'silent'
    const run = world.auctioneer.auction.runNow()
    await settle()
    await world.auctioneer.bans.set(alice.node, undefined, '')
    await settle()
    expect(await run).toMatchObject({
      outcome: 'nothingToMatch',
      attempts: [{ failures: [{ failure: { kind: 'bookChanged' } }] }],
    })
    await expect(alice.submit(alice.ask(1))).rejects.toMatchObject({ message: 'the node is banned for good' })
    await world.auctioneer.orders.cancel(alice.preimage(1))
    expect(world.auctioneer.ledger.accounts.get(alice.key)?.state.kind).toBe('open')
    await world.auctioneer.bans.lift(alice.node)
    await expect(world.auctioneer.bans.lift(alice.node)).rejects.toMatchObject({ code: 'BAN_NOT_FOUND' })
    await alice.submit(alice.ask(2))
    bob.script.onPrepare = () => 'accept'
    bob.disconnect()
    await bob.connect()
    bob.script.onSign = (reply) => {
      void world.auctioneer.bans.set(bob.key, 5, '')
      return reply
    }
    expect(await world.auction()).toMatchObject({ outcome: 'batch' })
  })
})

describe('orders that arrive together', () => {
  it('are checked one after another: the second one knows what the first one reserves', async () => {
    const {
      world,
      traders: [alice],
    } = await market('alice')
    const big = Array.from({ length: 4 }, () => alice.ask(20))
    const results = await Promise.allSettled(big.map((order) => alice.submit(order)))
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected'])
    const key = alice.bid(1)
    const twins = [key, alice.bid(1, { multiSigKey: key.multiSigKey, selfChannelBalance: satoshi(0) })]
    const both = await Promise.allSettled(twins.map((order) => alice.submit(order)))
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    const arrivals = [...world.auctioneer.ledger.openOrders.values()].map(({ arrival }) => arrival)
    expect(arrivals).toEqual([1, 2, 3])
  })
})

describe('the operator sees', () => {
  it('the newest orders as far as asked, in order of arrival, and how many there are', async () => {
    const {
      world,
      traders: [alice, bob],
    } = await market('alice', 'bob')
    for (const trader of [alice, bob, alice, bob, alice]) await trader.submit(trader.ask(1))
    const admin = new AdminQueries(world.auctioneer)
    const seen = async (wanted: Parameters<AdminQueries['orders']>[0]) => {
      const { orders, total } = await admin.orders(wanted)
      return { arrivals: orders.map(({ record }) => record.arrival), total }
    }
    for (const archived of [false, true]) {
      expect(await seen({ archived, limit: 0 })).toEqual({ arrivals: [1, 2, 3, 4, 5], total: 5 })
      expect(await seen({ archived, limit: 2 })).toEqual({ arrivals: [4, 5], total: 5 })
      const own = { archived, accountKey: alice.key, limit: 2 }
      expect(await seen(own)).toEqual({ arrivals: [3, 5], total: 3 })
    }
  })
})
