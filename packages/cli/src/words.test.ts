import { expect, it } from 'vitest'
import { inWords, satsInWords } from './words.ts'

it.each([
  [0n, 'zero'],
  [13n, 'thirteen'],
  [40n, 'forty'],
  [99n, 'ninety-nine'],
  [100n, 'one hundred'],
  [512n, 'five hundred and twelve'],
  [100_000n, 'one hundred thousand'],
  [1_000_001n, 'one million one'],
  [1_234_567n, 'one million two hundred and thirty-four thousand five hundred and sixty-seven'],
  [2_100_000_000_000_000n, 'two quadrillion one hundred trillion'],
  [18_446_744_073_709_551_615n, /^eighteen quintillion .* fifteen$/],
  [-5n, 'minus five'],
] as const)('%s', (value, text) => {
  if (typeof text === 'string') expect(inWords(value)).toBe(text)
  else expect(inWords(value)).toMatch(text)
})

it('one satoshi, many satoshis', () => {
  expect([satsInWords(1n), satsInWords(2n)]).toEqual(['one satoshi', 'two satoshis'])
})
