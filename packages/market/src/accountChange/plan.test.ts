import {
  WITNESS_SIZE,
  blockHeight,
  cooperativeWitnessSize,
  expiryWitnessSize,
  fromHex,
  satPerKWeight,
  satoshi,
} from '@tidepool/crypto'
import type { AccountVersion } from '@tidepool/crypto'
import { describe, expect, test } from 'vitest'
import { pay, scripts, testAccount } from '../../test/accounts.ts'
import { loadCases } from '../../test/loadVectors.ts'
import { MIN_ACCOUNT_VALUE } from '../account.ts'
import { planClose, planDeposit, planRenewal, planWithdrawal } from './plan.ts'
import { outputKind } from './scriptKind.ts'
import { closePath } from './terms.ts'

type Num = number | string
const LIMITS = { maxValue: 10n ** 15n, bestHeight: blockHeight(1_000) }

describe('witness sizes', () => {
  const [vector, ...more] = loadCases<Record<string, number>>('account-ops', 'constants')
  test('one vector', () => expect(more).toHaveLength(0))
  test('all of them', () => {
    expect(vector).toEqual({
      kind: 'constants',
      multi_sig_witness_size: cooperativeWitnessSize(0),
      expiry_witness_size: expiryWitnessSize(0),
      taproot_multi_sig_witness_size: cooperativeWitnessSize(2),
      taproot_expiry_witness_size: expiryWitnessSize(1),
      // Parts of the sums above.
      account_witness_script_size: WITNESS_SIZE.accountExpiry - 1 - 1 - 73 - 1,
      taproot_expiry_script_size: WITNESS_SIZE.accountTaprootExpiry - 1 - 1 - 64 - 1 - 1 - 33,
      min_account_value: Number(MIN_ACCOUNT_VALUE),
    })
  })
})

describe('output of a close', () => {
  interface Case {
    version: AccountVersion
    value: Num
    expiry: number
    state: number
    best_height: number
    expiry_path: boolean
    output_type: string
    pk_script: string
    fee_rate: Num
    output_value?: Num
    fee?: Num
    error?: string
  }
  const cases = loadCases<Case>('account-ops', 'close')
  test('237 vectors', () => expect(cases).toHaveLength(237))

  test.each(cases)('$version $output_type $value at $fee_rate', (vector) => {
    const account = testAccount({ version: vector.version, value: BigInt(vector.value), expiry: vector.expiry })
    const path = closePath(account, blockHeight(vector.best_height))
    expect(path).toBe(vector.expiry_path ? 'expiry' : 'cooperative')
    const script = fromHex(vector.pk_script)
    expect(outputKind(script) ?? 'op_return').toBe(vector.output_type)
    const feeRate = satPerKWeight(BigInt(vector.fee_rate))
    const plan = () => planClose(account, { kind: 'one', script, feeRate }, path)
    if (vector.error !== undefined) {
      expect(plan).toThrow(expect.objectContaining({ code: expect.stringMatching(/^CHANGE_OUTPUT_/) }))
      return
    }
    const { outputs, fee } = plan()
    expect(outputs).toEqual([{ value: BigInt(vector.output_value ?? -1), script }])
    expect(fee).toBe(BigInt(vector.fee ?? -1))
  })
})

describe('value after a withdrawal or renewal', () => {
  interface Case {
    version: AccountVersion
    value: Num
    outputs: readonly { value: Num; pk_script: string }[] | null
    fee_rate: Num
    new_value?: Num
    error?: string
  }
  const cases = loadCases<Case>('account-ops', 'withdraw_or_renew')
  test('99 vectors', () => expect(cases).toHaveLength(99))

  test.each(cases)('$version $value at $fee_rate', (vector) => {
    const account = testAccount({ version: vector.version, value: BigInt(vector.value) })
    const outputs = (vector.outputs ?? []).map(({ value, pk_script }) => pay(BigInt(value), fromHex(pk_script)))
    const feeRate = satPerKWeight(BigInt(vector.fee_rate))
    const plan = () =>
      outputs.length > 0
        ? planWithdrawal(account, { outputs, feeRate }, LIMITS)
        : planRenewal(account, { expiry: 2_000, feeRate }, LIMITS)
    if (vector.error === undefined) expect(plan().terms.value).toBe(BigInt(vector.new_value ?? -1))
    else expect(plan).toThrow(expect.objectContaining({ code: expect.stringMatching(/^(CHANGE|ACCOUNT)_/) }))
  })
})

describe('deposits', () => {
  const feeRate = satPerKWeight(1_000)
  test.each([
    [0 as const, 435n],
    [1 as const, 272n],
    [2 as const, 272n],
  ])('version %i: the wallet pays the input of the account', (version, inputFee) => {
    const account = testAccount({ version })
    const { terms, fundingOutput } = planDeposit(account, { amount: 50_000n, feeRate }, LIMITS)
    expect(terms.value).toBe(1_050_000n)
    expect(fundingOutput.value).toBe(50_000n + inputFee)
  })

  test('a small deposit into an account that a batch left small is no problem', () => {
    const account = testAccount({ value: 20_000n })
    expect(planDeposit(account, { amount: 1_000n, feeRate }, LIMITS).terms.value).toBe(21_000n)
  })
})

describe('refusals', () => {
  const feeRate = satPerKWeight(253)
  const account = testAccount({ version: 1, value: 500_000 })
  const outputs = [pay(100_000, scripts.p2wkh(1))]
  test.each([
    ['deposit of nothing', 'CHANGE_NO_AMOUNT', () => planDeposit(account, { amount: 0n, feeRate }, LIMITS)],
    [
      'deposit above the maximum',
      'ACCOUNT_VALUE_TOO_HIGH',
      () => planDeposit(account, { amount: 1n, feeRate }, { ...LIMITS, maxValue: 500_000n }),
    ],
    ['withdrawal to nobody', 'CHANGE_NO_OUTPUTS', () => planWithdrawal(account, { outputs: [], feeRate }, LIMITS)],
    [
      'fee above the balance',
      'ACCOUNT_VALUE_TOO_LOW',
      () => planWithdrawal(account, { outputs, feeRate: satPerKWeight(10n ** 9n) }, LIMITS),
    ],
    [
      'fee rate below the floor',
      'CHANGE_FEE_RATE_TOO_LOW',
      () => planWithdrawal(account, { outputs, feeRate: satPerKWeight(252) }, LIMITS),
    ],
    [
      'older version',
      'CHANGE_VERSION_DOWNGRADE',
      () => planWithdrawal(account, { outputs, feeRate, version: 0 }, LIMITS),
    ],
    [
      'unknown version',
      'UNKNOWN_ACCOUNT_VERSION',
      () => planWithdrawal(account, { outputs, feeRate, version: 3 }, LIMITS),
    ],
    ['expiry in the past', 'ACCOUNT_EXPIRY_TOO_SOON', () => planRenewal(account, { expiry: 999, feeRate }, LIMITS)],
    [
      'expiry beyond the maximum',
      'ACCOUNT_EXPIRY_TOO_FAR',
      () => planRenewal(account, { expiry: 1_000 + 52_561, feeRate }, LIMITS),
    ],
    [
      'expired account, expiry unchanged',
      'CHANGE_EXPIRY_NOT_MOVED',
      () => planRenewal(account, { expiry: 2_000, feeRate }, { ...LIMITS, bestHeight: blockHeight(2_000) }),
    ],
    ['close to nobody', 'CHANGE_NO_OUTPUTS', () => planClose(account, { kind: 'list', outputs: [] }, 'cooperative')],
    [
      'close to more than there is',
      'CHANGE_EXCEEDS_INPUTS',
      () => planClose(account, { kind: 'list', outputs: [pay(500_001, scripts.p2wkh(1))] }, 'cooperative'),
    ],
  ])('%s', (_, code, run) => {
    expect(run).toThrow(expect.objectContaining({ code }))
  })

  test('an account above a lowered maximum may still shrink', () => {
    const rich = testAccount({ value: 5_000_000 })
    const { terms } = planWithdrawal(rich, { outputs, feeRate }, { ...LIMITS, maxValue: 1_000_000n })
    expect(terms.value).toBeLessThan(satoshi(5_000_000))
  })
})
