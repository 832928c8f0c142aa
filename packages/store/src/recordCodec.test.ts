import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromExactJson, recordCodec, toExactJson } from './index.ts'

const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: 'small' },
    fc.bigInt(),
    fc.uint8Array({ maxLength: 40 }),
    fc.string(),
    fc.boolean(),
    fc.constant(null),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => (Object.is(n, -0) ? 0 : n)),
    fc.array(tie('any'), { maxLength: 4 }),
    fc.array(fc.tuple(tie('any'), tie('any')), { maxLength: 4 }).map((pairs) => new Map(pairs)),
    fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('$big', '$hex', '$map', '$obj', '__proto__')), tie('any'), {
      maxKeys: 4,
      noNullPrototype: true,
    }),
  ),
})).any

describe('exact JSON', () => {
  it('gives back every value it takes', () => {
    const back = fc.property(value, (v) => {
      expect(fromExactJson(toExactJson(v))).toStrictEqual(v)
    })
    fc.assert(back)
  })

  it('keeps bytes of a Buffer and drops undefined properties', () => {
    const back = fromExactJson(toExactJson({ a: Buffer.from([1, 2]), b: undefined }))
    expect(back).toStrictEqual({ a: Uint8Array.of(1, 2) })
  })

  it.each([
    ['NaN', Number.NaN, '$'],
    ['infinity', { a: [Infinity] }, '$.a[0]'],
    ['minus zero', -0, '$'],
    ['a date', { at: new Date(0) }, '$.at'],
    ['a set', new Set([1]), '$'],
    ['undefined in a list', [1, undefined], '$[1]'],
    ['a function', { f: () => 1 }, '$.f'],
    ['a symbol', Symbol('s'), '$'],
  ])('refuses %s', (_, bad, path) => {
    expect(() => toExactJson(bad)).toThrow(expect.objectContaining({ detail: { code: 'RECORD_UNENCODABLE', path } }))
  })

  it.each(['{"$big":1}', '{"$big":"x"}', '{"$hex":"0"}', '{"$hex":"GG"}', '{"$map":[[1]]}', '{"$new":1}', '{', ''])(
    'refuses to read %s',
    (text) => {
      expect(() => fromExactJson(text)).toThrow(SyntaxError)
    },
  )
})

describe('record codec', () => {
  interface Account {
    readonly value: bigint
    readonly state: string
  }
  const first = recordCodec<{ value: number }>({ version: 1 })
  const second = recordCodec<{ value: bigint }>({
    version: 2,
    migrations: { 1: (r) => ({ value: BigInt((r as { value: number }).value) }) },
  })
  const third = recordCodec<Account>({
    version: 3,
    migrations: {
      1: (r) => ({ value: BigInt((r as { value: number }).value) }),
      2: (r) => ({ ...(r as { value: bigint }), state: 'open' }),
    },
  })

  it('migrates from every version', () => {
    const now = { value: 7n, state: 'open' }
    expect(third.decode(first.encode({ value: 7 }))).toEqual(now)
    expect(third.decode(second.encode({ value: 7n }))).toEqual(now)
    expect(third.decode(third.encode(now))).toEqual(now)
  })

  it('refuses a newer version, and an older one without a migration', () => {
    const newer = third.encode({ value: 7n, state: 'open' })
    const unknown = { code: 'RECORD_VERSION_UNKNOWN', version: 3, known: 2 }
    expect(() => second.decode(newer)).toThrow(expect.objectContaining({ detail: unknown }))
    const gap = recordCodec<Account>({ version: 3 })
    expect(() => gap.decode(first.encode({ value: 7 }))).toThrow('version 1')
  })

  it.each([
    '',
    'null',
    '[]',
    '{}',
    '{"version":0,"record":1}',
    '{"version":1.5,"record":1}',
    '{"version":"1"}',
    '{"version":{"$big":"1"}}',
  ])('calls %j corrupt', (text) => {
    expect(() => second.decode(text)).toThrow(expect.objectContaining({ code: 'STORE_CORRUPT' }))
  })

  it('uses the given shapes, and calls what the reader refuses corrupt', () => {
    const codec = recordCodec<Account>({
      version: 1,
      encode: (account) => [account.value, account.state],
      decode: (record) => {
        const [amount, state] = record as [bigint, string]
        if (typeof amount !== 'bigint') throw new TypeError('value')
        return { value: amount, state }
      },
    })
    expect(codec.decode(codec.encode({ value: 1n, state: 'x' }))).toEqual({ value: 1n, state: 'x' })
    expect(() => codec.decode('{"version":1,"record":["1","x"]}')).toThrow(
      expect.objectContaining({ code: 'STORE_CORRUPT' }),
    )
  })
})
