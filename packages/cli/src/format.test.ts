import { describe, expect, it } from 'vitest'
import { rateFromPercent } from './commands/orderFlags.ts'
import { btc, displayOutPoint, grouped } from './format.ts'
import { plainJson } from './output.ts'

describe('texts', () => {
  it.each([
    [100_000_000n, '1 BTC'],
    [100_000n, '0.00100000 BTC'],
    [0n, '0 BTC'],
    [2_100_000_000_000_001n, '21000000.00000001 BTC'],
  ])('%s sat is %s', (sat, text) => expect(btc(sat)).toBe(text))

  it('groups thousands', () => {
    expect(grouped(1_234_567n)).toBe('1,234,567')
    expect(grouped(12)).toBe('12')
  })

  it('shows outpoints in display order', () => {
    const txid = Uint8Array.from({ length: 32 }, (_, i) => i)
    expect(displayOutPoint({ txid, outputIndex: 3 })).toMatch(/^1f1e.*0100:3$/)
    expect(displayOutPoint(undefined)).toBe('')
  })

  it('keeps 64-bit numbers exact in plain JSON', () => {
    expect(plainJson({ value: 9_007_199_254_740_993n, text: '5' })).toBe(
      '{\n\t"value": 9007199254740993,\n\t"text": "5"\n}',
    )
  })
})

describe('rateFromPercent', () => {
  it.each([
    [0.3, 2016, 1488],
    [100, 2016, 496_031],
  ])('%s %% over %s blocks is %s ppb', (percent, blocks, rate) => expect(rateFromPercent(percent, blocks)).toBe(rate))

  it('refuses rates below one and beyond 32 bits', () => {
    expect(() => rateFromPercent(0, 2016)).toThrow(/below 1 ppb/)
    expect(() => rateFromPercent(Number.NaN, 2016)).toThrow(/below 1 ppb/)
    expect(() => rateFromPercent(1e9, 1)).toThrow(/does not fit/)
  })
})
