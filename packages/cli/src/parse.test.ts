import { describe, expect, it } from 'vitest'
import { CliError } from './errors.ts'
import {
  Positions,
  normalizeArgv,
  parseChoice,
  parseHex,
  parsePubKey,
  parseUint,
  parseUint32,
  satPerKwFromVByte,
} from './parse.ts'

const codeOf = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    return error instanceof CliError ? error.code : 'other'
  }
  return 'none'
}

describe('numbers', () => {
  it.each([
    ['0', 0n],
    ['100000', 100_000n],
    ['9223372036854775807', 9_223_372_036_854_775_807n],
  ])('reads %s', (text, value) => expect(parseUint('amt', text)).toBe(value))

  it.each(['', '-1', '1.5', '1e3', 'abc', '0x10', '99999999999999999999'])('refuses %s', (text) =>
    expect(codeOf(() => parseUint('amt', text))).toBe('BAD_ARGUMENT'),
  )

  it('refuses what does not fit 32 bits', () => {
    expect(parseUint32('blocks', '4294967295')).toBe(4_294_967_295)
    expect(codeOf(() => parseUint32('blocks', '4294967296'))).toBe('BAD_ARGUMENT')
  })

  it.each([
    [1n, 253n],
    [2n, 500n],
    [100n, 25_000n],
  ])('%s sat/vByte is %s sat/kw', (vbyte, kw) => expect(satPerKwFromVByte(vbyte)).toBe(kw))
})

describe('keys and choices', () => {
  const G = '0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798'
  it('reads a public key and refuses what is none', () => {
    expect(parsePubKey('acct_key', G)).toHaveLength(33)
    expect(codeOf(() => parsePubKey('acct_key', G.replace('02', '05')))).toBe('BAD_ARGUMENT')
    expect(codeOf(() => parsePubKey('acct_key', G.slice(2)))).toBe('BAD_ARGUMENT')
    expect(codeOf(() => parseHex('nonce', 'zz'))).toBe('BAD_ARGUMENT')
  })

  it('does not take names every object has', () => {
    expect(parseChoice('side', 'a', { a: 1 })).toBe(1)
    expect(codeOf(() => parseChoice('side', 'toString', { a: 1 }))).toBe('BAD_ARGUMENT')
  })
})

describe('positions', () => {
  it('a flag shifts the rest', () => {
    const positions = new Positions(['first', 'second'])
    expect(positions.take('amt', 'flag')).toBe('flag')
    expect(positions.take('acct_key', undefined)).toBe('first')
    expect(positions.unused).toEqual(['second'])
    positions.take('x', undefined)
    expect(codeOf(() => positions.take('y', undefined))).toBe('BAD_ARGUMENT')
  })
})

describe('normalizeArgv', () => {
  const booleans = new Set(['force'])
  it.each([
    [
      ['-amt', '5'],
      ['--amt', '5'],
    ],
    [['-amt=5'], ['--amt=5']],
    [
      ['--force=true', 'a'],
      ['--force', 'a'],
    ],
    [['--force=false', 'a'], ['a']],
    [
      ['-n', 'regtest'],
      ['-n', 'regtest'],
    ],
    [['--public'], ['--public=true']],
    [['--public=false'], ['--public=false']],
    [
      ['a', '-1'],
      ['a', '-1'],
    ],
  ])('%j becomes %j', (given, wanted) => expect(normalizeArgv(given, booleans)).toEqual(wanted))
})
