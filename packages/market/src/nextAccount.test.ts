import { blockHeight, incrementBatchKey, txid } from '@tidepool/crypto'
import { describe, expect, test } from 'vitest'
import { account } from '../test/books.ts'
import type { AccountVersion } from './account.ts'
import { batchVersion } from './batchVersion.ts'
import { fillOrder } from './fill.ts'
import { InvalidTransition, transition } from './fsm.ts'
import { endingStateFits, endingStateFor, nextAccount, nextAccountTerms } from './nextAccount.ts'
import { supplyUnits } from './supplyUnit.ts'

describe('the account after a batch', () => {
  const terms = (version: AccountVersion, change: { newExpiry?: number; newVersion?: number }, batch: number) =>
    nextAccountTerms(account(0, { version }), { newExpiry: 0, newVersion: 0, ...change }, batchVersion(batch))

  test('the batch key moves on by one', () => {
    expect(terms(0, {}, 0).batchKey).toBe(incrementBatchKey(account(0).batchKey))
  })

  test.each([
    [0, 9000, 10_000],
    [1, 9000, 9000],
    [58, 9000, 9000],
    [58, 0, 10_000],
  ])('batch version %i with new expiry %i: %i', (batch, newExpiry, expiry) => {
    expect(terms(0, { newExpiry }, batch).expiry).toBe(blockHeight(expiry))
  })

  test.each([
    [0, 1, 10, 1],
    [0, 2, 58, 2],
    [1, 2, 42, 2],
    [0, 2, 1, 0],
    [0, 1, 2, 0],
    [2, 1, 58, 2],
    [0, 9, 2, 0],
  ] as const)('version %i offered %i in batch version %i: %i', (version, newVersion, batch, expected) => {
    expect(terms(version, { newVersion }, batch).version).toBe(expected)
  })

  test.each([
    [0, 2, 10],
    [0, 3, 58],
    [1, 2, 26],
  ] as const)('version %i offered %i in batch version %i is refused', (version, newVersion, batch) => {
    const refused = () => terms(version, { newVersion }, batch)
    expect(refused).toThrow(expect.objectContaining({ code: 'ACCOUNT_UPGRADE_REFUSED' }))
  })

  test('moves to the batch transaction, or ends', () => {
    const before = account(0)
    const batchTxid = txid('ab'.repeat(32))
    const diff = {
      accountKey: before.key,
      endingBalance: 435n,
      endingState: 'recreated',
      outpointIndex: 3,
      newExpiry: 0,
      newVersion: 0,
    } as const
    expect(nextAccount(before, diff, batchVersion(0), batchTxid)).toEqual({
      ...before,
      value: 435n,
      batchKey: incrementBatchKey(before.batchKey),
      outpoint: { txid: batchTxid, index: 3 },
    })
    const ended = { ...diff, endingBalance: 0n, endingState: 'fullySpent', outpointIndex: -1 } as const
    expect(nextAccount(before, ended, batchVersion(0), batchTxid)).toBeUndefined()
  })
})

describe('ending state', () => {
  test.each([
    [435n, 'recreated'],
    [434n, 'dustAddedToFees'],
    [1n, 'dustAddedToFees'],
    [0n, 'fullySpent'],
  ] as const)('of %i sat', (balance, state) => expect(endingStateFor(balance)).toBe(state))

  test.each([
    [435n, 'recreated', 0, true],
    [435n, 'recreated', -1, false],
    [435n, 'fullySpent', -1, false],
    [434n, 'dustExtendedOffchain', -1, true],
    [434n, 'dustAddedToFees', -1, true],
    [434n, 'recreated', 0, false],
    [0n, 'fullySpent', 0, false],
  ] as const)('%i sat as %s at %i fits: %s', (endingBalance, endingState, outpointIndex, fits) => {
    expect(endingStateFits({ endingBalance, endingState, outpointIndex })).toBe(fits)
  })
})

test.each([
  [10, 2, 3, 'partiallyFilled', 7],
  [10, 2, 8, 'partiallyFilled', 2],
  [10, 2, 9, 'executed', 1],
  [10, 2, 10, 'executed', 0],
] as const)('%i units, minimum %i, filled %i: %s with %i left', (units, min, filled, state, left) => {
  const result = fillOrder(supplyUnits(units), supplyUnits(min), supplyUnits(filled))
  expect(result).toEqual({ state, unitsUnfulfilled: left })
})

test('an order cannot be overfilled', () => {
  const overfill = () => fillOrder(supplyUnits(1), supplyUnits(1), supplyUnits(2))
  expect(overfill).toThrow(expect.objectContaining({ code: 'NUMBER_OUT_OF_RANGE' }))
})

test('state machines name what they refuse', () => {
  expect(transition('open', 'watch')).toEqual({ state: 'open', actions: ['watch'] })
  expect(new InvalidTransition('account', 'open', 'funded')).toMatchObject({
    code: 'INVALID_TRANSITION',
    detail: { machine: 'account', state: 'open', event: 'funded' },
  })
})
