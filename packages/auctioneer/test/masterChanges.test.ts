import { describe, expect, it } from 'vitest'
import { formatOutPoint, satPerKWeight } from '@tidepool/crypto'
import type { Txid } from '@tidepool/crypto'
import { AdminQueries } from '../src/app/admin.ts'
import type { MasterAccount } from '../src/core/records.ts'
import { pay, prepare } from './changes.ts'
import { settle } from './fakeWorld.ts'
import { World } from './world.ts'

const RATE = satPerKWeight(1_000)

async function funded(): Promise<World> {
  const world = await World.start()
  await world.fundMaster()
  return world
}

function masterOf(world: World): MasterAccount {
  const { master } = world.auctioneer.ledger.auction
  if (master === undefined) throw new Error('no master account')
  return master
}

/** The transaction spends the account and the amounts add up. */
function spent(world: World, txid: Txid) {
  const transaction = world.chain.confirmed.get(txid)?.transaction
  if (transaction === undefined) throw new Error('not confirmed')
  return transaction
}

async function trade(world: World): Promise<void> {
  const [alice, bob] = await world.openTraders(['alice', 0], ['bob', 2])
  if (alice === undefined || bob === undefined) throw new Error('no traders')
  for (let round = 0; round < 2; round++) {
    await alice.submit(alice.ask(5))
    await bob.submit(bob.bid(5))
    expect(await world.auction()).toMatchObject({ outcome: 'batch' })
  }
}

describe('topping up', () => {
  it('adds exactly the amount, and batches go on from there', async () => {
    const world = await funded()
    const before = masterOf(world)
    const txid = await world.auctioneer.masterChanges.topUp(500_000n, RATE)
    expect(masterOf(world)).toMatchObject({ kind: 'pending', value: 1_500_000n })
    await world.mine(1)
    expect(masterOf(world)).toMatchObject({ kind: 'ready', value: 1_500_000n, outpoint: { txid } })
    const inputs = spent(world, txid).inputs.map(({ prevout }) => formatOutPoint(prevout))
    expect(inputs).toHaveLength(2)
    expect(before.kind === 'funding' ? '' : formatOutPoint(before.outpoint)).toBe(
      inputs.find((text) => before.kind !== 'funding' && text === formatOutPoint(before.outpoint)),
    )
    expect(world.auctioneer.ledger.auction.batchKey).toBe(before.batchKey)
    await trade(world)
    const batches = await world.auctioneer.ledger.store.batches(9, 9)
    expect(batches.map(({ masterBefore }) => masterBefore).at(-1)).toBe(1_500_000n)
  })

  it('is as before when the wallet refuses', async () => {
    const world = await funded()
    const before = masterOf(world)
    world.lnd.sendError = new Error('insufficient funds')
    await expect(world.auctioneer.masterChanges.topUp(500_000n, RATE)).rejects.toThrow('insufficient funds')
    expect(masterOf(world)).toEqual(before)
  })

  it.each(['wallet', 'signature'] as const)('goes on after a crash at the %s', async (where) => {
    const world = await funded()
    const { sendOutput, signEcdsa } = world.lnd
    const hang = (): Promise<never> => new Promise(() => {})
    if (where === 'wallet') {
      world.lnd.sendOutput = async (...args) => {
        await sendOutput.apply(world.lnd, args)
        return hang()
      }
    } else world.lnd.signEcdsa = hang
    void world.auctioneer.masterChanges.topUp(500_000n, RATE)
    await settle()
    expect(masterOf(world).kind).toBe('toppingUp')
    world.crash()
    Object.assign(world.lnd, { sendOutput, signEcdsa })
    await world.boot()
    await world.mine(1)
    expect(masterOf(world)).toMatchObject({ kind: 'ready', value: 1_500_000n })
    await trade(world)
  })
})

describe('withdrawing', () => {
  it('pays the output and keeps the rest, with the fee of its weight', async () => {
    const world = await funded()
    const txid = await world.auctioneer.masterChanges.withdraw(pay(300_000), RATE)
    expect(masterOf(world).kind).toBe('pending')
    world.crash()
    await world.boot()
    await world.mine(1)
    const transaction = spent(world, txid)
    // One input and two outputs: 4 * (10 + 41 + 31 + 43) + 2 + 111 weight units.
    expect(masterOf(world)).toMatchObject({ kind: 'ready', value: 1_000_000n - 300_000n - 613n })
    expect(transaction.outputs.some(({ value }) => value === 300_000n)).toBe(true)
    await trade(world)
  })

  it.each([
    [pay(990_000), 'MASTER_ACCOUNT_TOO_SMALL'],
    [pay(293), 'MASTER_OUTPUT_DUST'],
  ])('refuses %o', async (output, code) => {
    const world = await funded()
    await expect(world.auctioneer.masterChanges.withdraw(output, RATE)).rejects.toMatchObject({ code })
    expect(masterOf(world).kind).toBe('ready')
  })

  it('is offered to the network again after a reorganisation', async () => {
    const world = await funded()
    const txid = await world.auctioneer.masterChanges.withdraw(pay(300_000), RATE)
    await world.mine(1)
    world.chain.reorg(1, true)
    await settle()
    expect(masterOf(world)).toMatchObject({ kind: 'pending', outpoint: { txid } })
    await world.mine(1)
    expect(masterOf(world)).toMatchObject({ kind: 'ready', outpoint: { txid } })
  })
})

describe('neither', () => {
  it('without an account, while it waits, or while an auction runs', async () => {
    const world = await World.start()
    const top = () => world.auctioneer.masterChanges.topUp(1_000n, RATE)
    await expect(top()).rejects.toMatchObject({ code: 'MASTER_ACCOUNT_MISSING' })
    await world.fundMaster()
    const [alice, bob] = await world.openTraders(['alice', 0], ['bob', 2])
    if (alice === undefined || bob === undefined) throw new Error('no traders')
    await alice.submit(alice.ask(5))
    await bob.submit(bob.bid(5))
    let during: unknown
    bob.script.onSign = (reply) => {
      during = top().catch((error: unknown) => error)
      return reply
    }
    expect(await world.auction()).toMatchObject({ outcome: 'batch' })
    expect(await during).toMatchObject({ code: 'AUCTION_RUNNING' })
    await world.auctioneer.masterChanges.withdraw(pay(10_000), RATE)
    await expect(top()).rejects.toMatchObject({ code: 'MASTER_ACCOUNT_UNCONFIRMED' })
    await alice.submit(alice.ask(5))
    await bob.submit(bob.bid(5))
    expect(await world.auction()).toMatchObject({ outcome: 'failed' })
    await world.mine(1)
    expect(await world.auction()).toMatchObject({ outcome: 'batch' })
  })
})

describe('what the operator sees of an account', () => {
  it('is every step of it and why it is where it is', async () => {
    const world = await funded()
    const [alice, bob] = await world.openTraders(['alice', 0], ['bob', 2])
    if (alice === undefined || bob === undefined) throw new Error('no traders')
    await alice.submit(alice.ask(5))
    await bob.submit(bob.bid(5))
    await world.auction()
    await world.mine(3)
    const admin = new AdminQueries(world.auctioneer)
    const trading = await admin.account(alice.key)
    expect(trading.why).toMatch(/^trades, \d+ blocks/)
    expect(trading.steps.map(({ state }) => state)).toEqual(['pendingOpen', 'open', 'pendingBatch', 'open'])
    expect(new Set(trading.steps.map(({ outpoint }) => formatOutPoint(outpoint))).size).toBe(2)
    await prepare(world, alice, { kind: 'renew', expiry: 20_000 }).sign()
    const changing = await admin.account(alice.key)
    expect(changing.why).toMatch(/^renew [0-9a-f]{64} signed and in no block/)
    expect(changing.record.changes).toHaveLength(1)
    const nobody = world.trader('nobody').key
    await expect(admin.account(nobody)).rejects.toMatchObject({ code: 'ACCOUNT_NOT_FOUND' })
  })
})

describe('in a batch', () => {
  it.each([
    [58, 2, 0],
    [26, 1, 0],
    [10, 1, 0],
    [1, 0, 0],
  ])('batch version %i: expiry moved, version 0 becomes %i', async (version, upgraded, from) => {
    const world = await World.start({ upgradeTo: 2 })
    await world.fundMaster()
    const traders = [world.trader('alice'), world.trader('bob')]
    const [alice, bob] = traders
    if (alice === undefined || bob === undefined) throw new Error('no traders')
    for (const trader of traders) await trader.openAccount(5_000_000, from as 0, 1_000)
    await world.mine(6)
    for (const trader of traders) await trader.connect(version)
    await alice.submit(alice.ask(5))
    await bob.submit(bob.bid(5))
    expect(await world.auction()).toMatchObject({ outcome: 'batch' })
    const account = world.auctioneer.ledger.accounts.get(alice.key)?.account
    expect(account).toMatchObject({ version: upgraded, expiry: world.chain.bestHeight() + 3024 })
    expect(alice.account).toEqual(account)
    await world.mine(3)
    await alice.submit(alice.ask(5))
    await bob.submit(bob.bid(5))
    expect(await world.auction()).toMatchObject({ outcome: 'batch' })
  })

  it('batch version 0: nothing of an account moves but its value', async () => {
    const world = await World.start({ upgradeTo: 2 })
    await world.fundMaster()
    const [alice, bob] = [world.trader('alice'), world.trader('bob')]
    for (const trader of [alice, bob]) await trader.openAccount(5_000_000, 0, 1_000)
    await world.mine(6)
    for (const trader of [alice, bob]) await trader.connect(0)
    await alice.submit(alice.ask(5))
    await bob.submit(bob.bid(5))
    expect(await world.auction()).toMatchObject({ outcome: 'batch' })
    expect(world.auctioneer.ledger.accounts.get(alice.key)?.account).toMatchObject({ version: 0, expiry: 2_001 })
  })
})
