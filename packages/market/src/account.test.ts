import { blockHeight } from '@tidepool/crypto'
import { describe, expect, test } from 'vitest'
import { loadCases } from '../test/loadVectors.ts'
import { checkNewAccount, confirmationsNeeded } from './account.ts'

type Num = number | string

describe('confirmations needed', () => {
  type Case = { value: Num; max_account_value: Num; confirmations: number }
  const cases = loadCases<Case>('account-ops', 'confirmations')
  test('56 vectors', () => expect(cases).toHaveLength(56))

  test.each(cases)('$value of $max_account_value', (vector) => {
    const needed = confirmationsNeeded(BigInt(vector.value), BigInt(vector.max_account_value))
    expect(needed).toBe(vector.confirmations)
  })

  test('a zero maximum is refused', () => {
    expect(() => confirmationsNeeded(1n, 0n)).toThrow(expect.objectContaining({ code: 'ACCOUNT_MAXIMUM_ZERO' }))
  })
})

describe('limits on opening', () => {
  type Case = {
    value: Num
    max_account_value: Num
    expiry: number
    best_height: number
    version: number
    error: string | null
  }
  const cases = loadCases<Case>('account-ops', 'validate_open')
  test('17 vectors', () => expect(cases).toHaveLength(17))

  test.each(cases)('%o', (vector) => {
    const params = { value: BigInt(vector.value), expiry: vector.expiry, version: vector.version }
    const check = () => checkNewAccount(params, BigInt(vector.max_account_value), blockHeight(vector.best_height))
    if (vector.error === null) expect(check).not.toThrow()
    else expect(check).toThrow(/ACCOUNT|account/)
  })
})
