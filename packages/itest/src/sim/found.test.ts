import type { TraderAccount } from '@tidepool/trader'
import { describe, expect, it } from 'vitest'
import { comeToRest, faultsAtRest } from './checks/atRest.ts'
import { inject, restart } from './faults/inject.ts'
import type { SimTrader } from './simTrader.ts'
import { everyoneSubscribed } from './words/market.ts'
import { ask, bid } from './words/orders.ts'
import { threeTraders } from './words/threeTraders.ts'
import type { World } from './world.ts'

const batchesOf = (world: World) => world.auctioneer.auctioneer.ledger.store.batches(Number.MAX_SAFE_INTEGER, 10)

const ownAccount = ({ trader }: SimTrader): TraderAccount | undefined => [...trader.ledger.accounts.values()][0]

async function atRest(world: World): Promise<readonly string[]> {
  await comeToRest(world)
  return faultsAtRest(world, false)
}

/** What the long campaign has found, each in the smallest world that shows it. */
describe('found by the campaign', () => {
  it('what was right when it was verified may be accepted some blocks later', async () => {
    let late = 0
    for (let i = 0; i < 8; i++) {
      const world = await threeTraders(`blocks before the answer ${i}`)
      const alice = world.trader('alice')
      let cameAt: number | undefined
      world.arrives = (trader, letter) => {
        if (trader !== 'alice') return { letter }
        if (letter.message.kind === 'accept' && alice.trader.height.best - (cameAt ?? 0) >= 4) late += 1
        if (letter.message.kind !== 'prepare' || cameAt !== undefined) return { letter }
        cameAt = alice.trader.height.best
        return { letter, after: () => void world.stage.chain.mine(4) }
      }
      await world.auction()
      world.arrives = (_, letter) => ({ letter })
      expect(await atRest(world)).toEqual([])
    }
    expect(late).toBeGreaterThan(0)
  })

  it('a batch is applied to accounts whose outputs left the chain after it was verified', async () => {
    let undone = 0
    for (let i = 0; i < 8; i++) {
      const world = await threeTraders(`undone under a proposal ${i}`)
      await world.auction()
      await world.mine(3)
      await everyoneSubscribed(world)
      const [alice, carol] = [world.trader('alice'), world.trader('carol')]
      await world.finish(alice.trader.orders.submit(ask(alice, 3), 'sim'))
      await world.finish(carol.trader.orders.submit(bid(carol, 3), 'sim'))
      let atFinalize: string | undefined
      world.arrives = (trader, letter) => {
        const { message } = letter
        if (trader !== 'alice') return { letter }
        if (message.kind === 'finalize') atFinalize = ownAccount(alice)?.kind
        if (message.kind !== 'prepare') return { letter }
        return { letter, after: () => world.stage.chain.reorg(3, { empty: true }) }
      }
      await world.auction()
      await world.stage.scheduler.drain()
      if (atFinalize === 'pendingUpdate') {
        undone += 1
        const [batch] = await batchesOf(world)
        expect(ownAccount(alice)).toMatchObject({ kind: 'pendingBatch', outpoint: { txid: batch?.txid } })
      }
      expect(await atRest(world)).toEqual([])
    }
    expect(undone).toBeGreaterThan(0)
  })

  it('a batch is published after the one it stands on, when the network has dropped that', async () => {
    const world = await threeTraders('evicted parent')
    await world.auction()
    await world.stage.scheduler.drain()
    world.stage.chain.evict()
    const [alice, carol] = [world.trader('alice'), world.trader('carol')]
    await world.finish(alice.trader.orders.submit(ask(alice, 3), 'sim'))
    await world.finish(carol.trader.orders.submit(bid(carol, 3), 'sim'))
    expect((await world.auction())?.outcome).toBe('batch')
    expect(await atRest(world)).toEqual([])
    expect(await batchesOf(world)).toHaveLength(2)
  })

  it('a batch is published again that left the chain while the auctioneer was down', async () => {
    const world = await threeTraders('undone while down')
    await world.auction()
    await world.mine(1)
    const [batch] = await batchesOf(world)
    world.auctioneer.kill()
    world.stage.chain.reorg(1, { empty: true })
    world.stage.chain.mempool.removeWithDescendants(batch?.txid ?? '')
    expect(world.stage.chain.transaction(batch?.txid ?? '')).toBeUndefined()
    expect(await atRest(world)).toEqual([])
    expect(world.stage.chain.ledger.transaction(batch?.txid ?? '')).toBeDefined()
  })

  it('who may not have heard Finalize of a killed auctioneer is not proposed to before a block', async () => {
    const world = await threeTraders('finalize on a stream that ends')
    let isKilled = false
    world.arrives = (trader, letter) => {
      if (isKilled || trader !== 'carol' || letter.message.kind !== 'finalize') return { letter }
      isKilled = true
      restart(world, world.auctioneer)
      return { letter }
    }
    await world.auction()
    await world.until('everyone is back', () => isKilled && world.auctioneer.isUp)
    await everyoneSubscribed(world)
    const [alice, carol] = [world.trader('alice'), world.trader('carol')]
    await world.finish(alice.trader.orders.submit(ask(alice, 3), 'sim'))
    await world.finish(carol.trader.orders.submit(bid(carol, 3), 'sim'))
    expect((await world.auction())?.outcome).toBe('nothingToMatch')
    await world.mine(4)
    await everyoneSubscribed(world)
    expect((await world.auction())?.outcome).toBe('batch')
    expect(await atRest(world)).toEqual([])
  })

  it('an attempt is given up although lnd does not drop its signing sessions', async () => {
    const world = await threeTraders('sessions stay')
    inject(world, [{ trader: 'alice', step: 'sign', deed: { kind: 'lose' } }])
    const refused: string[] = []
    world.auctioneer.intercept = (what) => {
      if (what !== 'dropMuSig2') return undefined
      refused.push(what)
      return new Error('not now')
    }
    expect((await world.auction())?.outcome).toBe('nothingToMatch')
    await world.stage.scheduler.drain()
    expect(refused.length).toBeGreaterThan(0)
    expect(await atRest(world)).toEqual([])
  })
})
