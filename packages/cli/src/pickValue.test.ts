import { describe, expect, it } from 'vitest'
import { pickValue } from './pickValue.ts'

const ANSWER = '{"accounts": [{"trader_key": "02ab", "value": 5000000, "chan_id": 9223372036854775807}], "none": null}'

describe('--get', () => {
  it.each([
    ['accounts.0.trader_key', '02ab'],
    ['accounts.0.value', '5000000'],
    ['accounts.0.chan_id', '9223372036854775807'],
    ['none', 'null'],
  ])('%s is %s', (path, value) => {
    expect(pickValue(ANSWER, path)).toBe(value)
  })

  it.each([
    ['accounts.1.trader_key', 'the answer has no accounts.1'],
    ['accounts.0.txid', 'the answer has no accounts.0.txid'],
    ['accounts.0.trader_key.length', 'the answer has no accounts.0.trader_key.length'],
    ['constructor', 'the answer has no constructor'],
  ])('%s is refused', (path, text) => {
    expect(() => pickValue(ANSWER, path)).toThrow(text)
  })
})
