import { blockHeight, incrementBatchKey, satPerKWeight, satoshi, txidOf } from '@tidepool/crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Bench, Crashed } from '../../test/kit/bench.ts'
import { settle } from '../../test/kit/fakeClock.ts'
import { FakeWallet } from '../../test/kit/fakeWallet.ts'
import { currentScript, isFunded } from '../core/account.ts'
import type { FundedAccount } from '../core/account.ts'
import { TraderError } from '../core/errors.ts'
import type { CrashPoint } from './crashPoints.ts'
import type { Ledger } from './ledger.ts'

const request = {
  value: satoshi(1_000_000),
  expiry: blockHeight(3000),
  version: 2,
  feeRate: satPerKWeight(500n),
} as const

let bench: Bench
beforeEach(() => {
  bench = new Bench()
})
afterEach(() => bench.close())

function only(ledger: Ledger): FundedAccount {
  const [account] = [...ledger.accounts.values()]
  if (account === undefined || !isFunded(account)) throw new Error('no funded account')
  return account
}

describe('opening an account', () => {
  it('reserves, funds, announces, waits for confirmations, subscribes', async () => {
    const run = await bench.run()
    const account = await run.accounts.open(request)
    expect(account.kind).toBe('pendingOpen')
    expect(bench.wallet.sent).toHaveLength(1)
    expect(bench.wallet.sent[0]?.feeRate).toBe(500n)
    expect(bench.auctioneer.inits).toMatchObject([
      { key: account.key, value: request.value, version: 2, outpoint: { index: 1 } },
    ])
    await settle()
    const [watch] = bench.chain.confirmations
    expect(watch?.request).toMatchObject({ confirmations: 3, heightHint: 1 })
    watch?.fire({ tx: only(run.ledger).latestTx, height: blockHeight(125) })
    await settle()
    expect(only(run.ledger)).toMatchObject({ kind: 'open', heightHint: 125 })
    expect(run.subscribed).toEqual([account.key])
    expect(bench.chain.spends).toHaveLength(1)
  })

  it.each([0, 1, 2] as const)('asks for version %i and says so when it is refused', async (version) => {
    const run = await bench.run()
    bench.auctioneer.failures.set('reserveAccount', new Error('version not served'))
    await expect(run.accounts.open({ ...request, version })).rejects.toMatchObject({ code: 'ACCOUNT_REFUSED' })
    bench.auctioneer.failures.clear()
    expect((await run.accounts.open({ ...request, version })).version).toBe(version)
  })

  it.each([
    [{ value: satoshi(99_999) }, 'ACCOUNT_VALUE_TOO_LOW'],
    [{ value: satoshi(1_000_000_001) }, 'ACCOUNT_VALUE_TOO_HIGH'],
    [{ expiry: blockHeight(263) }, 'ACCOUNT_EXPIRY_TOO_SOON'],
    [{ expiry: blockHeight(52_681) }, 'ACCOUNT_EXPIRY_TOO_FAR'],
    [{ feeRate: satPerKWeight(252n) }, 'FEE_RATE_TOO_LOW'],
  ])('refuses %o before a key is used up', async (change, code) => {
    const run = await bench.run()
    await expect(run.accounts.open({ ...request, ...change })).rejects.toMatchObject({ code })
    expect((await bench.wallet.nextKey(220)).index).toBe(0)
    expect(run.ledger.accounts.size).toBe(0)
  })

  it('a wallet that refuses leaves no account that would be funded later', async () => {
    const run = await bench.run()
    const error = new TraderError({ code: 'WALLET_CANNOT_FUND', reason: 'no coins' }, 'no coins')
    bench.wallet.sendFailure = { error, lost: false }
    await expect(run.accounts.open(request)).rejects.toMatchObject({ code: 'WALLET_CANNOT_FUND' })
    expect([...run.ledger.accounts.values()]).toMatchObject([{ kind: 'canceledAfterRecovery' }])
  })

  it('a lost answer of the wallet does not pay twice', async () => {
    const run = await bench.run()
    bench.wallet.sendFailure = { error: new Error('deadline exceeded'), lost: true }
    expect((await run.accounts.open(request)).kind).toBe('pendingOpen')
    expect(bench.wallet.sent).toHaveLength(1)
  })

  it('an auctioneer that refuses the funded account is asked again', async () => {
    const run = await bench.run()
    bench.auctioneer.failures.set('initAccount', new Error('try later'))
    await expect(run.accounts.open(request)).rejects.toMatchObject({ code: 'ACCOUNT_REFUSED' })
    bench.auctioneer.failures.clear()
    await bench.clock.advance(5000)
    expect(bench.auctioneer.inits).toHaveLength(1)
    expect(only(run.ledger).kind).toBe('pendingOpen')
  })
})

describe('a restart while opening', () => {
  const points: readonly CrashPoint[] = ['after-reserve', 'after-fund', 'before-init']

  it.each(points)('%s: goes on without paying twice', async (crashAt) => {
    const first = await bench.run({ crashAt })
    await expect(first.accounts.open(request)).rejects.toBeInstanceOf(Crashed)
    await first.stop()
    const second = await bench.run()
    await second.accounts.start()
    await settle()
    expect(bench.wallet.sent).toHaveLength(1)
    expect(bench.auctioneer.inits).toHaveLength(1)
    const account = only(second.ledger)
    expect(account.kind).toBe('pendingOpen')
    expect(txidOf(bench.wallet.sent[0]?.tx ?? account.latestTx)).toBe(account.outpoint.txid)
    expect(bench.chain.liveConfirmations()).toHaveLength(1)
  })

  it('the confirmation of an output that a batch has moved since does not open the new one', async () => {
    const { accounts, ledger } = await bench.run()
    await accounts.open(request)
    const account = only(ledger)
    const moved = { ...account, kind: 'pendingBatch', outpoint: { ...account.outpoint, index: 7 } } as const
    const applied = ledger.commit({ kind: 'account', account: moved })
    bench.chain.liveConfirmations()[0]?.fire({ tx: account.latestTx, height: blockHeight(123) })
    await applied
    await settle()
    expect(only(ledger)).toEqual(moved)
  })

  it('another seed behind lnd is noticed', async () => {
    const first = await bench.run()
    await first.accounts.open(request)
    await first.stop()
    Object.assign(bench, { wallet: new FakeWallet('another seed') })
    const second = await bench.run()
    await expect(second.accounts.start()).rejects.toMatchObject({ code: 'LND_WRONG_SEED' })
  })
})

describe('an open account', () => {
  async function opened() {
    const run = await bench.run()
    await run.accounts.start()
    await run.accounts.open(request)
    await settle()
    bench.chain.confirmations[0]?.fire({ tx: only(run.ledger).latestTx, height: blockHeight(125) })
    await settle()
    return run
  }

  it('expires at its height', async () => {
    const run = await opened()
    bench.chain.reach(2999)
    await settle()
    expect(only(run.ledger).kind).toBe('open')
    bench.chain.reach(3000)
    await settle()
    expect(only(run.ledger).kind).toBe('expired')
  })

  it('spent by its expiry path is closed', async () => {
    const run = await opened()
    const { outpoint } = only(run.ledger)
    const witness = [new Uint8Array(), new Uint8Array(71), new Uint8Array(78)]
    const input = { prevout: outpoint, scriptSig: new Uint8Array(), sequence: 0, witness }
    const tx = { version: 2, lockTime: 3000, inputs: [input], outputs: [] }
    bench.chain.liveSpends()[0]?.fire({ tx, height: blockHeight(3001), inputIndex: 0 })
    await settle()
    expect(only(run.ledger)).toMatchObject({ kind: 'closed', heightHint: 3001 })
    expect(run.spends).toHaveLength(0)
  })

  it('moved by a batch that is not on record is followed to its new output', async () => {
    const run = await opened()
    const before = only(run.ledger)
    const next = { ...before, batchKey: incrementBatchKey(before.batchKey) }
    const input = { prevout: before.outpoint, scriptSig: new Uint8Array(), sequence: 0, witness: [new Uint8Array(64)] }
    const output = { value: satoshi(800_000), script: currentScript(next) }
    const tx = { version: 2, lockTime: 0, inputs: [input], outputs: [output] }
    bench.chain.liveSpends()[0]?.fire({ tx, height: blockHeight(130), inputIndex: 0 })
    await settle()
    expect(run.spends).toHaveLength(1)
    expect(only(run.ledger)).toMatchObject({
      kind: 'pendingBatch',
      value: 800_000n,
      batchKey: next.batchKey,
      outpoint: { index: 0 },
    })
  })

  it('spent together with the auctioneer, without a new output, is closed', async () => {
    const run = await opened()
    const input = {
      prevout: only(run.ledger).outpoint,
      scriptSig: new Uint8Array(),
      sequence: 0,
      witness: [new Uint8Array(64)],
    }
    const tx = { version: 2, lockTime: 0, inputs: [input], outputs: [] }
    bench.chain.liveSpends()[0]?.fire({ tx, height: blockHeight(130), inputIndex: 0 })
    await settle()
    expect(only(run.ledger).kind).toBe('closed')
  })

  it('spent in an unknown way stays as it is', async () => {
    const run = await opened()
    const input = { prevout: only(run.ledger).outpoint, scriptSig: new Uint8Array(), sequence: 0, witness: [] }
    const tx = { version: 2, lockTime: 0, inputs: [input], outputs: [] }
    bench.chain.liveSpends()[0]?.fire({ tx, height: blockHeight(130), inputIndex: 0 })
    await settle()
    expect(only(run.ledger).kind).toBe('open')
  })
})
