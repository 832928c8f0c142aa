import { accountKey, blockCount, blockHeight, incrementBatchKey, orderNonce, toHex, txid } from '@tidepool/crypto'
import type { Transaction } from '@tidepool/crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { BatchBench, plainSignCases } from '../../test/kit/batchBench.ts'
import { TERMS } from '../../test/kit/fakeAuctioneer.ts'
import { settle } from '../../test/kit/fakeClock.ts'
import { isFunded } from '../core/account.ts'
import type { CrashPoint } from './crashPoints.ts'
import type { Ledger } from './ledger.ts'

const rival: Transaction = { version: 2, inputs: [], outputs: [], lockTime: 0 }

type Run = Awaited<ReturnType<BatchBench['run']>>

/** Everything up to our signatures. */
async function signed(bench: BatchBench, run: Run): Promise<void> {
  for (const match of bench.proposal.matches) bench.channels.comeOnline(match.counterpart.nodeKey)
  await run.prepare()
  run.makersOpen()
  await run.signBegin()
}

const sentKinds = (run: Run): readonly string[] => run.stream.sent.map((message) => message.kind)

describe.each(plainSignCases().map((one) => one.base))('the batch %s', (base) => {
  it('goes from Prepare to Finalize as recorded', async () => {
    const bench = new BatchBench(base)
    const run = await bench.run()
    await signed(bench, run)
    const rejects = run.stream.sent.flatMap((message) => (message.kind === 'reject' ? [message.reject] : []))
    expect(rejects).toEqual([])
    expect(sentKinds(run)).toEqual(['accept', 'sign'])
    const sign = run.stream.sent[1]
    if (sign?.kind !== 'sign') throw new Error('no signatures')
    // Taproot signatures cover the foreign amounts, which the bench had to raise.
    for (const account of bench.signCase.accounts.filter(({ version }) => version === 0)) {
      expect(toHex(sign.reply.accountSigs.get(accountKey(account.trader_key)) ?? new Uint8Array())).toBe(account.sig)
    }
    expect(sign.reply.channelInfos.size).toBe(run.ledger.staged?.record.leases.length)
    const { batchId } = bench.proposal
    await run.runner.handle({ kind: 'finalize', batchId, txid: txid(bench.signCase.txid) }, run.stream)
    expectAfter(bench, run.ledger)
  })
})

function expectAfter(bench: BatchBench, ledger: Ledger): void {
  const { after, txid: id } = bench.signCase
  expect(ledger.staged).toBeUndefined()
  expect(ledger.leftovers.size).toBe(0)
  expect([...ledger.batches.values()].map((record) => record.txid)).toEqual([id])
  for (const wanted of after.accounts) {
    const account = ledger.accounts.get(accountKey(wanted.trader_key))
    if (account === undefined || !isFunded(account)) throw new Error('no account')
    const gone = wanted.state_name === 'StatePendingClosed'
    expect(account.kind).toBe(gone ? 'pendingClosed' : 'pendingBatch')
    expect([Number(account.value), account.expiry, account.version]).toEqual([
      wanted.value,
      wanted.expiry,
      wanted.version,
    ])
    expect([account.batchKey, account.heightHint]).toEqual([wanted.batch_key, wanted.height_hint])
    expect(account.outpoint).toEqual(wanted.outpoint)
  }
  for (const wanted of after.orders) {
    const record = ledger.orders.get(orderNonce(wanted.nonce))
    expect(record?.unitsUnfulfilled).toBe(wanted.units_unfulfilled)
    expect(record?.state).toBe(wanted.state === 3 ? 'executed' : 'partiallyFilled')
  }
  expect(bench.followed.length).toBe(after.accounts.length)
}

const [someBase = ''] = plainSignCases().map((one) => one.base)

describe('a batch that does not go well', () => {
  let bench: BatchBench
  let run: Run
  beforeEach(async () => {
    bench = new BatchBench(someBase)
    run = await bench.run()
  })
  const finalize = (id = bench.proposal.batchId, tx = txid(bench.signCase.txid)): Promise<void> =>
    run.runner.handle({ kind: 'finalize', batchId: id, txid: tx }, run.stream)

  it('is refused with a reason when it is wrong, and leaves nothing', async () => {
    await run.prepare({ ...bench.proposal, accountDiffs: [] })
    expect(run.stream.sent).toMatchObject([{ kind: 'reject', reject: { code: 'serverMisbehavior' } }])
    expect(bench.channels.log).toEqual([])
    expect(run.ledger.leftovers.size).toBe(0)
  })

  it('is refused as unknown when it cannot be read', async () => {
    const cause = new Error('batch_transaction: cut off')
    const { batchId } = bench.proposal
    await run.runner.handle({ kind: 'unreadable', what: 'prepare', batchId, cause }, run.stream)
    await run.runner.handle({ kind: 'unreadable', what: 'prepare', batchId: undefined, cause }, run.stream)
    expect(run.stream.sent).toMatchObject([{ kind: 'reject', reject: { code: 'unknown', reason: cause.message } }])
  })

  it('that is signed survives a message that cannot be read', async () => {
    await signed(bench, run)
    const { batchId } = bench.proposal
    await run.runner.handle({ kind: 'unreadable', what: 'prepare', batchId, cause: new Error('cut off') }, run.stream)
    expect(sentKinds(run)).toEqual(['accept', 'sign', 'reject'])
    expect(run.runner.state).toBe('signed')
    await finalize()
    expectAfter(bench, run.ledger)
  })

  it('names the pair whose peer does not come', async () => {
    const prepared = run.prepare()
    await settle()
    await bench.clock.advance(15_000)
    await prepared
    const bids = bench.proposal.matches.filter(({ counterpart }) => counterpart.kind === 'ask')
    if (bids.length === 0) return
    expect(run.stream.sent).toMatchObject([{ kind: 'reject', reject: { code: 'partialReject' } }])
    expect(bench.channels.intents.size).toBe(0)
  })

  it('nothing is signed for a SignBegin nobody waits for, nor for another id', async () => {
    await run.signBegin()
    expect(run.stream.sent).toEqual([])
    for (const match of bench.proposal.matches) bench.channels.comeOnline(match.counterpart.nodeKey)
    await run.prepare()
    await run.signBegin({ ...bench.request, batchId: incrementBatchKey(bench.proposal.batchId) })
    expect(sentKinds(run)).toEqual(['accept'])
  })

  it('a wrong SignBegin is refused before any channel is opened', async () => {
    for (const match of bench.proposal.matches) bench.channels.comeOnline(match.counterpart.nodeKey)
    await run.prepare()
    bench.channels.log.length = 0
    await run.signBegin({ ...bench.request, prevOutputs: [] })
    expect(sentKinds(run)).toEqual(['accept', 'reject'])
    expect(bench.channels.log).not.toContain('open')
    expect(run.ledger.staged).toBeUndefined()
  })

  it('Finalize for another id or transaction changes nothing', async () => {
    await signed(bench, run)
    await finalize(incrementBatchKey(bench.proposal.batchId))
    await finalize(bench.proposal.batchId, txid('77'.repeat(32)))
    expect(run.runner.state).toBe('signed')
    expect(run.ledger.batches.size).toBe(0)
  })

  it('that comes twice is prepared once, and accepted twice', async () => {
    for (const match of bench.proposal.matches) bench.channels.comeOnline(match.counterpart.nodeKey)
    await run.prepare()
    const { log } = bench.channels
    const done = [...log]
    await run.prepare()
    expect(sentKinds(run)).toEqual(['accept', 'accept'])
    expect(log).toEqual(done)
    run.makersOpen()
    await run.signBegin()
    expect(sentKinds(run)).toEqual(['accept', 'accept', 'sign'])
  })

  it('is not signed twice', async () => {
    await signed(bench, run)
    await run.prepare()
    expect(run.stream.sent.at(-1)).toMatchObject({ kind: 'reject', reject: { code: 'serverMisbehavior' } })
    expect(bench.channels.log).not.toContain('abandon')
  })

  it.each(['prepared', 'signed'])('a lost stream: %s', async (state) => {
    for (const match of bench.proposal.matches) bench.channels.comeOnline(match.counterpart.nodeKey)
    await run.prepare()
    if (state === 'signed') {
      run.makersOpen()
      await run.signBegin()
    }
    await run.runner.disconnected()
    expect(run.runner.state).toBe(state === 'signed' ? 'signed' : 'idle')
    await bench.clock.advance(60_000)
    expect(run.ledger.leftovers.size).toBe(state === 'signed' ? 1 : 0)
  })

  it('a channel that becomes pending after the batch was dropped is abandoned', async () => {
    for (const match of bench.proposal.matches) bench.channels.comeOnline(match.counterpart.nodeKey)
    await run.prepare()
    await run.runner.disconnected()
    expect(run.ledger.leftovers.size).toBe(1)
    run.makersOpen()
    const late = bench.channels.pending.size
    expect(late).toBeGreaterThan(0)
    await settle()
    expect(bench.channels.pending.size).toBe(0)
    await bench.clock.advance(60_000)
    expect(run.ledger.leftovers.size).toBe(0)
    expect(bench.channels.log.filter((entry) => entry === 'abandon').length).toBeGreaterThanOrEqual(late)
  })
})

describe('a Finalize that was missed', () => {
  let bench: BatchBench
  let run: Run
  beforeEach(async () => {
    bench = new BatchBench(someBase)
    run = await bench.run()
    await signed(bench, run)
    await run.runner.disconnected()
  })

  it('is made up for by asking the auctioneer', async () => {
    bench.auctioneer.finals.set(bench.proposal.batchId, txid(bench.signCase.txid))
    await bench.run().then((again) => expectAfter(bench, again.ledger))
  })

  it('stays staged while the auctioneer does not know the batch', async () => {
    const again = await bench.run()
    expect(again.runner.state).toBe('signed')
    expect(again.ledger.staged?.record.txid).toBe(bench.signCase.txid)
  })

  it('is undone when another transaction became final, and the chain shows it', async () => {
    bench.auctioneer.finals.set(bench.proposal.batchId, txid('77'.repeat(32)))
    const again = await bench.run()
    expect(again.runner.state).toBe('idle')
    expect(again.ledger.staged).toBeUndefined()
    expect(bench.channels.pending.size).toBeGreaterThan(0)
    bench.chain.liveSpends()[0]?.fire({ tx: rival, height: blockHeight(900), inputIndex: 0 })
    await settle()
    expect(again.ledger.leftovers.size).toBe(0)
    expect(bench.channels.pending.size).toBe(0)
  })

  it('holds the connection back while the auctioneer gives no answer', async () => {
    bench.auctioneer.failures.set('finalTransaction', new Error('unavailable'))
    await expect(bench.run()).rejects.toThrow('unavailable')
  })

  it('is made up for by the chain', async () => {
    const again = await bench.run()
    const tx = { ...bench.proposal.transaction }
    await again.runner.batchConfirmed({ tx, height: blockHeight(900), inputIndex: 0 })
    expectAfter(bench, again.ledger)
  })

  it('is given up when the chain shows another spend of the same input', async () => {
    const again = await bench.run()
    const tx = { ...bench.proposal.transaction, outputs: [] }
    await again.runner.batchConfirmed({ tx, height: blockHeight(900), inputIndex: 0 })
    expect(again.runner.state).toBe('idle')
    expect(again.ledger.leftovers.size).toBe(1)
    bench.chain.liveSpends()[0]?.fire({ tx, height: blockHeight(900), inputIndex: 0 })
    await settle()
    expect(again.ledger.leftovers.size).toBe(0)
  })

  it('stays when its fate cannot be asked, and a batch of another id is answered all the same', async () => {
    const again = await bench.run()
    bench.auctioneer.failures.set('finalTransaction', new Error('unavailable'))
    await again.prepare({ ...bench.proposal, batchId: incrementBatchKey(bench.proposal.batchId) })
    expect(again.stream.sent).toMatchObject([{ kind: 'reject', reject: { code: 'unknown' } }])
    expect(again.ledger.staged?.record.txid).toBe(bench.signCase.txid)
  })

  it('is noticed before a batch of another id touches its channels', async () => {
    const again = await bench.run()
    bench.auctioneer.finals.set(bench.proposal.batchId, txid(bench.signCase.txid))
    bench.channels.log.length = 0
    await again.prepare({ ...bench.proposal, batchId: incrementBatchKey(bench.proposal.batchId) })
    expect(again.ledger.batches.size).toBe(1)
    expect(bench.channels.log).not.toContain('abandon')
  })
})

describe('a signed batch that is dropped at the word of the auctioneer', () => {
  const empty = { matches: [], accountDiffs: [] }
  const drops = {
    'for an empty proposal': async (bench: BatchBench, run: Run) =>
      run.prepare({
        ...bench.proposal,
        ...empty,
        transaction: { ...rival, inputs: bench.proposal.transaction.inputs },
      }),
    'for one that is refused': async (bench: BatchBench, run: Run) =>
      run.prepare({ ...bench.proposal, accountDiffs: [], transaction: { ...bench.proposal.transaction, outputs: [] } }),
    'as final with another transaction': async (bench: BatchBench, run: Run) => {
      bench.auctioneer.finals.set(bench.proposal.batchId, txid('77'.repeat(32)))
      await run.runner.connected({ ...TERMS, autoRenewExtension: blockCount(52_560) })
    },
  }

  it.each(Object.entries(drops))('%s: is live all the same once it is in the chain', async (_, drop) => {
    const bench = new BatchBench(someBase)
    const run = await bench.run()
    await signed(bench, run)
    await drop(bench, run)
    expect([run.ledger.staged, run.ledger.batches.size]).toEqual([undefined, 0])
    const again = await bench.run()
    expect(again.runner.state).toBe('idle')
    expect(bench.channels.log).not.toContain('abandon')
    const confirmed = { tx: bench.proposal.transaction, height: blockHeight(900), inputIndex: 0 }
    await again.runner.batchConfirmed(confirmed)
    expectAfter(bench, again.ledger)
    expect(bench.channels.pending.size).toBe(again.ledger.batches.get(bench.proposal.batchId)?.leases.length)
  })
})

describe('a crash', () => {
  const unsigned: readonly CrashPoint[] = ['after-prepare', 'after-accept', 'after-sign-begin', 'after-channels']

  it.each(unsigned)('%s: the next start is clean', async (crashAt) => {
    const bench = new BatchBench(someBase)
    const run = await bench.run({ crashAt })
    await signed(bench, run)
    const again = await bench.run()
    expect(again.runner.state).toBe('idle')
    expect(bench.channels.intents.size + bench.channels.pending.size).toBe(0)
    await bench.clock.advance(60_000)
    expect(again.ledger.leftovers.size).toBe(0)
  })

  it('before-sign: what was staged stays', async () => {
    const bench = new BatchBench(someBase)
    const run = await bench.run({ crashAt: 'before-sign' })
    await signed(bench, run)
    expect(sentKinds(run)).toEqual(['accept'])
    const again = await bench.run()
    expect(again.runner.state).toBe('signed')
    expect(again.ledger.leftovers.size).toBe(1)
  })
})
