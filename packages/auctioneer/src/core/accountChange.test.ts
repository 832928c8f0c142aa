import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  INITIAL_BATCH_KEY,
  accountKey,
  accountSecret,
  blockHeight,
  equalBytes,
  formatOutPoint,
  generateNonce,
  incrementBatchKey,
  isClmError,
  pointFromSecret,
  pubKey,
  satoshi,
  sha256,
  txid,
  itemAt,
} from '@tidepool/crypto'
import type { AccountVersion, TxOutput } from '@tidepool/crypto'
import type { CheckedChange, ModifyRequest } from '@tidepool/market'
import { accountScript } from './account.ts'
import type { AccountRecord, AccountState } from './account.ts'
import { MAX_SIGNED_CHANGES, judgeChange, skewed, withChange } from './accountChange.ts'
import type { ChangeSetting } from './accountChange.ts'

const SECRET = sha256(Buffer.from('trader'))
const auctioneerKey = pubKey(pointFromSecret(sha256(Buffer.from('auctioneer'))))
const { publicNonce } = generateNonce(sha256(Buffer.from('nonce')), { publicKey: pubKey(pointFromSecret(SECRET)) })

function record(version: AccountVersion = 2, state: AccountState = { kind: 'open', via: 'funding' }): AccountRecord {
  return {
    account: {
      key: accountKey(pointFromSecret(SECRET)),
      value: satoshi(5_000_000),
      expiry: blockHeight(3_000),
      version,
      auctioneerKey,
      batchKey: INITIAL_BATCH_KEY,
      secret: accountSecret(SECRET, auctioneerKey),
      outpoint: { txid: txid('ab'.repeat(32)), index: 1 },
    },
    state,
    heightHint: blockHeight(900),
    latestTx: undefined,
    userAgent: '',
    changes: [],
    previous: undefined,
    steps: 0,
  }
}

const SETTING: ChangeSetting = {
  bestHeight: blockHeight(1_000),
  maxAccountValue: satoshi(1_000_000_000),
  executionFee: { baseFee: satoshi(1), feeRatePpm: 1000n },
  orders: [],
  inBatch: false,
  isForeign: () => false,
}

const out = (value: number, fill = 1): TxOutput => ({
  value: satoshi(value),
  script: Uint8Array.of(0x00, 20, ...new Uint8Array(20).fill(fill)),
})

function request(of: AccountRecord, fields: Partial<ModifyRequest> = {}): ModifyRequest {
  const { account } = of
  return {
    traderKey: account.key,
    inputs: [],
    outputs: [out(100_000)],
    params: { value: 4_890_000n, expiry: account.expiry, version: account.version },
    traderNonces: account.version === 0 ? new Uint8Array() : publicNonce,
    prevOutputs: [{ value: account.value, script: accountScript(account) }],
    ...fields,
  }
}

describe('which state allows which change', () => {
  const changes: Readonly<Record<string, Partial<ModifyRequest>>> = {
    withdraw: {},
    renew: { outputs: [], params: { value: 4_990_000n, expiry: 5_000, version: 2 } },
    close: { params: undefined },
  }
  const states: Readonly<Record<string, AccountState>> = {
    pendingOpen: { kind: 'pendingOpen' },
    open: { kind: 'open', via: 'batch' },
    changeSigned: { kind: 'changeSigned', base: 'open', via: 'batch' },
    expired: { kind: 'expired', via: 'batch' },
    changeSignedExpired: { kind: 'changeSigned', base: 'expired', via: 'batch' },
    pendingBatch: { kind: 'pendingBatch', finalizeDelivered: true },
    pendingUpdate: { kind: 'pendingUpdate' },
    expiredPendingUpdate: { kind: 'expiredPendingUpdate', via: 'update' },
    pendingClosed: { kind: 'pendingClosed' },
    closed: { kind: 'closed', by: 'expiry' },
  }
  const all = 'signed signed signed'
  it.each([
    ['pendingOpen', 'ACCOUNT_NOT_MODIFIABLE ACCOUNT_NOT_MODIFIABLE ACCOUNT_NOT_MODIFIABLE'],
    ['open', all],
    ['changeSigned', all],
    ['expired', 'ACCOUNT_NOT_MODIFIABLE signed signed'],
    ['changeSignedExpired', 'ACCOUNT_NOT_MODIFIABLE signed signed'],
    ['pendingBatch', 'ACCOUNT_IN_BATCH ACCOUNT_IN_BATCH ACCOUNT_IN_BATCH'],
    ['pendingUpdate', 'ACCOUNT_CHANGE_UNCONFIRMED ACCOUNT_CHANGE_UNCONFIRMED ACCOUNT_CHANGE_UNCONFIRMED'],
    ['expiredPendingUpdate', 'ACCOUNT_CHANGE_UNCONFIRMED ACCOUNT_CHANGE_UNCONFIRMED ACCOUNT_CHANGE_UNCONFIRMED'],
    ['pendingClosed', 'ACCOUNT_IN_BATCH ACCOUNT_IN_BATCH ACCOUNT_IN_BATCH'],
    ['closed', 'ACCOUNT_NOT_MODIFIABLE ACCOUNT_NOT_MODIFIABLE ACCOUNT_NOT_MODIFIABLE'],
  ])('%s', (name, expected) => {
    const state = states[name]
    if (state === undefined) throw new Error(`no state ${name}`)
    const late = name.toLowerCase().includes('expired')
    const setting = late ? { ...SETTING, bestHeight: blockHeight(3_000) } : SETTING
    const outcomes = Object.values(changes).map((fields) => outcome(record(2, state), fields, setting))
    expect(outcomes.join(' ')).toBe(expected)
  })
})

function outcome(of: AccountRecord, fields: Partial<ModifyRequest>, setting: ChangeSetting = SETTING): string {
  try {
    judgeChange(of, request(of, fields), setting)
    return 'signed'
  } catch (error) {
    return (error as { readonly code: string }).code
  }
}

describe('refusals', () => {
  const params = (fields: Partial<NonNullable<ModifyRequest['params']>>): Partial<ModifyRequest> => ({
    params: { value: 4_890_000n, expiry: 3_000, version: 2, ...fields },
  })
  const own = record()
  it.each([
    ['in a proposal', 'ACCOUNT_IN_BATCH', {}, { inBatch: true }],
    ['value below the minimum', 'ACCOUNT_VALUE_TOO_LOW', params({ value: 99_999n }), {}],
    ['expiry in the past', 'ACCOUNT_EXPIRY_TOO_SOON', params({ expiry: 999 }), {}],
    ['expiry 4 blocks too soon', 'ACCOUNT_EXPIRY_TOO_SOON', params({ expiry: 1_140 }), {}],
    ['expiry 3 blocks too soon: its tip may be behind', 'signed', params({ expiry: 1_141 }), {}],
    ['expiry 3 blocks too far: its tip may be ahead', 'signed', params({ expiry: 53_563 }), {}],
    ['expiry 4 blocks too far', 'ACCOUNT_EXPIRY_TOO_FAR', params({ expiry: 53_564 }), {}],
    ['no version any more', 'CHANGE_VERSION_DOWNGRADE', params({ version: 1 }), {}],
    ['a version nobody knows', 'UNKNOWN_ACCOUNT_VERSION', params({ version: 3 }), {}],
    [
      'all zeros, which is present all the same',
      'ACCOUNT_VALUE_TOO_LOW',
      { params: { value: 0n, expiry: 0, version: 0 } },
      {},
    ],
    ['dust', 'CHANGE_OUTPUT_DUST', { outputs: [out(293)] }, {}],
    ['no fee', 'CHANGE_FEE_TOO_LOW', params({ value: 4_900_000n }), {}],
    ['more than there is', 'CHANGE_EXCEEDS_INPUTS', params({ value: 4_900_001n }), {}],
    [
      'own script',
      'CHANGE_OUTPUT_TO_ACCOUNT',
      { outputs: [{ ...out(100_000), script: accountScript(own.account) }] },
      {},
    ],
    ['a coin twice', 'CHANGE_INPUT_DUPLICATE', { inputs: [coin(1), coin(1)] }, {}],
    [
      'the account as a coin',
      'CHANGE_INPUT_DUPLICATE',
      { inputs: [{ ...coin(1), outpoint: own.account.outpoint }] },
      {},
    ],
    ["someone's coin", 'CHANGE_INPUT_FOREIGN', { inputs: [coin(1)] }, { isForeign: () => true }],
    ['spent outputs left out', 'CHANGE_PREVIOUS_OUTPUTS', { inputs: [coin(1)] }, {}],
    ['spent output of the account wrong', 'CHANGE_ACCOUNT_OUTPUT_DIFFERS', { prevOutputs: [out(5_000_000)] }, {}],
    ['a close with coins', 'CHANGE_CLOSE_WITH_INPUTS', { params: undefined, inputs: [coin(1)] }, {}],
    ['a close to nobody', 'CHANGE_NO_OUTPUTS', { params: undefined, outputs: [] }, {}],
  ] as readonly (readonly [string, string, Partial<ModifyRequest>, Partial<ChangeSetting>])[])(
    '%s',
    (_, code, fields, setting) => expect(outcome(own, fields, { ...SETTING, ...setting })).toBe(code),
  )

  it('more changes than are remembered', () => {
    let full = record()
    for (let fee = 0; full.changes.length < MAX_SIGNED_CHANGES; fee++) {
      const wanted = request(full, { outputs: [out(100_000 - fee)] })
      full = withChange(full, judgeChange(full, wanted, SETTING).signed)
    }
    expect(outcome(full, {})).toBe('signed')
    expect(outcome(full, { outputs: [out(50_000)] })).toBe('ACCOUNT_CHANGES_FULL')
  })
})

function coin(n: number): ModifyRequest['inputs'][number] {
  return { outpoint: { txid: txid('01'.repeat(32)), index: n }, sigScript: new Uint8Array() }
}

const wild = fc.record({
  version: fc.constantFrom<AccountVersion>(0, 1, 2),
  coins: fc.array(fc.record({ n: fc.integer({ min: 0, max: 3 }), value: fc.integer({ min: 0, max: 3_000_000 }) }), {
    maxLength: 3,
  }),
  outputs: fc.array(
    fc.record({ value: fc.integer({ min: 0, max: 6_000_000 }), fill: fc.integer({ min: 0, max: 3 }) }),
    { maxLength: 3 },
  ),
  value: fc.oneof(fc.bigInt(0n, 8_000_000n), fc.bigInt(100_000n, 4_000_000n)),
  expiry: fc.constantFrom(0, 999, 1_144, 3_000, 20_000, 600_000),
  newVersion: fc.constantFrom(0, 1, 2, 2, 2, 3),
  closes: fc.boolean(),
  ownValue: fc.constantFrom(5_000_000, 5_000_000, 5_000_000, 5_000_001),
  height: fc.constantFrom(1_000, 2_999, 3_000, 4_000),
})

describe('whatever is asked for', () => {
  it('only what the own records justify is signed', () => {
    let signed = 0
    const property = fc.property(wild, (w) => {
      const of = record(w.version)
      const prevOutputs = prevOutputsOf(w, of)
      const checked = judged(w, of, prevOutputs)
      if (checked === undefined) return
      signed += 1
      expect(w.ownValue).toBe(5_000_000)
      checkTransaction(w, of, checked)
      const outputs = checked.transaction.outputs.reduce((sum, { value }) => sum + value, 0n)
      expect(outputs + checked.fee).toBe(prevOutputs.reduce((sum, { value }) => sum + value, 0n))
      if (w.closes) expect(checked.next).toBeUndefined()
      else checkNext(w, of, checked)
    })
    fc.assert(property, { numRuns: 600 })
    expect(signed).toBeGreaterThan(15)
  })
})

type Wild = typeof wild extends fc.Arbitrary<infer W> ? W : never

/** Follows the sorted inputs, the account's own last. */
function prevOutputsOf(w: Wild, { account }: AccountRecord): readonly TxOutput[] {
  const coins = w.coins.toSorted((a, b) => a.n - b.n).map(({ value }) => out(value, 9))
  return [...coins, { value: satoshi(w.ownValue), script: accountScript(account) }]
}

function judged(w: Wild, of: AccountRecord, prevOutputs: readonly TxOutput[]): CheckedChange | undefined {
  const wanted = request(of, {
    inputs: w.coins.map(({ n }) => coin(n)),
    prevOutputs,
    outputs: w.outputs.map(({ value, fill }) => out(value, fill)),
    params: w.closes ? undefined : { value: w.value, expiry: w.expiry, version: w.newVersion },
  })
  try {
    return judgeChange(of, wanted, { ...SETTING, bestHeight: blockHeight(w.height) }).checked
  } catch (error) {
    if (isClmError(error)) return undefined
    throw error
  }
}

/** It spends the account once and no coin twice; it pays the outputs named and, but for a close, the next account. */
function checkTransaction(w: Wild, { account }: AccountRecord, { transaction, accountInput }: CheckedChange): void {
  expect(transaction.inputs.at(accountInput)?.prevout).toEqual(account.outpoint)
  expect(new Set(transaction.inputs.map(({ prevout }) => formatOutPoint(prevout))).size).toBe(w.coins.length + 1)
  expect([transaction.version, transaction.lockTime]).toEqual([2, 0])
  expect(transaction.outputs).toHaveLength(w.outputs.length + (w.closes ? 0 : 1))
}

function checkNext(w: Wild, { account }: AccountRecord, { transaction, next }: CheckedChange): void {
  const output = itemAt(transaction.outputs, next?.outpoint.index ?? -1)
  if (next === undefined || output === undefined) throw new Error('the account is gone')
  expect(next).toMatchObject({ value: w.value, expiry: w.expiry, batchKey: incrementBatchKey(account.batchKey) })
  expect([next.key, next.auctioneerKey, next.secret]).toEqual([account.key, account.auctioneerKey, account.secret])
  expect(equalBytes(output.script, accountScript(next))).toBe(true)
  expect(output.value).toBe(w.value)
  expect(next.version).toBeGreaterThanOrEqual(account.version)
  expect(w.expiry).toBeGreaterThan(w.height)
}

describe('the tip that is kindest to the trader', () => {
  it('is behind for near expiries and ahead for far ones', () => {
    expect([skewed(blockHeight(1_000), 1_100), skewed(blockHeight(1_000), 5_000)]).toEqual([997, 1_003])
    expect(skewed(blockHeight(1), 100)).toBe(0)
  })
})
