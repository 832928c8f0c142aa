import {
  SighashCache,
  accountOutput,
  blockHeight,
  classifySpend,
  equalBytes,
  idToBytes,
  satPerKWeight,
  toHex,
  txidOf,
  verifyDer,
  verifySchnorr,
} from '@tidepool/crypto'
import type { TxOutput } from '@tidepool/crypto'
import { ClmError } from '@tidepool/crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Crashed } from '../../../test/kit/bench.ts'
import { ChangeBench, VALUE, only, p2tr, p2wpkh, rate, refused } from '../../../test/kit/changeBench.ts'
import type { Run } from '../../../test/kit/changeBench.ts'
import { settle } from '../../../test/kit/fakeClock.ts'
import { currentScript } from '../../core/account.ts'
import type { CoinLease, FundedAccount } from '../../core/account.ts'
import { StartupError } from '../../core/errors.ts'
import type { CrashPoint } from '../crashPoints.ts'
import { readLabel } from '../txLabel.ts'

let bench: ChangeBench
beforeEach(() => {
  bench = new ChangeBench()
})
afterEach(() => bench.close())

/** Verifies the witness of the account's input in its latest transaction as the chain would. */
function checkWitness(before: FundedAccount, tx = before.latestTx, coins: readonly TxOutput[] = []): void {
  const output = accountOutput({ ...before, traderKey: before.key })
  const index = tx.inputs.findIndex(({ prevout }) => prevout.txid === before.outpoint.txid)
  const own = { value: before.value, script: output.script }
  const prevOutputs = tx.inputs.map((_, i) => (i === index ? own : (coins[0] ?? own)))
  const witness = tx.inputs.at(index)?.witness ?? []
  const cache = new SighashCache(tx, prevOutputs)
  if (output.kind === 'p2wsh') {
    const digest = cache.segwitV0(index, output.witnessScript)
    const [first, second] = witness.map((part) => part.subarray(0, -1))
    expect(verifyDer(digest, idToBytes(output.tweakedTraderKey), second ?? new Uint8Array())).toBe(true)
    if (classifySpend(witness) === 'expiry') return
    expect(verifyDer(digest, idToBytes(output.tweakedAuctioneerKey), first ?? new Uint8Array())).toBe(true)
    return
  }
  const signature = witness[0] ?? new Uint8Array()
  const [digest, key] =
    classifySpend(witness) === 'expiry'
      ? [cache.taprootLeaf(index, output.merkleRoot), idToBytes(output.tweakedTraderKey).subarray(1)]
      : [cache.taprootKeyPath(index), output.outputKey]
  expect(verifySchnorr(digest, key, signature)).toBe(true)
}

const VERSIONS = [0, 1, 2] as const

describe.each(VERSIONS)('an account of version %i', (version) => {
  it('takes a deposit that the wallet pays for', async () => {
    const { run, key } = await bench.opened(version)
    const before = only(run.ledger)
    const { account, txid } = await run.changes.deposit(key, { amount: 500_000n, feeRate: rate, version })
    const now = only(run.ledger)
    expect(account).toEqual(now)
    expect(now).toMatchObject({ kind: 'pendingUpdate', value: 1_500_000n, version, expiry: before.expiry })
    expect(now.outpoint.txid).toBe(txid)
    const made = now.latestTx.outputs.at(now.outpoint.index)
    expect(made?.value === now.value && equalBytes(made.script, currentScript(now))).toBe(true)
    expect(bench.wallet.published.map(txidOf)).toEqual([txid])
    expect(now.latestTx.inputs.every(({ sequence }) => sequence === 0)).toBe(true)
    checkWitness(before, now.latestTx, now.change?.coins.map(({ output }) => output) ?? [])
    expect(bench.auctioneer.changes[0]).toMatchObject({ params: { value: 1_500_000n, expiry: 3000, version } })
    expect(bench.auctioneer.changes[0]?.traderNonces).toHaveLength(version === 0 ? 0 : 66)
    expect(bench.auctioneer.changes[0]?.prevOutputs).toHaveLength(2)
    expect(bench.changes.released).toHaveLength(0)
    await bench.confirm(run)
    expect(only(run.ledger).kind).toBe('open')
    expect(only(run.ledger).change).toEqual(now.change)
  })

  it('pays several outputs and keeps the rest', async () => {
    const { run, key } = await bench.opened(version)
    const before = only(run.ledger)
    await run.changes.withdraw(key, { outputs: [p2wpkh, p2tr], feeRate: rate, version, expiry: 4000 })
    const now = only(run.ledger)
    // One input, a P2WSH-sized output and the two: 4·(10 + 41 + 43 + 31 + 43) + 2 + witness.
    const weight = 4n * (10n + 41n + 43n + 31n + 43n) + 2n + (version === 0 ? 229n : 66n)
    expect(now.value).toBe(VALUE - 300_000n - (750n * weight) / 1000n)
    expect(now).toMatchObject({ kind: 'pendingUpdate', expiry: 4000 })
    checkWitness(before, now.latestTx)
    expect(readLabel(now.change?.label ?? '')).toMatchObject({ action: 'withdraw', fee: (750n * weight) / 1000n })
  })

  it('is renewed, also after its expiry', async () => {
    const { run, key } = await bench.opened(version)
    bench.chain.reach(3001)
    await settle()
    const before = only(run.ledger)
    expect(before.kind).toBe('expired')
    await run.changes.renew(key, { expiry: 6000, feeRate: rate, version })
    const now = only(run.ledger)
    expect(now).toMatchObject({ kind: 'pendingUpdate', expiry: 6000 })
    expect(now.latestTx.lockTime).toBe(0)
    checkWitness(before, now.latestTx)
  })

  it('is closed with the auctioneer', async () => {
    const { run, key } = await bench.opened(version)
    const before = only(run.ledger)
    const txid = await run.changes.close(key, { kind: 'one', script: undefined, fee: { kind: 'rate', rate } })
    const now = only(run.ledger)
    expect(now).toMatchObject({ kind: 'pendingClosed', value: 0n, outpoint: before.outpoint })
    expect(txidOf(now.latestTx)).toBe(txid)
    expect(now.latestTx.outputs.at(0)?.script[0]).toBe(version === 0 ? 0 : 0x51)
    expect(bench.auctioneer.changes[0]?.params).toBeUndefined()
    checkWitness(before, now.latestTx)
    const spend = { tx: now.latestTx, height: blockHeight(140), inputIndex: 0 }
    bench.chain.liveSpends().at(-1)?.fire(spend)
    await settle()
    expect(only(run.ledger).kind).toBe('closed')
    bench.chain.spends.at(-1)?.undo?.()
    await settle()
    expect(only(run.ledger).kind).toBe('pendingClosed')
  })

  it('is closed alone once it has expired, with the auctioneer gone', async () => {
    const { run, key } = await bench.opened(version)
    const before = only(run.ledger)
    bench.chain.reach(3000)
    await settle()
    const gone = new StartupError({ code: 'AUCTIONEER_UNREACHABLE', server: 'x', reason: 'gone' }, 'gone')
    for (const call of ['terms', 'modifyAccount', 'orderState']) bench.auctioneer.failures.set(call, gone)
    await run.ledger.commit({ kind: 'order', record: bench.openOrder(key) })
    await run.changes.close(key, { kind: 'list', outputs: [p2wpkh, p2tr] })
    const now = only(run.ledger)
    expect(now).toMatchObject({ kind: 'pendingClosed' })
    expect(now.latestTx.lockTime).toBe(3000)
    expect(classifySpend(now.latestTx.inputs.at(0)?.witness ?? [])).toBe('expiry')
    checkWitness(before, now.latestTx)
    expect(bench.auctioneer.changes).toHaveLength(0)
  })

  it.each(VERSIONS.filter((to) => to > version))('becomes version %i on the way', async (to) => {
    const { run, key } = await bench.opened(version)
    const before = only(run.ledger)
    await run.changes.renew(key, { expiry: 5000, feeRate: rate, version: to })
    const now = only(run.ledger)
    expect(now.version).toBe(to)
    checkWitness(before, now.latestTx)
    await bench.confirm(run)
    await run.changes.renew(key, { expiry: 5100, feeRate: rate, version: to })
    checkWitness(now, only(run.ledger).latestTx)
  })

  it('never goes back to an older version', async () => {
    const { run, key } = await bench.opened(version)
    for (const to of VERSIONS.filter((one) => one < version)) {
      const renewal = run.changes.renew(key, { expiry: 5000, feeRate: rate, version: to })
      await expect(renewal).rejects.toMatchObject({ code: 'CHANGE_VERSION_DOWNGRADE' })
    }
    expect(bench.auctioneer.changes).toHaveLength(0)
  })

  it('stores nothing with a bad signature of the auctioneer', async () => {
    const { run, key } = await bench.opened(version)
    const before = only(run.ledger)
    const spoilt = [
      (bytes: Uint8Array) => Uint8Array.from(bytes, (byte, i) => (i === 20 ? byte ^ 1 : byte)),
      (bytes: Uint8Array) => bytes.subarray(0, -1),
      () => new Uint8Array(),
    ]
    for (const spoil of spoilt) {
      bench.auctioneer.spoil = ({ signature, nonces }) => ({ signature: spoil(signature), nonces })
      await refused(run.changes.renew(key, { expiry: 5000, feeRate: rate, version }), 'AUCTIONEER_SIGNATURE_INVALID')
      await refused(
        run.changes.deposit(key, { amount: 50_000n, feeRate: rate, version }),
        'AUCTIONEER_SIGNATURE_INVALID',
      )
    }
    expect(only(run.ledger)).toEqual(before)
    expect(bench.wallet.published).toHaveLength(0)
    expect(bench.changes.released).toHaveLength(3)
    expect(bench.changes.openSessions).toBe(0)
  })
})

/** The lease as a crash leaves it: of the coin that the change spends, if it was stored. */
function leaseOf(run: Run): CoinLease {
  const [coin] = only(run.ledger).change?.coins ?? []
  return { id: new Uint8Array(32), outpoint: coin?.outpoint ?? only(run.ledger).outpoint }
}

describe('a change on the chain', () => {
  it('that nodes refuse is undone', async () => {
    const { run, key } = await bench.opened()
    const before = only(run.ledger)
    bench.wallet.publishFailure = new ClmError({ code: 'LND_FEE_TOO_LOW' }, 'min relay fee not met')
    await refused(run.changes.renew(key, { expiry: 5000, feeRate: rate }), 'CHANGE_NOT_PUBLISHED')
    expect(only(run.ledger)).toMatchObject({ kind: 'open', expiry: before.expiry, outpoint: before.outpoint })
    bench.wallet.publishFailure = undefined
    await run.changes.renew(key, { expiry: 5000, feeRate: satPerKWeight(2000n) })
    expect(only(run.ledger).kind).toBe('pendingUpdate')
  })

  it('that could not be published is published with the next block', async () => {
    const { run, key } = await bench.opened()
    bench.wallet.publishFailure = new Error('lnd is restarting')
    await run.changes.renew(key, { expiry: 5000, feeRate: rate })
    bench.wallet.publishFailure = undefined
    bench.chain.reach(130)
    await settle()
    expect(bench.wallet.published).toHaveLength(1)
  })

  it('whose coin is spent elsewhere leaves the account as it was, and counts if it confirms after all', async () => {
    const { run, key } = await bench.opened()
    const before = only(run.ledger)
    await run.changes.deposit(key, { amount: 500_000n, feeRate: rate })
    const { latestTx: deposit, change } = only(run.ledger)
    const coin = change?.coins[0]
    await settle()
    const watch = bench.chain.liveSpends().find(({ request }) => request.outpoint.txid === coin?.outpoint.txid)
    const input = { prevout: coin?.outpoint ?? before.outpoint, scriptSig: new Uint8Array(), sequence: 0, witness: [] }
    const other = { version: 2, lockTime: 0, inputs: [input], outputs: [p2wpkh] }
    watch?.fire({ tx: other, height: blockHeight(130), inputIndex: 0 })
    await settle()
    expect(only(run.ledger)).toMatchObject({ kind: 'open', value: VALUE, outpoint: before.outpoint })
    const spend = bench.chain.liveSpends().find(({ request }) => request.outpoint.txid === before.outpoint.txid)
    spend?.fire({ tx: deposit, height: blockHeight(131), inputIndex: 0 })
    await settle()
    expect(only(run.ledger)).toMatchObject({ kind: 'pendingUpdate', value: 1_500_000n })
  })

  it('waits again when a reorganisation undoes it', async () => {
    const { run, key } = await bench.opened()
    await run.changes.renew(key, { expiry: 5000, feeRate: rate })
    await bench.confirm(run)
    bench.chain.confirmations.at(-1)?.undo?.()
    await settle()
    expect(only(run.ledger).kind).toBe('pendingUpdate')
    await bench.confirm(run)
    expect(only(run.ledger).kind).toBe('open')
  })

  it('that does not confirm is overtaken once what it spends has expired; so is a close', async () => {
    const { run, key } = await bench.opened()
    const before = only(run.ledger)
    await run.changes.renew(key, { expiry: 9000, feeRate: rate })
    const close = (perKw: bigint) =>
      run.changes.close(key, { kind: 'one', script: p2tr.script, fee: { kind: 'rate', rate: satPerKWeight(perKw) } })
    await refused(close(1000n), 'ACCOUNT_STATE_REFUSED')
    bench.chain.reach(3000)
    await settle()
    await close(1000n)
    expect(only(run.ledger)).toMatchObject({ kind: 'pendingClosed', outpoint: before.outpoint })
    checkWitness(before, only(run.ledger).latestTx)
    const cheap = only(run.ledger)
    bench.wallet.publishFailure = new ClmError({ code: 'LND_FEE_TOO_LOW' }, 'insufficient fee')
    await refused(close(1001n), 'CHANGE_NOT_PUBLISHED')
    expect(only(run.ledger)).toEqual(cheap)
    bench.wallet.publishFailure = undefined
    await close(5000n)
    expect(only(run.ledger).latestTx.outputs.at(0)?.value).toBeLessThan(cheap.latestTx.outputs.at(0)?.value ?? 0n)
    checkWitness(before, only(run.ledger).latestTx)
    const renewal = bench.wallet.published[0] ?? cheap.latestTx
    bench.chain
      .liveSpends()
      .at(-1)
      ?.fire({ tx: renewal, height: blockHeight(3005), inputIndex: 0 })
    await settle()
    expect(only(run.ledger)).toMatchObject({ kind: 'pendingUpdate', expiry: 9000 })
  })

  it('is paid more for by the first output the wallet owns', async () => {
    const { run, key } = await bench.opened()
    await run.changes.deposit(key, { amount: 500_000n, feeRate: rate })
    bench.changes.foreign = new Set([0])
    await run.changes.bumpFee(key, satPerKWeight(2000n))
    expect(bench.changes.bumped).toEqual([`${only(run.ledger).outpoint.txid}:1`])
    bench.changes.foreign = new Set([0, 1])
    await refused(run.changes.bumpFee(key, satPerKWeight(2000n)), 'NO_OUTPUT_TO_BUMP')
  })
})

describe('a restart while changing', () => {
  it.each<[CrashPoint, 'open' | 'pendingUpdate', number]>([
    ['before-modify', 'open', 0],
    ['after-modify', 'open', 0],
    ['before-publish', 'pendingUpdate', 0],
    ['after-publish', 'pendingUpdate', 1],
  ])('%s: is %s', async (crashAt, kind, published) => {
    const { run, key } = await bench.opened(0, crashAt)
    const opening = only(run.ledger).outpoint.txid
    await expect(run.changes.renew(key, { expiry: 5000, feeRate: rate, version: 0 })).rejects.toBeInstanceOf(Crashed)
    await run.stop()
    expect(bench.wallet.published).toHaveLength(published)
    const second = await bench.run()
    expect(only(second.ledger).kind).toBe(kind)
    await second.accounts.start()
    await settle()
    if (kind === 'open') await second.changes.renew(key, { expiry: 5000, feeRate: rate, version: 0 })
    await settle()
    // A young opening is offered again at a start, lest a reorganisation undid it.
    const renewals = bench.wallet.published.filter((tx) => txidOf(tx) !== opening)
    expect(renewals.length).toBeGreaterThan(0)
    const [made] = renewals
    expect(renewals.every((tx) => txidOf(tx) === txidOf(made ?? tx))).toBe(true)
    await bench.confirm(second)
    expect(only(second.ledger)).toMatchObject({ kind: 'open', expiry: 5000 })
    expect(toHex(currentScript(only(second.ledger)))).toBe(toHex(made?.outputs.at(0)?.script ?? new Uint8Array()))
  })

  it.each<[CrashPoint, number]>([
    ['before-modify', 1],
    ['after-modify', 1],
    ['before-publish', 0],
  ])('%s of a deposit: %i of its coins is free again', async (crashAt, freed) => {
    const { run, key } = await bench.opened(0, crashAt)
    const deposit = { amount: 5000n, feeRate: rate, version: 0 }
    await expect(run.changes.deposit(key, deposit)).rejects.toBeInstanceOf(Crashed)
    bench.changes.released.length = 0
    await run.ledger.commit({ kind: 'coinLeases', account: key, leases: [leaseOf(run)] })
    await run.stop()
    const second = await bench.run()
    await second.accounts.start()
    await second.changes.start()
    expect(bench.changes.released).toHaveLength(freed)
    expect(second.ledger.coinLeases.size).toBe(0)
  })

  it('before-publish of a close: it is published', async () => {
    const { run, key } = await bench.opened(2, 'before-publish')
    const close = { kind: 'one', script: undefined, fee: { kind: 'rate', rate } } as const
    await expect(run.changes.close(key, close)).rejects.toBeInstanceOf(Crashed)
    await run.stop()
    const second = await bench.run()
    await second.accounts.start()
    await settle()
    expect(bench.wallet.published.map(txidOf)).toEqual([txidOf(only(second.ledger).latestTx)])
    expect(only(second.ledger).kind).toBe('pendingClosed')
  })
})
