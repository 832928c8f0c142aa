import { describe, expect, it } from 'vitest'
import { INITIAL_BATCH_KEY, decodeTx, encodeTx, equalBytes, txidOf } from '@tidepool/crypto'
import { settle } from './fakeWorld.ts'
import { World } from './world.ts'

async function matched() {
  const world = await World.start()
  await world.fundMaster()
  const [alice, bob] = await world.openTraders(['alice', 0], ['bob', 2])
  if (alice === undefined || bob === undefined) throw new Error('traders are missing')
  await alice.submit(alice.ask(10))
  await bob.submit(bob.bid(6))
  return { world, alice, bob }
}

/** Ends the process at a point of the commit: nothing after it runs. */
async function crashAt(world: World, point: 'before-commit' | 'after-commit'): Promise<void> {
  let reached = false
  world.faults = {
    reach: (at) => {
      if (at !== point) return
      reached = true
      world.crash()
      throw new Error(`killed ${point}`)
    },
    uncertain: () => {},
  }
  void world.auctioneer.auction.runNow()
  await settle()
  expect(reached).toBe(true)
  world.faults = { reach: () => {}, uncertain: () => {} }
}

describe('a killed auctioneer', () => {
  it('publishes exactly the committed transaction after a restart, and does not finalize', async () => {
    const { world, alice, bob } = await matched()
    await crashAt(world, 'after-commit')
    expect(world.lnd.published).toEqual([])
    await world.boot()
    const [batch] = await world.auctioneer.ledger.store.batches(10, 10)
    expect(batch?.batchId).toBe(INITIAL_BATCH_KEY)
    expect(world.lnd.published).toHaveLength(1)
    const published = world.lnd.published.map((tx) => encodeTx(tx, { witness: true }))
    expect(published.every((tx) => batch !== undefined && equalBytes(tx, batch.transaction))).toBe(true)
    await alice.connect()
    await bob.connect()
    await bob.submit(bob.bid(1))
    expect(await world.auction()).toMatchObject({ outcome: 'nothingToMatch' })
    expect(alice.received.some(({ kind }) => kind === 'finalize')).toBe(false)
    await world.mine(3)
    expect(world.auctioneer.ledger.accounts.get(alice.key)?.state).toEqual({ kind: 'open', via: 'batch' })
    const account = world.auctioneer.ledger.accounts.get(alice.key)?.account
    if (account === undefined) throw new Error('no account')
    alice.account = account
    bob.account = world.auctioneer.ledger.accounts.get(bob.key)?.account
    expect(await world.auction()).toMatchObject({ outcome: 'batch' })
  })

  it('leaves nothing of an attempt that was not committed, and the next one completes', async () => {
    const { world, alice, bob } = await matched()
    await crashAt(world, 'before-commit')
    await world.boot()
    expect(world.lnd.published).toEqual([])
    expect(world.auctioneer.ledger.auction.batchKey).toBe(INITIAL_BATCH_KEY)
    expect(await world.auctioneer.ledger.store.batches(10, 10)).toEqual([])
    await alice.connect()
    await bob.connect()
    expect(await world.auction()).toMatchObject({ outcome: 'batch', batchId: INITIAL_BATCH_KEY })
    expect(world.lnd.published).toHaveLength(1)
    const proposals = alice.received.flatMap((m) => (m.kind === 'prepare' ? [m.proposal] : []))
    const proposed = proposals.filter(({ matches }) => matches.length > 0).map((p) => txidOf(p.transaction))
    expect(proposed).toHaveLength(2)
    expect(new Set(proposed).size).toBe(2)
  })

  it('records the run it was cut off in, and frees every trader that had signed of it', async () => {
    const { world, alice, bob } = await matched()
    const { signEcdsa } = world.lnd
    world.lnd.signEcdsa = () => new Promise(() => {})
    void world.auctioneer.auction.runNow()
    await settle()
    world.crash()
    world.lnd.signEcdsa = signEcdsa
    await world.boot()
    const [run] = await world.auctioneer.ledger.store.runs(1)
    expect(run).toMatchObject({
      batchId: INITIAL_BATCH_KEY,
      outcome: 'failed',
      attempts: [{ number: 1, matches: 1, endedIn: 'interrupted' }],
    })
    expect(run?.detail).toMatch(/^the process ended in step sign of attempt 1: [0-9a-f]{64} was not completed/)
    const { ledger } = world.auctioneer
    expect(ledger.journal).toEqual({ run: undefined, stale: [alice.key, bob.key] })
    await bob.connect()
    await settle()
    expect(bob.received.at(-1)).toMatchObject({
      kind: 'prepare',
      proposal: { matches: [], batchId: INITIAL_BATCH_KEY },
    })
    expect(ledger.journal.stale).toEqual([alice.key])
    const told = bob.received.length
    await bob.connect()
    await settle()
    expect(bob.received.slice(told).map(({ kind }) => kind)).toEqual(['challenge', 'success'])
    world.crash()
    await world.boot()
    await alice.connect()
    await settle()
    expect(world.auctioneer.ledger.journal.stale).toEqual([])
    expect((await world.auctioneer.ledger.store.runs(9)).length).toBe(1)
  })

  it('stops at once while the network refuses a durable batch, and publishes it after the next start', async () => {
    const { world, alice } = await matched()
    world.lnd.publishError = new Error('min relay fee not met')
    const run = world.auctioneer.auction.runNow()
    await settle()
    const stopped = world.auctioneer.stop()
    await settle()
    world.clock.advance(5_000)
    await stopped
    expect(await run).toMatchObject({ outcome: 'batch' })
    expect(alice.received.some(({ kind }) => kind === 'finalize')).toBe(false)
    world.lnd.publishError = undefined
    world.crash()
    await world.boot()
    expect(world.lnd.published).toHaveLength(1)
  })

  it('never proposes a transaction twice, since nodes remember abandoned outpoints', async () => {
    const { world, alice, bob } = await matched()
    bob.script.onSign = () => 'silent'
    for (let tick = 0; tick < 3; tick++) {
      const run = world.auctioneer.auction.runNow()
      await settle()
      world.clock.advance(30_000)
      await settle()
      expect(await run).toMatchObject({ outcome: 'nothingToMatch' })
      await bob.connect()
    }
    const proposals = alice.received.flatMap((m) => (m.kind === 'prepare' ? [m.proposal] : []))
    const real = proposals.filter(({ matches }) => matches.length > 0)
    expect(new Set(real.map(({ transaction }) => txidOf(transaction))).size).toBe(3)
    bob.script.onSign = (reply) => reply
    expect(await world.auction()).toMatchObject({ outcome: 'batch' })
    expect(world.auctioneer.ledger.auction.proposals).toBe(0)
  })

  it('keeps publishing a batch the node refuses, and finalizes only after that', async () => {
    const { world, alice } = await matched()
    world.lnd.publishError = new Error('min relay fee not met')
    const run = world.auctioneer.auction.runNow()
    await settle()
    expect(world.auctioneer.executor.stateName).toBe('publishing')
    expect(alice.received.some(({ kind }) => kind === 'finalize')).toBe(false)
    world.lnd.publishError = undefined
    world.clock.advance(5_000)
    await settle()
    expect(await run).toMatchObject({ outcome: 'batch' })
    expect(alice.received.at(-1)?.kind).toBe('finalize')
  })

  it('watches what a durable batch makes even while the node refuses it', async () => {
    const { world } = await matched()
    world.lnd.publishError = new Error('min relay fee not met')
    void world.auctioneer.auction.runNow()
    await settle()
    const [batch] = await world.auctioneer.ledger.store.batches(10, 1)
    if (batch === undefined) throw new Error('no batch')
    const states = (): readonly string[] =>
      [...world.auctioneer.ledger.accounts.values()].map(({ state }) => state.kind)
    expect(states()).toEqual(['pendingBatch', 'pendingBatch'])
    world.chain.confirm(decodeTx(batch.transaction))
    world.chain.mine(6)
    await settle()
    expect(states()).toEqual(['open', 'open'])
  })

  it.each(['nonceError', 'signError'] as const)('ends the run without harm when lnd cannot sign: %s', async (error) => {
    const { world, alice, bob } = await matched()
    world.lnd[error] = new Error('lnd is gone')
    expect(await world.auction()).toMatchObject({ outcome: 'failed', detail: 'lnd is gone' })
    expect(await world.auctioneer.ledger.store.batches(10, 10)).toEqual([])
    expect(world.lnd.openSessions.size).toBe(0)
    expect([alice, bob].map((trader) => trader.pending?.matches)).toEqual([[], []])
    world.lnd[error] = undefined
    expect(await world.auction()).toMatchObject({ outcome: 'batch' })
  })

  it('keeps accounts out that could not be told, until the batch is deep enough', async () => {
    const { world, alice, bob } = await matched()
    await world.auction()
    await bob.submit(bob.bid(2))
    alice.disconnect()
    await settle()
    expect(world.auctioneer.ledger.accounts.get(alice.key)?.state).toEqual({
      kind: 'pendingBatch',
      finalizeDelivered: false,
    })
    await alice.connect()
    expect(await world.auction()).toMatchObject({ outcome: 'nothingToMatch' })
    await world.mine(3)
    expect(await world.auction()).toMatchObject({ outcome: 'batch' })
  })

  it('keeps the other accounts of such a daemon out as well, before the one that could not be told is back', async () => {
    const { world, alice, bob } = await matched()
    const [second] = await world.openTraders(['second', 2])
    if (second === undefined) throw new Error('no trader')
    await world.auction()
    await second.submit(second.ask(2, { nodeKey: alice.node }))
    await bob.submit(bob.bid(2))
    alice.disconnect()
    second.disconnect()
    await settle()
    await second.connect()
    const proposed = () => second.received.some(({ kind }) => kind === 'prepare')
    await world.auction()
    expect(proposed()).toBe(false)
    await world.mine(3)
    await world.auction()
    expect(proposed()).toBe(true)
  })

  it('goes on with a funding of the master account that it had begun', async () => {
    const world = await World.start()
    world.lnd.sendError = new Error('insufficient funds')
    await expect(world.auctioneer.master.init(1_000_000n, undefined)).rejects.toThrow('insufficient funds')
    expect(world.auctioneer.ledger.auction.master).toBeUndefined()
    world.lnd.sendError = undefined
    await expect(world.auctioneer.master.init(1_000_000n, undefined)).resolves.toEqual({ created: true })
    await expect(world.auctioneer.master.init(1_000_000n, undefined)).resolves.toEqual({ created: false })
    expect(world.auctioneer.ledger.auction.master?.kind).toBe('pending')
    world.crash()
    await world.boot()
    await world.mine(1)
    expect(world.auctioneer.ledger.auction.master?.kind).toBe('ready')
    expect(world.chain.confirmed.size).toBe(1)
  })

  it('says who is missing before it can trade', async () => {
    const world = await World.start()
    const [alice, bob] = await world.openTraders(['alice', 2], ['bob', 2])
    await alice?.submit(alice.ask(1))
    await bob?.submit(bob.bid(1))
    expect(await world.auction()).toMatchObject({
      outcome: 'failed',
      detail: expect.stringContaining('auctionctl init') as string,
    })
  })
})
