import { accountKey, orderNonce, satPerKWeight, satoshi, txid } from '@tidepool/crypto'
import type { AccountKey } from '@tidepool/crypto'
import { supplyUnits } from '@tidepool/market'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ChangeBench, VALUE, only, p2tr, p2wpkh, rate, refused } from '../../../test/kit/changeBench.ts'
import type { Run } from '../../../test/kit/changeBench.ts'
import { settle } from '../../../test/kit/fakeClock.ts'
import { accountIn, keyOf } from '../../../test/kit/samples.ts'
import { currentScript } from '../../core/account.ts'
import type { CoinLease, FundedAccount } from '../../core/account.ts'

let bench: ChangeBench
beforeEach(() => {
  bench = new ChangeBench()
})
afterEach(() => bench.close())

/** Another account of the same trader. */
const FOREIGN: FundedAccount = {
  ...(accountIn('open') as FundedAccount),
  key: accountKey(keyOf('another')),
  outpoint: { txid: txid('33'.repeat(32)), index: 2 },
}

describe('refused changes', () => {
  const whole = VALUE - 100_000n
  it.each<[string, string, (run: Run, key: AccountKey) => Promise<unknown>]>([
    [
      'CHANGE_FEE_RATE_TOO_LOW',
      'a fee rate of 252',
      (run, key) => run.changes.deposit(key, { amount: 1n, feeRate: satPerKWeight(252n) }),
    ],
    ['CHANGE_NO_AMOUNT', 'a deposit of nothing', (run, key) => run.changes.deposit(key, { amount: 0n, feeRate: rate })],
    [
      'ACCOUNT_VALUE_TOO_HIGH',
      'more than the cap',
      (run, key) => run.changes.deposit(key, { amount: 999_000_001n, feeRate: rate }),
    ],
    [
      'CHANGE_NO_OUTPUTS',
      'a withdrawal to nobody',
      (run, key) => run.changes.withdraw(key, { outputs: [], feeRate: rate }),
    ],
    [
      'ACCOUNT_VALUE_TOO_LOW',
      'less than the minimum left',
      (run, key) => run.changes.withdraw(key, { outputs: [{ ...p2wpkh, value: satoshi(whole) }], feeRate: rate }),
    ],
    [
      'CHANGE_OUTPUT_DUST',
      'dust',
      (run, key) => run.changes.withdraw(key, { outputs: [{ ...p2wpkh, value: satoshi(293) }], feeRate: rate }),
    ],
    [
      'CHANGE_OUTPUT_DUST',
      'zero',
      (run, key) => run.changes.withdraw(key, { outputs: [{ ...p2wpkh, value: satoshi(0) }], feeRate: rate }),
    ],
    [
      'CHANGE_OUTPUT_UNSUPPORTED',
      'a strange script',
      (run, key) => run.changes.withdraw(key, { outputs: [{ ...p2wpkh, script: Uint8Array.of(0x51) }], feeRate: rate }),
    ],
    [
      'CHANGE_OUTPUT_TO_ACCOUNT',
      "the account's own script",
      (run, key) =>
        run.changes.withdraw(key, { outputs: [{ ...p2wpkh, script: currentScript(only(run.ledger)) }], feeRate: rate }),
    ],
    [
      'ACCOUNT_EXPIRY_TOO_SOON',
      'an expiry too near',
      (run, key) => run.changes.renew(key, { expiry: 263, feeRate: rate }),
    ],
    [
      'ACCOUNT_EXPIRY_TOO_FAR',
      'an expiry too far',
      (run, key) => run.changes.renew(key, { expiry: 52_681, feeRate: rate }),
    ],
    [
      'CHANGE_EXCEEDS_INPUTS',
      'closing to more than there is',
      (run, key) => run.changes.close(key, { kind: 'list', outputs: [{ ...p2wpkh, value: satoshi(VALUE + 1n) }] }),
    ],
    ['CHANGE_NO_OUTPUTS', 'closing to nobody', (run, key) => run.changes.close(key, { kind: 'list', outputs: [] })],
    [
      'CHANGE_FEE_TOO_LOW',
      'closing without a fee',
      (run, key) => run.changes.close(key, { kind: 'list', outputs: [{ ...p2wpkh, value: VALUE }] }),
    ],
    [
      'CHANGE_OUTPUT_DUST',
      'a fee above the balance',
      (run, key) =>
        run.changes.close(key, {
          kind: 'one',
          script: p2tr.script,
          fee: { kind: 'rate', rate: satPerKWeight(9_000_000n) },
        }),
    ],
    ['ACCOUNT_STATE_REFUSED', 'a bump with nothing pending', (run, key) => run.changes.bumpFee(key, rate)],
    ['REQUEST_INVALID', 'a bump below 1 sat/vByte', (run, key) => run.changes.bumpFee(key, satPerKWeight(249n))],
  ])('%s: %s', async (code, _what, change) => {
    const { run, key } = await bench.opened()
    const before = only(run.ledger)
    await refused(change(run, key), code)
    expect(only(run.ledger)).toEqual(before)
    expect(bench.auctioneer.changes).toHaveLength(0)
    expect(bench.wallet.published).toHaveLength(0)
    expect(run.changes.changing.size).toBe(0)
  })

  it('any while another is unconfirmed, with what to do', async () => {
    const { run, key } = await bench.opened()
    await run.changes.renew(key, { expiry: 5000, feeRate: rate })
    const error = await refused(run.changes.deposit(key, { amount: 1000n, feeRate: rate }), 'ACCOUNT_STATE_REFUSED')
    expect(error.message).toMatch(/bumpfee/)
    const fee = { kind: 'rate', rate } as const
    await refused(run.changes.close(key, { kind: 'one', script: undefined, fee }), 'ACCOUNT_STATE_REFUSED')
  })

  it('any while a batch holds the account', async () => {
    const { run, key } = await bench.opened()
    bench.inBatch.add(key)
    await refused(run.changes.renew(key, { expiry: 5000, feeRate: rate }), 'ACCOUNT_IN_BATCH')
  })

  it('a second one at the same time', async () => {
    const { run, key } = await bench.opened()
    const first = run.changes.renew(key, { expiry: 5000, feeRate: rate })
    await refused(run.changes.renew(key, { expiry: 5100, feeRate: rate }), 'ACCOUNT_BUSY')
    expect(run.changes.changing.has(key)).toBe(true)
    await first
    expect(run.changes.changing.has(key)).toBe(false)
  })

  it('deposit and withdrawal past the expiry', async () => {
    const { run, key } = await bench.opened()
    bench.chain.reach(3000)
    await settle()
    const error = await refused(run.changes.deposit(key, { amount: 1000n, feeRate: rate }), 'ACCOUNT_STATE_REFUSED')
    expect(error.message).toMatch(/renew/)
    await refused(run.changes.withdraw(key, { outputs: [p2wpkh], feeRate: rate }), 'ACCOUNT_STATE_REFUSED')
  })

  it('what open orders need, naming them', async () => {
    const { run, key } = await bench.opened()
    await run.ledger.commit({ kind: 'order', record: bench.openOrder(key) })
    const outputs = [{ ...p2wpkh, value: satoshi(899_000n) }]
    const error = await refused(run.changes.withdraw(key, { outputs, feeRate: rate }), 'ACCOUNT_BALANCE_RESERVED')
    expect(error.message).toContain('0a'.repeat(32))
    const close = { kind: 'one', script: undefined, fee: { kind: 'rate', rate } } as const
    bench.auctioneer.orderStates.set(orderNonce('0a'.repeat(32)), {
      state: 'submitted',
      unitsUnfulfilled: supplyUnits(5),
    })
    expect((await refused(run.changes.close(key, close), 'ACCOUNT_ORDERS_OPEN')).message).toContain('0a'.repeat(32))
    bench.auctioneer.orderStates.set(orderNonce('0a'.repeat(32)), {
      state: 'canceled',
      unitsUnfulfilled: supplyUnits(5),
    })
    await run.changes.close(key, close)
  })

  it('coins chosen in another way than asked for, which are released', async () => {
    const { run, key } = await bench.opened()
    const deposit = () => run.changes.deposit(key, { amount: 1000n, feeRate: rate })
    bench.changes.spoil = (chosen) => ({ ...chosen, outputs: [...chosen.outputs, p2wpkh] })
    await refused(deposit(), 'WALLET_FUNDING_UNEXPECTED')
    bench.changes.spoil = (chosen) => ({ ...chosen, outputs: chosen.outputs.slice(0, 1) })
    await refused(deposit(), 'WALLET_FUNDING_UNEXPECTED')
    bench.changes.spoil = (chosen) => ({ ...chosen, coins: [] })
    await refused(deposit(), 'WALLET_FUNDING_UNEXPECTED')
    bench.changes.spoil = (chosen) => chosen
    bench.changes.signFailure = new Error('lnd is gone')
    await expect(deposit()).rejects.toThrow('lnd is gone')
    expect(bench.changes.released).toHaveLength(4)
    expect(only(run.ledger).kind).toBe('open')
  })

  it.each<[string, string, (own: FundedAccount) => CoinLease['outpoint'][]]>([
    ['CHANGE_INPUT_DUPLICATE', "the account's own output as a coin", (own) => [own.outpoint]],
    ['CHANGE_INPUT_DUPLICATE', 'a coin twice', () => [FOREIGN.outpoint, FOREIGN.outpoint]],
    ['CHANGE_INPUT_FOREIGN', 'the output of another account of ours', () => [FOREIGN.outpoint]],
  ])('%s: %s', async (code, _, outpoints) => {
    const { run, key } = await bench.opened()
    const before = only(run.ledger)
    if (code === 'CHANGE_INPUT_FOREIGN') await run.ledger.commit({ kind: 'account', account: FOREIGN })
    bench.changes.spoil = (chosen) => ({
      ...chosen,
      coins: outpoints(before).flatMap((outpoint) => chosen.coins.map((coin) => ({ ...coin, outpoint }))),
    })
    await refused(run.changes.deposit(key, { amount: 1000n, feeRate: rate }), code)
    expect(run.ledger.accounts.get(key)).toEqual(before)
    expect(bench.auctioneer.changes).toHaveLength(0)
    expect(bench.changes.released).toHaveLength(1)
  })

  it('by the auctioneer leave the account as it was', async () => {
    const { run, key } = await bench.opened()
    bench.auctioneer.failures.set('modifyAccount', new Error('not now'))
    await refused(run.changes.deposit(key, { amount: 1000n, feeRate: rate }), 'CHANGE_REFUSED')
    expect(bench.changes.released).toHaveLength(1)
    expect(only(run.ledger).kind).toBe('open')
    bench.auctioneer.failures.clear()
    await run.changes.deposit(key, { amount: 1000n, feeRate: rate })
  })
})
