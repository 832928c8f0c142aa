import { describe, expect, it } from 'vitest'
import { satPerKWeight } from '@tidepool/crypto'
import type { BatchProposal, BatchReject } from '@tidepool/market'
import { settle } from './fakeWorld.ts'
import type { ScriptedTrader } from './scriptedTrader.ts'
import { World } from './world.ts'

type Answer = (proposal: BatchProposal) => BatchReject

const full =
  (code: BatchReject['code']): Answer =>
  ({ batchId }) => ({ batchId, code, reason: 'no', rejectedOrders: new Map() })

const partial =
  (code: 'duplicatePeer' | 'channelFundingFailed'): Answer =>
  ({ batchId, matches }) => ({
    batchId,
    code: 'partialReject',
    reason: 'partial',
    rejectedOrders: new Map(matches.map(({ counterpart }) => [counterpart.nonce, { reason: 'so', code }])),
  })

async function market() {
  const world = await World.start()
  await world.fundMaster()
  const [alice, bob, carol] = await world.openTraders(['alice', 2], ['bob', 1], ['carol', 0])
  if (alice === undefined || bob === undefined || carol === undefined) throw new Error('traders are missing')
  await alice.submit(alice.ask(10))
  await bob.submit(bob.bid(2))
  return { world, alice, bob, carol }
}

/** All that a run without a batch must leave as it is. */
const everything = ({ auctioneer: { ledger } }: World) => {
  const { proposals: _, ...auction } = ledger.auction
  return structuredClone({ auction, accounts: [...ledger.accounts], orders: [...ledger.openOrders] })
}

const takesPart = async (world: World, trader: ScriptedTrader): Promise<boolean> => {
  const before = trader.received.length
  await world.auction()
  return trader.received.slice(before).some((message) => message.kind === 'finalize')
}

describe('a reject', () => {
  it.each([
    ['unknown', full('unknown'), 'fullReject', [true]],
    ['server misbehavior', full('serverMisbehavior'), 'fullReject', [true]],
    ['version mismatch', full('batchVersionMismatch'), 'fullReject', [false, false]],
    ['empty partial', full('partialReject'), 'fullReject', [true]],
    ['duplicate peer', partial('duplicatePeer'), 'partialReject', [true]],
    ['channel funding failed', partial('channelFundingFailed'), 'partialReject', [false, true]],
  ] as const)('of every match, %s: the batch ends, nothing has changed, and then', async (_, answer, kind, later) => {
    const { world, bob } = await market()
    const before = everything(world)
    bob.script.onPrepare = answer
    const run = await world.auction()
    expect(run).toMatchObject({ outcome: 'nothingToMatch', attempts: [{ endedIn: 'prepare' }] })
    expect(run.attempts[0]?.failures).toMatchObject([{ failure: { kind }, accounts: [bob.key] }])
    expect(everything(world)).toEqual(before)
    expect(world.lnd.openSessions.size).toBe(0)
    bob.script.onPrepare = () => 'accept'
    for (const part of later) expect(await takesPart(world, bob)).toBe(part)
  })

  it('while a session for another is still being opened leaves no session behind', async () => {
    const { world, bob } = await market()
    let open = (): void => undefined
    world.lnd.opening = new Promise((resolve) => (open = resolve))
    bob.script.onPrepare = full('unknown')
    expect(await world.auction()).toMatchObject({ outcome: 'nothingToMatch', attempts: [{ endedIn: 'prepare' }] })
    expect(world.lnd.openSessions.size).toBe(0)
    open()
    await settle()
    expect(world.lnd.openSessions.size).toBe(0)
    expect(world.lnd.dropped).toBe(1)
  })

  it('of the version ends with a new subscription', async () => {
    const { world, bob } = await market()
    bob.script.onPrepare = full('batchVersionMismatch')
    await world.auction()
    bob.script.onPrepare = () => 'accept'
    expect(await takesPart(world, bob)).toBe(false)
    await bob.connect()
    expect(await takesPart(world, bob)).toBe(true)
  })

  it('in the sign step leaves everything as before too', async () => {
    const { world, alice, bob } = await market()
    const before = everything(world)
    alice.script.onSign = (reply) =>
      partial('channelFundingFailed')({ ...reply, matches: alice.pending?.matches } as never) as never
    const run = await world.auction()
    expect(run).toMatchObject({ outcome: 'nothingToMatch', attempts: [{ endedIn: 'sign' }] })
    expect(everything(world)).toEqual(before)
    expect(world.lnd.openSessions.size).toBe(0)
    expect([alice, bob].map((trader) => trader.pending?.matches)).toEqual([[], []])
    expect(world.auctioneer.ledger.journal).toEqual({ run: undefined, stale: [] })
  })

  it('repeated ends with the trader left out, and the others served', async () => {
    const { world, alice, bob, carol } = await market()
    await carol.submit(carol.bid(3))
    const told: number[] = []
    bob.script.onPrepare = (proposal) => {
      told.push(proposal.matches.length)
      return full('unknown')(proposal)
    }
    const moves: string[] = []
    const stop = world.auctioneer.executor.onProgress(({ state, attempt, waiting, endedAttempt, endedRun }) => {
      if (endedAttempt !== undefined) moves.push(`ended in ${endedAttempt.endedIn}`)
      else if (endedRun !== undefined) moves.push(endedRun.outcome)
      else moves.push(`${state} ${attempt} ${waiting}`)
    })
    expect(await world.auction()).toMatchObject({ outcome: 'batch' })
    stop()
    await settle()
    expect(told).toEqual([1])
    expect(alice.received.at(-1)?.kind).toBe('finalize')
    expect(moves).toEqual([
      'building 1 0',
      ...['preparing 1 3', 'preparing 1 2', 'preparing 1 1', 'building 2 0', 'ended in prepare'],
      ...['preparing 2 2', 'preparing 2 1', 'signing 2 2', 'signing 2 1', 'sealing 2 0', 'committing 2 0'],
      ...['publishing 2 0', 'finalizing 2 0', 'idle 2 0', 'ended in done', 'batch'],
    ])
  })
})

describe('the fee rate of a batch', () => {
  it('is what lnd estimates, within the bounds of the operator', async () => {
    const world = await World.start({ minFeeRate: satPerKWeight(300), maxFeeRate: satPerKWeight(900) })
    for (const [estimate, used] of [
      [253, 300],
      [500, 500],
      [5_000, 900],
    ] as const) {
      world.lnd.feeRate = satPerKWeight(estimate)
      expect(await world.auctioneer.fees.refresh()).toBe(BigInt(used))
    }
    world.lnd.estimateFeeRate = () => Promise.reject(new Error('no estimate'))
    expect(await world.auctioneer.fees.refresh()).toBe(900n)
  })

  it('leaves orders out that pay less, and says so, until it falls', async () => {
    const { world, carol } = await market()
    const modest = carol.bid(3, { maxBatchFeeRate: satPerKWeight(10_000) })
    await carol.submit(modest)
    world.lnd.feeRate = satPerKWeight(15_000)
    const run = await world.auction()
    expect(run.outcome).toBe('batch')
    expect(run.resting.get(modest.nonce)).toBe('feeRateAboveMaximum')
    await world.mine(1)
    world.lnd.feeRate = satPerKWeight(9_000)
    expect(await world.auction()).toMatchObject({ outcome: 'batch' })
    expect(carol.received.at(-1)?.kind).toBe('finalize')
  })

  it('is shared exactly: what the accounts do not pay, the auctioneer does', async () => {
    const { world, carol } = await market()
    await carol.submit(carol.bid(3))
    world.lnd.feeRate = satPerKWeight(700)
    await world.auction()
    const [batch] = await world.auctioneer.ledger.store.batches(1, 1)
    if (batch === undefined) throw new Error('no batch')
    const shares = batch.accounts.reduce((sum, { chainFee }) => sum + chainFee, 0n)
    const income = batch.matches.reduce((sum, { makerFee, takerFee }) => sum + makerFee + takerFee, 0n)
    expect(batch.masterAfter).toBe(batch.masterBefore + income + shares - batch.minerFee)
    for (const { diff, startingBalance, chainFee, version } of batch.accounts) {
      const own = batch.matches.filter(({ askAccount, bidAccount }) =>
        [askAccount, bidAccount].includes(diff.accountKey),
      )
      const channelBytes = Math.floor((43 * own.length + 1) / 2)
      expect(chainFee).toBe((700n * BigInt(4 * (84 + channelBytes) + (version === 0 ? 229 : 66))) / 1000n)
      const deal = own.reduce(
        (sum, match) =>
          match.askAccount === diff.accountKey
            ? sum - match.channelValue + match.premium - match.makerFee
            : sum - match.premium - match.takerFee,
        0n,
      )
      expect(diff.endingBalance).toBe(startingBalance + deal - chainFee)
    }
  })
})
