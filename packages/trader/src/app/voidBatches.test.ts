import { blockHeight, incrementBatchKey, outPoint, txid as parseTxid, txidOf } from '@tidepool/crypto'
import type { Transaction } from '@tidepool/crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { BatchBench, plainSignCases } from '../../test/kit/batchBench.ts'
import { silent } from '../../test/kit/bench.ts'
import { FakeChain } from '../../test/kit/fakeChain.ts'
import { FakeClock, settle } from '../../test/kit/fakeClock.ts'
import { isFunded } from '../core/account.ts'
import { SpentOutputs } from '../core/spentOutputs.ts'
import { VoidBatches } from './voidBatches.ts'

const [someBase = ''] = plainSignCases().map((one) => one.base)
const rival: Transaction = { version: 2, inputs: [], outputs: [], lockTime: 0 }

/** A batch that was signed and is final, but in no block. */
async function finalBatch() {
  const bench = new BatchBench(someBase)
  const run = await bench.run()
  const { ledger } = run
  const before = { accounts: [...ledger.accounts.values()], orders: [...ledger.orders.values()] }
  for (const match of bench.proposal.matches) bench.channels.comeOnline(match.counterpart.nodeKey)
  await run.prepare()
  run.makersOpen()
  await run.signBegin()
  const { batchId } = bench.proposal
  const txid = parseTxid(bench.signCase.txid)
  await run.runner.handle({ kind: 'finalize', batchId, txid }, run.stream)
  const chain = new FakeChain()
  const height = { best: blockHeight(bench.proposal.heightHint) }
  const cleaned: string[] = []
  const followed: string[] = []
  let told: typeof txid | undefined = txid
  const voids = new VoidBatches({
    ...{ ledger, chain, height, clock: new FakeClock(), logger: silent },
    auctioneer: { finalTransaction: () => Promise.resolve(told) },
    cleanUp: async (one) => void cleaned.push(one),
    followAccount: async (key) => void followed.push(key),
  })
  const blocks = async (count: number) => {
    let gone: ReadonlySet<string> = new Set()
    for (let i = 0; i < count; i++) {
      height.best = blockHeight(height.best + 1)
      gone = new Set([...gone, ...(await voids.blockSeen())])
      await settle()
    }
    return gone
  }
  const tell = (answer: typeof told): void => void (told = answer)
  return { ledger, before, txid, chain, height, voids, blocks, tell, cleaned, followed }
}

describe('a batch that stays out of the chain', () => {
  let one: Awaited<ReturnType<typeof finalBatch>>
  beforeEach(async () => {
    one = await finalBatch()
  })
  const conflict = (tx = rival): void => one.chain.liveSpends()[0]?.fire({ tx, height: one.height.best, inputIndex: 0 })

  it('is left alone while the auctioneer says that it is final', async () => {
    await one.blocks(10)
    expect(one.chain.spends).toEqual([])
    await one.blocks(30)
    expect(one.chain.liveSpends().length).toBe([...one.ledger.undos.values()][0]?.inputs.length)
  })

  it('is watched, and nothing more, when the auctioneer does not know it', async () => {
    one.tell(undefined)
    await one.blocks(2)
    expect(one.chain.spends).toEqual([])
    expect(await one.blocks(30)).toEqual(new Set())
    expect(one.chain.liveSpends().length).toBeGreaterThan(1)
    expect(one.ledger.batches.size).toBe(1)
  })

  it('is undone once the chain shows something else deep enough', async () => {
    one.tell(undefined)
    await one.blocks(4)
    conflict()
    await settle()
    expect(await one.blocks(1)).toEqual(new Set())
    expect(await one.blocks(1)).toEqual(new Set([one.txid]))
    const { ledger, before } = one
    for (const account of before.accounts) {
      const now = ledger.accounts.get(account.key)
      if (!isFunded(account) || now === undefined || !isFunded(now)) throw new Error('no account')
      expect([now.outpoint, now.value, now.batchKey]).toEqual([account.outpoint, account.value, account.batchKey])
    }
    for (const { order, state, unitsUnfulfilled } of before.orders) {
      const now = ledger.orders.get(order.nonce)
      expect([now?.state, now?.unitsUnfulfilled]).toEqual([state, unitsUnfulfilled])
    }
    expect([ledger.batches.size, ledger.undos.size]).toEqual([0, 0])
    expect([...ledger.leftovers.values()].map(({ txid, signed }) => [txid, signed])).toEqual([[one.txid, false]])
    expect(one.cleaned).toEqual([one.txid])
    expect(one.followed.length).toBeGreaterThan(0)
    expect(one.chain.liveSpends()).toEqual([])
  })

  it('is not undone for its own transaction', async () => {
    one.tell(undefined)
    await one.blocks(4)
    const own = [...one.ledger.batches.values()][0]?.transaction
    if (own === undefined) throw new Error('no batch')
    expect(txidOf(own)).toBe(one.txid)
    conflict(own)
    await settle()
    expect(await one.blocks(5)).toEqual(new Set())
    expect(one.ledger.batches.size).toBe(1)
  })

  it('is not undone for a conflict that a reorganisation took back', async () => {
    one.tell(undefined)
    await one.blocks(4)
    const [watch] = one.chain.liveSpends()
    conflict()
    await settle()
    watch?.undo?.()
    expect(await one.blocks(5)).toEqual(new Set())
    expect(one.ledger.batches.size).toBe(1)
    expect(one.chain.liveSpends().length).toBeGreaterThan(1)
  })

  it('leaves an order canceled that was canceled meanwhile', async () => {
    one.tell(undefined)
    const [order] = one.before.orders.filter(({ order: { nonce } }) => {
      const undo = [...one.ledger.undos.values()][0]
      return undo?.orders.some((had) => had.order.nonce === nonce)
    })
    const now = one.ledger.orders.get(order?.order.nonce ?? ('' as never))
    if (now === undefined) throw new Error('no order')
    await one.ledger.commit({ kind: 'order', record: { ...now, state: 'canceled' } })
    await one.blocks(4)
    conflict()
    await settle()
    await one.blocks(3)
    expect(one.ledger.orders.get(now.order.nonce)?.state).toBe('canceled')
  })

  it('is forgotten once it is deep in the chain', async () => {
    for (const account of one.ledger.accounts.values()) {
      await one.ledger.commit({ kind: 'account', account: { ...account, kind: 'open' } as typeof account })
    }
    await one.blocks(100)
    expect(one.ledger.undos.size).toBe(1)
    await one.blocks(60)
    expect(one.ledger.undos.size).toBe(0)
    expect(one.ledger.batches.size).toBe(1)
  })

  it('takes down what spends it', async () => {
    const { ledger } = one
    const [undo] = [...ledger.undos.values()]
    const [record] = [...ledger.batches.values()]
    if (undo === undefined || record === undefined) throw new Error('no batch')
    const txid = parseTxid('99'.repeat(32))
    const batchId = incrementBatchKey(record.batchId)
    const inputs = SpentOutputs.of([{ outpoint: outPoint(one.txid, 0), script: new Uint8Array(34) }])
    await ledger.commit({ kind: 'batch', record: { ...record, txid, batchId } })
    await ledger.commit({ kind: 'undo', undo: { ...undo, txid, batchId, inputs } })
    one.tell(undefined)
    await one.blocks(4)
    conflict()
    await settle()
    expect(await one.blocks(3)).toEqual(new Set([one.txid, txid]))
    expect([ledger.batches.size, ledger.undos.size]).toEqual([0, 0])
  })
})
