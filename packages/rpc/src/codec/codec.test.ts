import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { enumValues, messageFields } from '../gen/schema.ts'
import { services } from '../gen/services.ts'
import { foreignDecode, foreignEncode } from '../../test/foreignCodec.ts'
import { decodeUntyped } from './decode.ts'
import { encodeUntyped } from './encode.ts'
import { decodeMessage, encodeMessage, fillMessage } from './message.ts'
import { MessageList } from './messageList.ts'
import type { FieldSchema, FieldType } from './schema.ts'
import type { MethodDef } from './wireTypes.ts'

const INT32 = { min: -(2 ** 31), max: 2 ** 31 - 1 }
const INT64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n }
const UINT64 = { min: 0n, max: 2n ** 64n - 1n }

const scalars: Partial<Record<FieldType, fc.Arbitrary<unknown>>> = {
  int32: fc.integer(INT32),
  sint32: fc.integer(INT32),
  uint32: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  int64: fc.bigInt(INT64),
  sint64: fc.bigInt(INT64),
  uint64: fc.bigInt(UINT64),
  bool: fc.boolean(),
  string: fc.string({ unit: 'binary', maxLength: 8 }),
  bytes: fc.uint8Array({ maxLength: 8 }),
  double: fc.double(),
  float: fc.float(),
}

/** The two sides of a number's range, just beyond it, and other things it cannot be. */
const beyond: Partial<Record<FieldType, readonly unknown[]>> = {
  int32: [INT32.max + 1, INT32.min - 1, 1.5, NaN, 1n, '1'],
  uint32: [2 ** 32, -1, 0.5, Infinity, 1n, '1'],
  int64: [INT64.max + 1n, INT64.min - 1n, 1, '1'],
  uint64: [UINT64.max + 1n, -1n, 1, '1'],
  bool: [0, 1, 'true'],
  string: [1, Uint8Array.of(1), '\ud800'],
  bytes: ['00', [0], 0],
  double: ['1', 1n],
  enum: [0, 'NOPE', 'toString', 'UNRECOGNIZED_x', 'UNRECOGNIZED_4294967296'],
  message: [0, 'x', [], new Map()],
}

const MAX_DEPTH = 4

function valueOf(field: FieldSchema, depth: number): fc.Arbitrary<unknown> {
  if (field.type === 'message') return messageOf(field.typeName ?? '', depth + 1)
  if (field.type === 'enum') {
    const names = Object.keys(enumValues[field.typeName ?? ''] ?? {})
    return fc.oneof(fc.constantFrom(...names), fc.constant('UNRECOGNIZED_77777'))
  }
  const scalar = scalars[field.type]
  if (scalar === undefined) throw new Error(`no values for ${field.type}`)
  return scalar
}

function fieldOf(field: FieldSchema, depth: number): fc.Arbitrary<unknown> {
  const value = valueOf(field, depth)
  if (field.mapKey !== undefined) {
    const key = scalars[field.mapKey] ?? fc.string()
    return fc.array(fc.tuple(key, value), { maxLength: 2 }).map(asObjectsOrder)
  }
  return field.repeated ? fc.array(value, { maxLength: 2 }) : value
}

/** A map in the order of an object's keys, which is protobufjs's: numbers come first, ascending. */
function asObjectsOrder(entries: readonly (readonly [unknown, unknown])[]): Map<unknown, unknown> {
  const byText = new Map(entries.map((entry) => [String(entry[0]), entry]))
  return new Map(Object.values(Object.fromEntries(byText)))
}

/** Anything one may send: fields left out at random, deep ones always. */
function messageOf(message: string, depth = 0): fc.Arbitrary<Record<string, unknown>> {
  const fields = depth > MAX_DEPTH ? [] : (messageFields[message] ?? [])
  const plain = fields.filter((field) => field.oneof === undefined)
  const oneofs = new Map<string, fc.Arbitrary<unknown>[]>()
  for (const field of fields) {
    if (field.oneof === undefined) continue
    const member = fc.record({ case: fc.constant(field.name), value: valueOf(field, depth) })
    oneofs.set(field.oneof, [...(oneofs.get(field.oneof) ?? []), member])
  }
  const arbitraries = {
    ...Object.fromEntries(plain.map((field) => [field.name, fieldOf(field, depth)])),
    ...Object.fromEntries([...oneofs].map(([name, members]) => [name, fc.oneof(...members)])),
  }
  return fc.record(arbitraries, { requiredKeys: [] })
}

const packages: readonly Readonly<Record<string, { readonly methods: object }>>[] = Object.values(services)
const allServices = packages.flatMap((pkg) => Object.values(pkg))
const sent = [
  ...new Set(
    allServices.flatMap(({ methods }) =>
      Object.values(methods as Record<string, MethodDef>).flatMap((method) => [method.request, method.response]),
    ),
  ),
].toSorted()
const ours = sent.filter((name) => /^(poolrpc|tidepool)\./.test(name))
const lnds = sent.filter((name) => !/^(poolrpc|tidepool)\./.test(name))

/** The message with its lists as arrays, so that all of it is read. */
function spelledOut(value: unknown): unknown {
  if (value instanceof MessageList) return Array.from(value as MessageList<unknown>, spelledOut)
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array || value instanceof Map) return value
  if (Array.isArray(value)) return value.map(spelledOut)
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, spelledOut(item)]))
}

function comesBack(message: string, runs: number): void {
  fc.assert(
    fc.property(messageOf(message), (value) => {
      const bytes = encodeUntyped(message, value)
      expect(bytes).toEqual(foreignEncode(message, value))
      expect(spelledOut(decodeUntyped(message, bytes))).toEqual(foreignDecode(message, bytes))
    }),
    { numRuns: runs },
  )
}

describe('every message of every service is written and read as protobufjs does it', () => {
  it.each(ours)('%s', (message) => comesBack(message, 40))
  it("lnd's", () => {
    expect(lnds.length).toBeGreaterThan(150)
    for (const message of lnds) comesBack(message, 4)
  })
})

const orNothing = (read: () => unknown): unknown => {
  try {
    return read()
  } catch {
    return undefined
  }
}

/** Encoded messages put together, cut and with bytes changed. */
const damaged = (message: string): fc.Arbitrary<Uint8Array> =>
  fc
    .tuple(
      fc.array(messageOf(message), { minLength: 1, maxLength: 2 }),
      fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 3 }),
      fc.option(fc.nat()),
    )
    .map(([values, changes, cut]) => {
      const bytes = Buffer.concat(values.map((value) => encodeUntyped(message, value)))
      for (const [at, byte] of changes) if (bytes.length > 0) bytes[at % bytes.length] = byte
      return cut === null ? bytes : bytes.subarray(0, cut % (bytes.length + 1))
    })

describe('damaged messages are read as protobufjs reads them, or refused like it', () => {
  it.each(ours)('%s', (message) => {
    fc.assert(
      fc.property(damaged(message), (bytes) => {
        const expected = orNothing(() => foreignDecode(message, bytes))
        // A list that another member of its oneof replaced is never read.
        if (expected === undefined && message === 'poolrpc.ServerAuctionMessage') return
        expect(orNothing(() => spelledOut(decodeUntyped(message, bytes)))).toEqual(expected)
      }),
      { numRuns: 40 },
    )
  })
})

const init = (field: FieldSchema, value: unknown): Record<string, unknown> => {
  if (field.mapKey !== undefined) return { [field.name]: new Map([[field.mapKey === 'string' ? 'k' : 1, value]]) }
  if (field.repeated) return { [field.name]: [value] }
  return field.oneof === undefined ? { [field.name]: value } : { [field.oneof]: { case: field.name, value } }
}

const REFUSED = expect.objectContaining({ code: expect.stringMatching(/^(VALUE_OUT_OF_RANGE|WRONG_TYPE|BAD_ENUM)$/) })

describe('values no field can carry are refused', () => {
  it.each(Object.keys(messageFields).filter((name) => /^(poolrpc|tidepool)\./.test(name)))('%s', (message) => {
    for (const field of messageFields[message] ?? []) {
      for (const value of beyond[field.type] ?? []) {
        expect(() => encodeUntyped(message, init(field, value))).toThrow(REFUSED)
      }
      if (field.repeated) expect(() => encodeUntyped(message, { [field.name]: {} })).toThrow(REFUSED)
      if (field.mapKey !== undefined) expect(() => encodeUntyped(message, { [field.name]: {} })).toThrow(REFUSED)
    }
    expect(() => encodeUntyped(message, { no_such_field: undefined })).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_FIELD' }),
    )
  })

  it.each([
    [{ details: { case: 'ask', value: {}, extra: 1 } }, 'UNKNOWN_FIELD'],
    [{ details: { case: 'offer', value: {} } }, 'UNKNOWN_FIELD'],
    [{ details: { case: 'userAgent', value: '' } }, 'UNKNOWN_FIELD'],
    [{ details: 'ask' }, 'WRONG_TYPE'],
    [{ ask: {} }, 'UNKNOWN_FIELD'],
    [{ user_agent: '' }, 'UNKNOWN_FIELD'],
  ])('%j as an order: %s', (value, code) => {
    expect(() => encodeUntyped('poolrpc.ServerSubmitOrderRequest', value)).toThrow(expect.objectContaining({ code }))
  })

  it('names the place', () => {
    const order = { details: { case: 'bid', value: { details: { allowedNodeIds: [new Uint8Array(), 'x'] } } } }
    expect(() => encodeUntyped('poolrpc.ServerSubmitOrderRequest', order)).toThrow(
      'poolrpc.ServerSubmitOrderRequest.details.bid.details.allowedNodeIds[1]: expected Uint8Array',
    )
  })

  it('refuses a message there is not', () => {
    expect(() => encodeUntyped('poolrpc.Nothing', {})).toThrow(expect.objectContaining({ code: 'UNKNOWN_MESSAGE' }))
  })
})

describe('decoding', () => {
  it('fills in defaults', () => {
    const message = decodeMessage('poolrpc.ServerAsk', new Uint8Array())
    expect(message).toEqual({
      details: undefined,
      leaseDurationBlocks: 0,
      version: 0,
      announcementConstraints: 'ANNOUNCEMENT_NO_PREFERENCE',
      confirmationConstraints: 'CONFIRMATION_NO_PREFERENCE',
    })
    expect(fillMessage('poolrpc.ServerAsk', {})).toEqual(message)
  })

  it('tells a set member of a oneof from an unset one, also when it is zero', () => {
    const bytes = encodeMessage('poolrpc.ServerSubmitOrderResponse', { details: { case: 'accepted', value: false } })
    expect(decodeMessage('poolrpc.ServerSubmitOrderResponse', bytes).details).toEqual({
      case: 'accepted',
      value: false,
    })
    expect(decodeMessage('poolrpc.ServerSubmitOrderResponse', new Uint8Array()).details).toBeUndefined()
  })

  it('gives plain bytes of their own', () => {
    const bytes = encodeMessage('poolrpc.OutPoint', { txid: Uint8Array.of(1, 2, 3) })
    const { txid } = decodeMessage('poolrpc.OutPoint', bytes)
    bytes.fill(0)
    expect(txid.constructor).toBe(Uint8Array)
    expect(txid).toEqual(Uint8Array.of(1, 2, 3))
  })

  it('does not copy what is most of a long message', () => {
    const script = new Uint8Array(20_000).fill(7)
    const bytes = encodeMessage('poolrpc.TxOut', { value: 1n, pkScript: script })
    const { pkScript } = decodeMessage('poolrpc.TxOut', bytes)
    expect(pkScript.constructor).toBe(Uint8Array)
    expect(pkScript).toEqual(script)
    expect(pkScript.buffer).toBe(bytes.buffer)
    const two = encodeMessage('poolrpc.OrderMatchSignBegin', {
      batchId: script,
      serverNonces: new Map([['a', script]]),
    })
    const read = decodeMessage('poolrpc.OrderMatchSignBegin', two)
    expect([read.batchId, read.serverNonces.get('a')]).toEqual([script, script])
    expect(read.batchId.buffer).not.toBe(two.buffer)
  })

  it('keeps numbers of enums newer than us, and sends them on', () => {
    const bytes = encodeMessage('poolrpc.NodeRating', { nodeTier: 'UNRECOGNIZED_9' })
    expect(decodeMessage('poolrpc.NodeRating', bytes).nodeTier).toBe('UNRECOGNIZED_9')
    const known = encodeMessage('poolrpc.NodeRating', { nodeTier: 'UNRECOGNIZED_2' })
    expect(decodeMessage('poolrpc.NodeRating', known).nodeTier).toBe('TIER_1')
  })

  it('writes -1 as ten bytes and leaves defaults out', () => {
    expect(Buffer.from(encodeMessage('poolrpc.AccountDiff', { outpointIndex: -1, newExpiry: 0 })).toString('hex')).toBe(
      '18ffffffffffffffffff01',
    )
  })

  it.each(['0a', '0aff', 'ffffffffffffffffffffff01', '1a05'])('refuses the bytes %s', (hex) => {
    expect(() => decodeMessage('poolrpc.ServerOrder', Buffer.from(hex, 'hex'))).toThrow(
      expect.objectContaining({ code: 'MALFORMED_MESSAGE' }),
    )
  })
})
