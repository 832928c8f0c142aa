import { describe, expect, it } from 'vitest'
import { INITIAL_BATCH_KEY, batchKeyOffset, decodeTx, satPerKWeight, txWeight, txidOf } from '@tidepool/crypto'
import type { OutPoint, Transaction } from '@tidepool/crypto'
import { packageRate } from '../src/core/unconfirmedChain.ts'
import { coinbase, settle } from './fakeWorld.ts'
import type { ScriptedTrader } from './scriptedTrader.ts'
import { World } from './world.ts'

type Traders = readonly [ScriptedTrader, ScriptedTrader]

async function market(limits?: { readonly transactions: number; readonly virtualSize: number }) {
  const world = await World.start(limits === undefined ? {} : { chainLimits: limits })
  await world.fundMaster()
  const [alice, bob] = await world.openTraders(['alice', 2], ['bob', 2])
  if (alice === undefined || bob === undefined) throw new Error('traders are missing')
  return { world, traders: [alice, bob] as const }
}

async function trade(world: World, [alice, bob]: Traders, units = 2) {
  await alice.submit(alice.ask(units))
  await bob.submit(bob.bid(units))
  return world.auction()
}

const chain = (world: World) => world.auctioneer.feeBumps.chain
const accounts = (world: World) =>
  [...world.auctioneer.ledger.accounts.values()].map(({ account, state }) => [account, state.kind] as const)
const orders = (world: World) =>
  [...world.auctioneer.ledger.openOrders.values()].map(({ order, unitsUnfulfilled, state }) => [
    order.nonce,
    unitsUnfulfilled,
    state,
  ])

describe('a chain of unconfirmed batches', () => {
  it('stops before nodes stop relaying it, says why, and goes on after a block', async () => {
    const { world, traders } = await market({ transactions: 3, virtualSize: 100_500 })
    for (let i = 0; i < 3; i++) expect(await trade(world, traders)).toMatchObject({ outcome: 'batch' })
    expect(await trade(world, traders)).toMatchObject({
      outcome: 'heldBack',
      detail: '3 of our transactions wait for a block and nodes relay no longer chains',
      attempts: [],
    })
    expect(orders(world)).toHaveLength(2)
    await world.mine(1)
    expect(await world.auction()).toMatchObject({ outcome: 'batch' })
    expect(world.complaints).toEqual([])
  })

  it('counts bytes too', async () => {
    const { world, traders } = await market({ transactions: 20, virtualSize: 1_000 })
    expect(await trade(world, traders)).toMatchObject({ outcome: 'batch' })
    expect(await trade(world, traders)).toMatchObject({ outcome: 'batch' })
    const { virtualSize } = chain(world)
    expect(virtualSize).toBeLessThanOrEqual(1_000)
    const held = await trade(world, traders)
    expect(held.outcome).toBe('heldBack')
    expect(held.detail).toMatch(
      /^with this batch \d+ virtual bytes of ours would wait for a block and nodes relay 1000$/,
    )
  })

  it('makes a batch pay for those before it', async () => {
    const { world, traders } = await market()
    await trade(world, traders)
    world.lnd.feeRate = satPerKWeight(1_000)
    await trade(world, traders)
    const { weight, fee } = chain(world)
    expect((fee * 1000n) / BigInt(weight)).toBeGreaterThanOrEqual(1_000n)
    expect((await world.auctioneer.ledger.store.batches(2, 1))[0]?.feeRate).toBeGreaterThan(1_000n)
  })
})

describe('a fee bump', () => {
  it('lifts all that waits to the rate, and the next batch stands on it', async () => {
    const { world, traders } = await market()
    for (let i = 0; i < 3; i++) await trade(world, traders)
    const before = world.auctioneer.ledger.auction.master
    const { bump, chain: lifted } = await world.auctioneer.feeBumps.bump(satPerKWeight(2_000))
    expect(packageRate(lifted)).toBeGreaterThanOrEqual(2_000n)
    expect(packageRate(lifted)).toBeLessThan(2_010n)
    expect(lifted.transactions).toBe(4)
    const after = world.auctioneer.ledger.auction.master
    expect((before?.value ?? 0n) - (after?.value ?? 0n)).toBe(bump.fee)
    expect(sum(world, decodeTx(bump.transaction))).toBe(bump.fee)
    expect(world.chain.mempool.has(bump.txid)).toBe(true)
    expect(await trade(world, traders)).toMatchObject({ outcome: 'batch' })
    const last = world.lnd.published.at(-1)
    expect(last?.inputs.some(({ prevout }) => prevout.txid === bump.txid)).toBe(true)
    await world.mine(1)
    expect(chain(world)).toMatchObject({ transactions: 0, fee: 0n, weight: 0 })
    expect(world.complaints).toEqual([])
  })

  it('is published again after a restart, in its place', async () => {
    const { world, traders } = await market()
    await trade(world, traders)
    const { bump } = await world.auctioneer.feeBumps.bump(satPerKWeight(2_000))
    await trade(world, traders)
    world.crash()
    const before = world.lnd.published.length
    world.chain.mempool.clear()
    await world.boot()
    const again = world.lnd.published.slice(before).map(txidOf)
    expect(again).toHaveLength(3)
    expect(again[1]).toBe(bump.txid)
    await world.mine(1)
    expect(chain(world).transactions).toBe(0)
    world.chain.reorg(1)
    await settle()
    expect(chain(world).transactions).toBe(3)
    await world.mine(1)
    expect(chain(world).transactions).toBe(0)
  })

  it('is refused where there is nothing to do, nothing to pay with, or no room', async () => {
    const { world, traders } = await market()
    const bump = (rate: number) => world.auctioneer.feeBumps.bump(satPerKWeight(rate))
    await expect(bump(2_000)).rejects.toMatchObject({ code: 'NOTHING_TO_BUMP' })
    await trade(world, traders)
    await expect(bump(253)).rejects.toMatchObject({ code: 'BUMP_NOT_NEEDED' })
    await expect(bump(900_000)).rejects.toMatchObject({ code: 'MASTER_ACCOUNT_TOO_SMALL' })
    for (let rate = 300; chain(world).transactions < 25; rate += 50) await bump(rate)
    await expect(bump(50_000)).rejects.toMatchObject({ code: 'BUMP_NO_ROOM' })
  })
})

describe('a batch the network does not hold any more', () => {
  it('holds the next one back until it is taken again', async () => {
    const { world, traders } = await market()
    await trade(world, traders)
    world.lnd.publishError = new Error('mempool min fee not met')
    await world.auctioneer.publisher.republish()
    const held = await trade(world, traders)
    expect(held.outcome).toBe('heldBack')
    expect(held.detail).toMatch(/^the network does not take [0-9a-f]{64}, on which .*: mempool min fee not met$/)
    world.lnd.publishError = undefined
    await world.auctioneer.publisher.republish()
    expect(await world.auction()).toMatchObject({ outcome: 'batch' })
  })

  /** An output goes to someone else, as after a reorganisation its funding, or its expiry, may let it. */
  const theftOf = (prevout: OutPoint): Transaction => ({
    ...coinbase([], 'theft'),
    inputs: [{ prevout, scriptSig: new Uint8Array(), sequence: 0, witness: [Uint8Array.of(1, 2)] }],
  })

  it('and never will hold: it and all built on it are undone, everything as before', async () => {
    const { world, traders } = await market()
    const [alice, bob] = traders
    await trade(world, traders)
    await world.mine(6)
    await alice.submit(alice.ask(4))
    await bob.submit(bob.bid(2))
    const before = { accounts: accounts(world), orders: orders(world), master: world.auctioneer.ledger.auction.master }
    expect(await world.auction()).toMatchObject({ outcome: 'batch' })
    await world.auctioneer.feeBumps.bump(satPerKWeight(2_000))
    await bob.submit(bob.bid(1))
    expect(await world.auction()).toMatchObject({ outcome: 'batch' })
    const doomed = [...world.auctioneer.ledger.unconfirmedBatches.values()]
    const stolen = before.accounts.map(([account]) => account).find((account) => account.key === alice.key)
    if (stolen === undefined) throw new Error('no account')
    world.chain.confirm(theftOf(stolen.outpoint))
    await settle()
    expect(world.auctioneer.ledger.unconfirmedBatches.size).toBe(2)
    await world.mine(3)
    const { ledger } = world.auctioneer
    expect(ledger.unconfirmedBatches.size).toBe(0)
    expect((await ledger.store.batches(9, 9)).map(({ state }) => state)).toEqual(['void', 'void', 'confirmed'])
    expect(ledger.auction.bumps).toEqual([])
    expect(ledger.auction.master).toEqual(before.master)
    expect(ledger.auction.batchKey).toBe(batchKeyOffset(INITIAL_BATCH_KEY, 3))
    await expect(world.auctioneer.queries.batchSnapshot(doomed[0]?.batchId)).rejects.toMatchObject({
      code: 'BATCH_NOT_FOUND',
    })
    expect((await world.auctioneer.queries.batchSnapshot(undefined)).batch.sequence).toBe(1)
    const now = accounts(world)
    expect(now.map(([account]) => account)).toEqual(before.accounts.map(([account]) => account))
    // The one whose output was taken is gone and so are its orders; the other trades on.
    expect(now.map(([, state]) => state).toSorted()).toEqual(['closed', 'open'])
    const trading = ledger.accounts.get(bob.key)
    expect(txidOf(decodeTx(trading?.latestTx ?? new Uint8Array()))).toBe(trading?.account.outpoint.txid)
    const [bobs, younger, ...rest] = orders(world)
    expect(before.orders).toContainEqual(bobs)
    expect(younger).toMatchObject([expect.anything(), 1, 'submitted'])
    expect(rest).toEqual([])
  })
})

function sum(world: World, transaction: Transaction): bigint {
  const known = (id: string) => world.chain.mempool.get(id) ?? world.chain.confirmed.get(id)?.transaction
  const paid = transaction.inputs.reduce(
    (total, { prevout }) => total + (known(prevout.txid)?.outputs.at(prevout.index)?.value ?? 0n),
    0n,
  )
  expect(txWeight(transaction)).toBeGreaterThan(0)
  return transaction.outputs.reduce<bigint>((rest, { value }) => rest - value, paid)
}
