import { blockHeight, formatOutPoint, incrementBatchKey, satPerKWeight, txid, txidOf } from '@tidepool/crypto'
import type { AccountVersion, OutPoint, OutPointText, TxOutput } from '@tidepool/crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nestedScriptSig, pay, scripts, testAccount } from '../../test/accounts.ts'
import { accountScriptOf } from '../account.ts'
import { checkChange } from './check.ts'
import type { CheckedChange } from './check.ts'
import { planClose, planWithdrawal } from './plan.ts'
import { changeKind, modifyRequest, partsOfRequest, sortedPrevOutputs } from './request.ts'
import { changedTerms } from './terms.ts'
import { buildChange } from './transaction.ts'
import type { ChangeInput, ChangeParts } from './transaction.ts'

const LIMITS = { maxValue: 10n ** 10n, bestHeight: blockHeight(1_000) }
const coin = (n: number): OutPoint => ({ txid: txid(n.toString(16).padStart(2, '0').repeat(32)), index: n })

interface Coin extends ChangeInput {
  readonly spent: TxOutput
}

function check(parts: Omit<ChangeParts, 'inputs'>, coins: readonly Coin[] = []): CheckedChange {
  const full = { ...parts, inputs: coins.map(({ outpoint, sigScript }) => ({ outpoint, sigScript })) }
  const known = new Map<OutPointText, TxOutput>(coins.map((c) => [formatOutPoint(c.outpoint), c.spent]))
  const prevOutputs = sortedPrevOutputs(buildChange(full).transaction, full.account, known)
  return checkChange(full, prevOutputs, 'cooperative')
}

const p2wkhCoin = (n: number, value = 500_000n): Coin => ({
  outpoint: coin(n),
  sigScript: new Uint8Array(),
  spent: pay(value, scripts.p2wkh(n)),
})

describe('shape', () => {
  test('inputs and outputs sorted, everything else fixed', () => {
    const account = testAccount()
    const terms = changedTerms(account, { value: account.value + 400_000n, expiry: 2_000, version: 2 })
    const change = check({ account, terms, outputs: [pay(60_000, scripts.p2wkh(3))] }, [p2wkhCoin(0xff), p2wkhCoin(1)])
    const { transaction, next, accountInput } = change
    expect([transaction.version, transaction.lockTime]).toEqual([2, 0])
    expect(transaction.inputs.map(({ sequence }) => sequence)).toEqual([0, 0, 0])
    expect(transaction.inputs.map(({ prevout }) => prevout)).toEqual([coin(1), account.outpoint, coin(0xff)])
    expect(accountInput).toBe(1)
    expect(next).toMatchObject({ version: 2, value: 1_400_000n, outpoint: { txid: change.txid, index: 1 } })
    expect(next?.batchKey).toBe(incrementBatchKey(account.batchKey))
    expect(change.fee).toBe(540_000n)
  })

  test('the scriptSig of a nested coin counts for the txid', () => {
    const account = testAccount()
    const terms = changedTerms(account, { value: account.value, expiry: 2_000, version: 0 })
    const nested = { ...p2wkhCoin(1), sigScript: nestedScriptSig(1), spent: pay(500_000, scripts.p2sh(1)) }
    const with_ = check({ account, terms, outputs: [pay(400_000, scripts.p2wkh(3))] }, [nested])
    const bare = with_.transaction.inputs.map((input) => ({ ...input, scriptSig: new Uint8Array() }))
    expect(with_.txid).not.toBe(txidOf({ ...with_.transaction, inputs: bare }))
    expect(with_.next?.outpoint.txid).toBe(with_.txid)
  })
})

describe('refusals', () => {
  const account = testAccount({ version: 2, value: 500_000 })
  const terms = changedTerms(account, { value: 400_000n, expiry: 2_000, version: 2 })
  const nextScript = accountScriptOf({ ...terms, outpoint: account.outpoint })
  const out = pay(90_000, scripts.p2wkh(1))
  const exotic = pay(90_000, Uint8Array.of(0x6a, 1, 1))
  test.each([
    ['output to its own script', 'CHANGE_OUTPUT_TO_ACCOUNT', { outputs: [pay(90_000, accountScriptOf(account))] }, []],
    ['output to its next script', 'CHANGE_OUTPUT_TO_ACCOUNT', { outputs: [pay(90_000, nextScript)] }, []],
    ['exotic output', 'CHANGE_OUTPUT_UNSUPPORTED', { outputs: [exotic] }, []],
    ['dust', 'CHANGE_OUTPUT_DUST', { outputs: [pay(293, scripts.p2wkh(1))] }, []],
    ['nothing at all', 'CHANGE_OUTPUT_DUST', { outputs: [pay(0, scripts.p2tr(1))] }, []],
    ['input twice', 'CHANGE_INPUT_DUPLICATE', { outputs: [out] }, [p2wkhCoin(1), p2wkhCoin(1)]],
    [
      'own input again',
      'CHANGE_INPUT_DUPLICATE',
      { outputs: [out] },
      [{ ...p2wkhCoin(1), outpoint: account.outpoint }],
    ],
    [
      'P2WSH coin',
      'CHANGE_INPUT_UNSUPPORTED',
      { outputs: [out] },
      [{ ...p2wkhCoin(1), spent: pay(1_000, scripts.p2wsh(1)) }],
    ],
    [
      'P2SH coin without its redeem script',
      'CHANGE_INPUT_UNSUPPORTED',
      { outputs: [out] },
      [{ ...p2wkhCoin(1), spent: pay(1_000, scripts.p2sh(1)) }],
    ],
    ['more out than in', 'CHANGE_EXCEEDS_INPUTS', { outputs: [pay(100_001, scripts.p2wkh(1))] }, []],
    ['no fee', 'CHANGE_FEE_TOO_LOW', { outputs: [pay(100_000, scripts.p2wkh(1))] }, []],
    ['close with coins', 'CHANGE_CLOSE_WITH_INPUTS', { terms: undefined, outputs: [out] }, [p2wkhCoin(1)]],
    ['close to nobody', 'CHANGE_NO_OUTPUTS', { terms: undefined, outputs: [] }, []],
  ] as const)('%s', (_, code, parts, coins) => {
    const run = () => check({ account, terms, ...parts }, coins)
    expect(run).toThrow(expect.objectContaining({ code }))
  })

  test('the lowest fee that passes', () => {
    const weight = 4 * (10 + 41 + 43 + 31) + 2 + 66
    const fee = (253n * BigInt(weight)) / 1000n
    const run = (missing: bigint) => check({ account, terms, outputs: [pay(100_000n - fee + missing, out.script)] })
    expect(run(0n).fee).toBe(fee)
    expect(() => run(1n)).toThrow(expect.objectContaining({ code: 'CHANGE_FEE_TOO_LOW' }))
  })

  test('spent outputs must be complete and true of the account', () => {
    const parts = { account, terms, inputs: [], outputs: [out] }
    const own = pay(500_000, accountScriptOf(account))
    const run = (prevOutputs: readonly TxOutput[]) => () => checkChange(parts, prevOutputs, 'cooperative')
    expect(run([own])).not.toThrow()
    expect(run([])).toThrow(expect.objectContaining({ code: 'CHANGE_PREVIOUS_OUTPUTS' }))
    expect(run([own, own])).toThrow(expect.objectContaining({ code: 'CHANGE_PREVIOUS_OUTPUTS' }))
    expect(run([pay(500_001, own.script)])).toThrow(expect.objectContaining({ code: 'CHANGE_ACCOUNT_OUTPUT_DIFFERS' }))
    expect(run([pay(500_000, out.script)])).toThrow(expect.objectContaining({ code: 'CHANGE_ACCOUNT_OUTPUT_DIFFERS' }))
  })

  test('coins of others', () => {
    const parts = { account, terms, inputs: [p2wkhCoin(1)], outputs: [out] }
    const run = () => checkChange(parts, [], 'cooperative', () => true)
    expect(run).toThrow(expect.objectContaining({ code: 'CHANGE_INPUT_FOREIGN' }))
  })
})

const arbitraryCoin = fc
  .record({
    n: fc.integer({ min: 1, max: 0x99 }),
    kind: fc.constantFrom('p2wkh', 'p2tr', 'p2sh'),
    value: fc.bigInt(1_000n, 10n ** 7n),
  })
  .map(({ n, kind, value }): Coin => ({
    outpoint: coin(n),
    sigScript: kind === 'p2sh' ? nestedScriptSig(n) : new Uint8Array(),
    spent: pay(value, scripts[kind as 'p2wkh'](n)),
  }))

describe('both sides', () => {
  test('build the same transaction from a request', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<AccountVersion>(0, 1, 2),
        fc.uniqueArray(arbitraryCoin, { maxLength: 5, selector: ({ outpoint }) => outpoint.index }),
        fc.array(fc.integer({ min: 1, max: 255 }), { maxLength: 4 }),
        fc.boolean(),
        (version, coins, changes, closes) => {
          const account = testAccount({ version, value: 5_000_000 })
          const outputs = (closes ? [1, ...changes] : changes).map((n) => pay(20_000, scripts.p2tr(n)))
          const used = closes ? [] : coins
          const terms = closes ? undefined : changedTerms(account, { value: 4_000_000n, expiry: 3_000, version: 2 })
          const own = check({ account, terms, outputs }, used)
          const request = modifyRequest(account, own, new Uint8Array())
          const theirs = checkChange(partsOfRequest(account, request), request.prevOutputs, 'cooperative')
          expect(theirs).toEqual(own)
          expect(request.inputs).toHaveLength(used.length)
          expect(request.outputs).toHaveLength(outputs.length)
          expect(changeKind(request) === 'close').toBe(closes)
        },
      ),
    )
  })

  test('what is planned passes the checks', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<AccountVersion>(0, 1, 2),
        fc.array(fc.constantFrom('p2wkh', 'p2wsh', 'p2tr', 'p2sh'), { minLength: 1, maxLength: 6 }),
        fc.bigInt(253n, 50_000n),
        fc.boolean(),
        (version, kinds, rate, closes) => {
          const account = testAccount({ version, value: 5_000_000 })
          const feeRate = satPerKWeight(rate)
          const outputs = kinds.map((kind, n) => pay(10_000, scripts[kind as 'p2wkh'](n + 1)))
          const first = outputs[0]?.script ?? new Uint8Array()
          const plan = closes
            ? planClose(account, { kind: 'one', script: first, feeRate }, 'cooperative')
            : planWithdrawal(account, { outputs, feeRate, version: 2 }, LIMITS)
          expect(check({ account, ...plan }).fee).toBe(plan.fee)
        },
      ),
    )
  })
})
