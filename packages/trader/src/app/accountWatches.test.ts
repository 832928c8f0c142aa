import { blockHeight, incrementBatchKey, satoshi, txidOf } from '@tidepool/crypto'
import type { OutPoint, Transaction } from '@tidepool/crypto'
import { accountScriptOf } from '@tidepool/market'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ChangeBench, VALUE, only, p2tr, p2wpkh, rate } from '../../test/kit/changeBench.ts'
import type { Run } from '../../test/kit/changeBench.ts'
import { settle } from '../../test/kit/fakeClock.ts'

let bench: ChangeBench
let tip: number
beforeEach(() => {
  tip = 120
  bench = new ChangeBench()
})
afterEach(() => bench.close())

/** The daemon again, on what it had stored. */
async function restarted(run: Run): Promise<Run> {
  await run.stop()
  const next = await bench.run()
  await next.accounts.start()
  await settle()
  return next
}

async function blocks(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    tip += 1
    bench.chain.reach(tip)
    await settle()
  }
}

const spendingOf = (outpoint: OutPoint): Transaction => ({
  version: 2,
  lockTime: 0,
  inputs: [{ prevout: outpoint, scriptSig: new Uint8Array(), sequence: 0, witness: [] }],
  outputs: [p2wpkh],
})

const watchOf = ({ txid, index }: OutPoint) => {
  const watch = bench.chain
    .liveSpends()
    .findLast(({ request: { outpoint } }) => outpoint.txid === txid && outpoint.index === index)
  if (watch === undefined) throw new Error('nobody watches it')
  return watch
}

/** A deposit on its way, and the coin it spends. */
async function deposited() {
  const { run, key } = await bench.opened()
  const before = only(run.ledger)
  await run.changes.deposit(key, { amount: 500_000n, feeRate: rate })
  await settle()
  const coin = only(run.ledger).change?.coins[0]?.outpoint
  if (coin === undefined) throw new Error('a deposit spends a coin')
  return { run, before, coin, deposit: only(run.ledger).latestTx }
}

describe('a deposit that a reorganisation undoes', () => {
  it('before it is deep gives way to whoever spends its coin on the new branch', async () => {
    const { run, before, coin, deposit } = await deposited()
    const first = watchOf(coin)
    first.fire({ tx: deposit, height: blockHeight(126), inputIndex: 1 })
    await settle()
    first.undo?.()
    await settle()
    expect(only(run.ledger).kind).toBe('pendingUpdate')
    watchOf(coin).fire({ tx: spendingOf(coin), height: blockHeight(127), inputIndex: 0 })
    await settle()
    expect(only(run.ledger)).toMatchObject({ kind: 'open', value: VALUE, outpoint: before.outpoint })
  })

  it('after it was deep gives way too', async () => {
    const { run, before, coin } = await deposited()
    await bench.confirm(run)
    expect(only(run.ledger)).toMatchObject({ kind: 'open', value: 1_500_000n })
    bench.chain.liveConfirmations().at(-1)?.undo?.()
    await settle()
    expect(only(run.ledger).kind).toBe('pendingUpdate')
    watchOf(coin).fire({ tx: spendingOf(coin), height: blockHeight(127), inputIndex: 0 })
    await settle()
    expect(only(run.ledger)).toMatchObject({ kind: 'open', value: VALUE, outpoint: before.outpoint })
  })

  it('is noticed too by a watch that told only what another had told', async () => {
    const { run } = await deposited()
    await run.ledger.commit({ kind: 'account', account: { ...only(run.ledger), kind: 'expired' } })
    await bench.confirm(run)
    expect(only(run.ledger).kind).toBe('expired')
    bench.chain.liveConfirmations().at(-1)?.undo?.()
    await settle()
    expect(only(run.ledger).kind).toBe('expiredPendingUpdate')
  })

  it('while the daemon is down waits again, and is published with every block', async () => {
    const { run, deposit } = await deposited()
    await bench.confirm(run)
    const next = await restarted(run)
    await blocks(2)
    expect(only(next.ledger).kind).toBe('open')
    await blocks(1)
    expect(only(next.ledger).kind).toBe('pendingUpdate')
    bench.wallet.published.length = 0
    await blocks(1)
    expect(bench.wallet.published.map(txidOf)).toEqual([txidOf(deposit)])
  })
})

describe('after a restart', () => {
  it('an output that is still in the chain stays open', async () => {
    const { run } = await bench.opened()
    const next = await restarted(run)
    const { latestTx: tx } = only(next.ledger)
    bench.chain
      .liveConfirmations()
      .at(-1)
      ?.fire({ tx, height: blockHeight(125) })
    await settle()
    await blocks(6)
    expect(only(next.ledger).kind).toBe('open')
  })

  it.each([true, false])('an account whose end left the chain is being closed again (%s)', async (isGone) => {
    const { run, key } = await bench.opened()
    await run.changes.close(key, { kind: 'one', script: p2tr.script, fee: { kind: 'rate', rate } })
    await settle()
    const { outpoint, latestTx: tx } = only(run.ledger)
    watchOf(outpoint).fire({ tx, height: blockHeight(126), inputIndex: 0 })
    await settle()
    expect(only(run.ledger).kind).toBe('closed')
    const next = await restarted(run)
    if (!isGone) watchOf(outpoint).fire({ tx, height: blockHeight(126), inputIndex: 0 })
    await blocks(3)
    expect(only(next.ledger).kind).toBe(isGone ? 'pendingClosed' : 'closed')
  })

  it('a batch that confirms in place of a close goes on with the account', async () => {
    const { run, key } = await bench.opened()
    const before = only(run.ledger)
    await run.changes.close(key, { kind: 'one', script: p2tr.script, fee: { kind: 'rate', rate } })
    await settle()
    expect(only(run.ledger).kind).toBe('pendingClosed')
    const script = accountScriptOf({ ...before, batchKey: incrementBatchKey(before.batchKey) })
    const spend = spendingOf(before.outpoint)
    const [input] = spend.inputs
    if (input === undefined) throw new Error('no input')
    const witness = [new Uint8Array(64).fill(1)]
    const tx = { ...spend, inputs: [{ ...input, witness }], outputs: [{ value: satoshi(900_000n), script }] }
    for (let i = 0; i < 2; i++) {
      watchOf(before.outpoint).fire({ tx, height: blockHeight(126), inputIndex: 0 })
      await settle()
    }
    expect(only(run.ledger)).toMatchObject({ kind: 'pendingBatch', value: 900_000n, outpoint: { txid: txidOf(tx) } })
  })

  it('a funding that a recovery did not find opens its account once it is mined', async () => {
    const { run } = await bench.opened()
    const { outpoint: announcedAt, latestTx: tx, ...terms } = only(run.ledger)
    await run.ledger.commit({ kind: 'account', account: { ...terms, kind: 'canceledAfterRecovery', announcedAt } })
    const next = await restarted(run)
    const watch = bench.chain.liveConfirmations().find(({ request }) => request.txid === announcedAt.txid)
    watch?.fire({ tx, height: blockHeight(131) })
    await settle()
    expect(only(next.ledger)).toMatchObject({ kind: 'pendingOpen', outpoint: announcedAt })
    expect('announcedAt' in only(next.ledger)).toBe(false)
    expect(bench.auctioneer.inits).toHaveLength(2)
  })
})

describe('an event that could not be stored', () => {
  it('is asked for again with the next block', async () => {
    const { run } = await deposited()
    const update = run.ledger.update.bind(run.ledger)
    run.ledger.update = () => Promise.reject(new Error('the disk is full'))
    await bench.confirm(run)
    run.ledger.update = update
    expect(only(run.ledger).kind).toBe('pendingUpdate')
    await blocks(1)
    await bench.confirm(run)
    expect(only(run.ledger).kind).toBe('open')
  })
})
