import { describe, expect, it } from 'vitest'
import { INITIAL_BATCH_KEY, incrementBatchKey, txidOf } from '@tidepool/crypto'
import { ratePpb, supplyUnits } from '@tidepool/market'
import type { BatchReject } from '@tidepool/market'
import type { ServerMessage } from '../src/core/messages.ts'
import { masterToWire } from '../src/adapters/grpc/adminViews.ts'
import { settle } from './fakeWorld.ts'
import type { ScriptedTrader } from './scriptedTrader.ts'
import { World } from './world.ts'

const kinds = (trader: ScriptedTrader): readonly ServerMessage['kind'][] => trader.received.map(({ kind }) => kind)
const masterOf = ({ auctioneer }: World) => masterToWire(auctioneer.ledger, auctioneer.masterKey.key)
const stateOf = (world: World, trader: ScriptedTrader) => world.auctioneer.ledger.accounts.get(trader.key)?.state
const partial = (proposal: {
  batchId: BatchReject['batchId']
  matches: readonly { counterpart: { nonce: never } }[]
}): BatchReject => ({
  batchId: proposal.batchId,
  code: 'partialReject',
  reason: 'partial',
  rejectedOrders: new Map(
    proposal.matches.map(({ counterpart }) => [
      counterpart.nonce,
      { reason: 'connection not established before timeout', code: 'channelFundingFailed' as const },
    ]),
  ),
})
const rejectAll = (batchId: BatchReject['batchId'], code: BatchReject['code'] = 'unknown'): BatchReject => ({
  batchId,
  code,
  reason: 'no',
  rejectedOrders: new Map(),
})

/** An ask of 10 units and a bid of 6, everyone connected. */
async function market(...versions: readonly (0 | 1 | 2)[]) {
  const world = await World.start()
  await world.fundMaster()
  const [v1 = 2, v2 = 2, v3 = 2] = versions
  const [alice, bob, carol] = await world.openTraders(['alice', v1], ['bob', v2], ['carol', v3])
  if (alice === undefined || bob === undefined || carol === undefined) throw new Error('traders are missing')
  await alice.submit(alice.ask(10))
  await bob.submit(bob.bid(6))
  return { world, alice, bob, carol }
}

describe('an auction among willing traders', () => {
  it.each([
    [0, 0],
    [1, 1],
    [2, 2],
    [0, 2],
    [1, 0],
    [2, 1],
  ] as const)('accounts of versions %i and %i', async (maker, taker) => {
    const { world, alice, bob } = await market(maker, taker)
    const run = await world.auction()
    expect(run).toMatchObject({ outcome: 'batch', batchId: INITIAL_BATCH_KEY })
    expect(kinds(alice)).toEqual(['challenge', 'success', 'prepare', 'signBegin', 'finalize'])
    expect(kinds(bob)).toEqual(kinds(alice))
    const [batch] = await world.auctioneer.ledger.store.batches(10, 10)
    const published = world.lnd.published.at(-1)
    expect(published === undefined ? undefined : txidOf(published)).toBe(batch?.txid)
    expect(batch).toMatchObject({ sequence: 1, state: 'published', batchId: INITIAL_BATCH_KEY })
    expect(batch?.matches).toMatchObject([{ units: 6, clearingPrice: 2000, channelType: 'scriptEnforcedLease' }])
    const { auction, accounts, openOrders } = world.auctioneer.ledger
    expect(auction.batchKey).toBe(incrementBatchKey(INITIAL_BATCH_KEY))
    expect(accounts.get(alice.key)?.account).toEqual(alice.account)
    expect(accounts.get(bob.key)?.account).toEqual(bob.account)
    expect([...openOrders.values()]).toMatchObject([{ unitsUnfulfilled: 4, state: 'partiallyFilled' }])
    expect(stateOf(world, alice)).toEqual({ kind: 'pendingBatch', finalizeDelivered: true })
    expect(world.lnd.openSessions.size).toBe(0)
    await world.mine(3)
    expect(stateOf(world, alice)).toEqual({ kind: 'open', via: 'batch' })
    expect((await world.auctioneer.ledger.store.batches(10, 10))[0]?.state).toBe('confirmed')
    expect(world.complaints).toEqual([])
  })

  it('mixes three versions in one batch with one ask and two bids', async () => {
    const { world, carol } = await market(0, 1, 2)
    await carol.submit(carol.bid(3, { rate: ratePpb(1500) }))
    expect(await world.auction()).toMatchObject({ outcome: 'batch' })
    const [batch] = await world.auctioneer.ledger.store.batches(10, 10)
    expect(batch?.matches.map(({ units }) => units).toSorted()).toEqual([3, 6])
    expect(batch?.clearingPrices.get(2016 as never)).toBe(1500)
    const paidIn = batch?.accounts.reduce<bigint>(
      (sum, { startingBalance }) => sum + startingBalance,
      batch.masterBefore,
    )
    const paidOut = world.lnd.published.at(-1)?.outputs.reduce<bigint>((sum, { value }) => sum + value, 0n)
    expect((paidIn ?? 0n) - (paidOut ?? 0n)).toBe(batch?.minerFee)
  })

  it('chains a second batch on the unconfirmed first one', async () => {
    const { world, bob } = await market()
    await world.auction()
    await bob.submit(bob.bid(4))
    expect(await world.auction()).toMatchObject({ outcome: 'batch', batchId: incrementBatchKey(INITIAL_BATCH_KEY) })
    const [second, first] = world.lnd.published.toReversed()
    expect(masterOf(world)).toMatchObject({ state: 'READY', confirmed: false })
    expect(second?.inputs.every(({ prevout }) => first !== undefined && prevout.txid === txidOf(first))).toBe(true)
    await world.mine(3)
    expect(stateOf(world, bob)).toEqual({ kind: 'open', via: 'batch' })
    expect(world.auctioneer.ledger.unconfirmedBatches.size).toBe(0)
    expect(masterOf(world)).toMatchObject({ state: 'READY', confirmed: true })
  })

  it('says why orders rest when nothing matches', async () => {
    const { world, alice, bob } = await market()
    const dear = bob.bid(1, { rate: ratePpb(1) })
    await bob.submit(dear)
    alice.disconnect()
    const run = await world.auction()
    expect(run.outcome).toBe('nothingToMatch')
    expect([...run.resting.values()].toSorted()).toEqual(['noCounterpart', 'noCounterpart', 'traderOffline'])
  })
})

describe('rejects, silence and losses', () => {
  it('keeps a pair apart after a partial reject and goes on with the others', async () => {
    const { world, alice, bob, carol } = await market()
    await carol.submit(carol.bid(3))
    bob.script.onPrepare = (proposal) => partial(proposal as never)
    const run = await world.auction()
    expect(run.attempts.map(({ endedIn }) => endedIn)).toEqual(['prepare', 'done'])
    expect(run.attempts[0]?.failures).toMatchObject([{ failure: { kind: 'partialReject' }, accounts: [bob.key] }])
    expect(kinds(alice).slice(2)).toEqual(['prepare', 'prepare', 'signBegin', 'finalize'])
    expect(kinds(bob).slice(2)).toEqual(['prepare'])
    const ids = alice.received.flatMap((message) => (message.kind === 'prepare' ? [message.proposal.batchId] : []))
    expect(ids).toEqual([INITIAL_BATCH_KEY, INITIAL_BATCH_KEY])
    bob.script.onPrepare = () => 'accept'
    expect(await world.auction()).toMatchObject({ outcome: 'nothingToMatch' })
    expect(await world.auction()).toMatchObject({ outcome: 'batch' })
  })

  it('leaves out a trader that rejects everything', async () => {
    const { world, alice, bob, carol } = await market()
    await carol.submit(carol.bid(3))
    bob.script.onPrepare = ({ batchId }) => rejectAll(batchId, 'serverMisbehavior')
    const run = await world.auction()
    expect(run.outcome).toBe('batch')
    expect(kinds(bob)).not.toContain('signBegin')
    expect(stateOf(world, alice)?.kind).toBe('pendingBatch')
    expect(stateOf(world, bob)?.kind).toBe('open')
  })

  it.each(['onPrepare', 'onSign'] as const)('goes on without a trader that is silent %s', async (step) => {
    const { world, bob, carol } = await market()
    await carol.submit(carol.bid(3))
    bob.script[step] = () => 'silent'
    const run = world.auctioneer.auction.runNow()
    await settle()
    world.clock.advance(29_999)
    await settle()
    expect(world.lnd.published).toHaveLength(0)
    world.clock.advance(1)
    await settle()
    expect(await run).toMatchObject({
      outcome: 'batch',
      attempts: [{ endedIn: step === 'onPrepare' ? 'prepare' : 'sign' }, {}],
    })
    expect(stateOf(world, bob)?.kind).toBe('open')
    expect(world.lnd.openSessions.size).toBe(0)
    expect(await world.auction()).toMatchObject({ outcome: 'nothingToMatch' })
    bob.script[step] = () => 'accept' as never
  })

  it.each(['onPrepare', 'onSign'] as const)('goes on without a trader whose stream drops %s', async (step) => {
    const { world, alice, bob, carol } = await market()
    await carol.submit(carol.bid(3))
    bob.script[step] = () => 'drop'
    expect(await world.auction()).toMatchObject({ outcome: 'batch' })
    const prepares = kinds(alice).filter((kind) => kind === 'prepare')
    expect(prepares).toHaveLength(2)
    bob.script.onPrepare = () => 'accept'
    bob.script.onSign = (reply) => reply
    await bob.connect()
    expect(await world.auction()).toMatchObject({ outcome: 'batch' })
  })

  it.each([0, 1, 2] as const)('leaves out a trader that signs badly, version %i', async (version) => {
    const { world, bob, carol } = await market(2, version, 2)
    await carol.submit(carol.bid(3))
    bob.script.onSign = (reply) => {
      const bad = new Map(
        [...reply.accountSigs].map(([key, sig]) => [key, sig.map((byte, i) => (i === 20 ? byte ^ 1 : byte))]),
      )
      return { ...reply, accountSigs: bad }
    }
    const run = await world.auction()
    expect(run.outcome).toBe('batch')
    expect(run.attempts[0]?.failures).toMatchObject([{ failure: { kind: 'badSignature', reason: 'invalid' } }])
    expect(stateOf(world, bob)?.kind).toBe('open')
  })

  it.each([
    ['no signature', (reply: object) => ({ ...reply, accountSigs: new Map() }), 'missing'],
    ['no nonce', (reply: object) => ({ ...reply, traderNonces: new Map() }), 'badNonce'],
  ])('leaves out a trader that sends %s', async (_, change, reason) => {
    const { world, bob, carol } = await market()
    await carol.submit(carol.bid(3))
    bob.script.onSign = (reply) => change(reply) as never
    const run = await world.auction()
    expect(run.attempts[0]?.failures).toMatchObject([{ failure: { kind: 'badSignature', reason } }])
    expect(run.outcome).toBe('batch')
  })

  it('takes a missing channel info for a failed funding of the pair', async () => {
    const { world, alice, bob, carol } = await market()
    await carol.submit(carol.bid(3))
    bob.script.onSign = (reply) => ({ ...reply, channelInfos: new Map() })
    const run = await world.auction()
    expect(run.attempts.map(({ endedIn }) => endedIn)).toEqual(['seal', 'done'])
    expect(run.attempts[0]?.failures).toMatchObject([{ failure: { kind: 'channelInfoMissing' }, accounts: [bob.key] }])
    const batches = await world.auctioneer.ledger.store.batches(10, 10)
    expect(batches[0]?.matches).toMatchObject([{ askNode: alice.node, bidNode: carol.node }])
    expect(kinds(bob).at(-1)).toBe('prepare')
    expect(bob.pending?.matches).toEqual([])
  })

  it('keeps a pair apart whose channel infos differ', async () => {
    const { world, bob, carol } = await market()
    await carol.submit(carol.bid(3))
    bob.script.onSign = (reply) => ({
      ...reply,
      channelInfos: new Map([...reply.channelInfos].map(([key, info]) => [key, { ...info, type: 'anchors' }])),
    })
    const run = await world.auction()
    expect(run.attempts[0]?.failures).toMatchObject([{ failure: { kind: 'channelInfoMismatch', what: 'type' } }])
    expect(run.outcome).toBe('batch')
  })

  it('ignores answers nobody asked for', async () => {
    const { world, alice } = await market()
    await alice.session?.receive({ kind: 'accept', batchId: INITIAL_BATCH_KEY })
    expect(await world.auction()).toMatchObject({ outcome: 'batch' })
    expect(world.complaints).toHaveLength(1)
  })
})

describe('orders under execution', () => {
  it('lets an order go before the sign step and builds again', async () => {
    const { world, alice, bob, carol } = await market()
    await carol.submit(carol.bid(3))
    bob.script.onPrepare = () => 'silent'
    const run = world.auctioneer.auction.runNow()
    await settle()
    await world.auctioneer.orders.cancel(bob.preimage(1))
    await settle()
    expect(await run).toMatchObject({
      outcome: 'batch',
      attempts: [{ failures: [{ failure: { kind: 'bookChanged' } }] }, {}],
    })
    expect(kinds(alice).filter((kind) => kind === 'prepare')).toHaveLength(2)
  })

  it('keeps an order that is being signed', async () => {
    const { world, bob, alice } = await market()
    bob.script.onSign = () => 'silent'
    const run = world.auctioneer.auction.runNow()
    await settle()
    await expect(world.auctioneer.orders.cancel(bob.preimage(1))).rejects.toMatchObject({
      detail: { code: 'ORDER_IN_BATCH', retryAfterSeconds: 30 },
      message: expect.stringContaining('try again in 30 seconds') as string,
    })
    world.clock.advance(30_000)
    await settle()
    expect(await run).toMatchObject({ outcome: 'nothingToMatch' })
    await world.auctioneer.orders.cancel(bob.preimage(1))
    await world.auctioneer.orders.cancel(bob.preimage(1))
    expect(kinds(alice).at(-1)).toBe('prepare')
  })

  it('never fills a remainder below the own minimum', async () => {
    const { world, alice, bob } = await market()
    await alice.submit(alice.ask(5, { rate: ratePpb(10), minUnitsMatch: supplyUnits(4) }))
    await world.auction()
    const orders = await world.auctioneer.ledger.store.orders()
    expect(orders.map(({ state, unitsUnfulfilled }) => [state, unitsUnfulfilled])).toEqual([
      ['partiallyFilled', 9],
      ['executed', 0],
      ['executed', 0],
    ])
    expect(bob.account?.value).toBeLessThan(5_000_000n)
  })
})
