import { StoreError } from './errors.ts'

/**
 * JSON text that gives back what went in: `bigint` as `{"$big"}`, bytes as `{"$hex"}`, `Map` as `{"$map"}`; an object
 * of ours whose own key starts with `$` as `{"$obj"}`. Absent and `undefined` properties are the same. What text
 * cannot keep is refused rather than bent.
 */
export function toExactJson(value: unknown): string {
  return JSON.stringify(toPlain(value, undefined, ''))
}

/** @throws SyntaxError when the text is not JSON or a tag is malformed */
export function fromExactJson(text: string): unknown {
  return fromPlain(JSON.parse(text) as unknown)
}

/** Where a value stands; made into words only for the error that needs them. */
interface Place {
  readonly outer: Place | undefined
  readonly step: string | number
}

function toPlain(value: unknown, outer: Place | undefined, step: string | number): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value
    case 'bigint':
      return { $big: value.toString() }
    case 'number':
      if (!Number.isFinite(value) || Object.is(value, -0)) throw unencodable({ outer, step })
      return value
    case 'object':
      return value === null ? null : objectToPlain(value, { outer, step })
    default:
      throw unencodable({ outer, step })
  }
}

function objectToPlain(value: object, place: Place): unknown {
  if (Array.isArray(value)) return value.map((item, i) => toPlain(item, place, i))
  if (value instanceof Uint8Array) return { $hex: hexOf(value) }
  if (value instanceof Map) return { $map: [...value].map((pair, i) => toPlain(pair, place, i)) }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) throw unencodable(place)
  const keys = Object.keys(value)
  // An own `__proto__` may only be defined, not assigned.
  if (keys.some((key) => key.startsWith('$') || key === '__proto__')) return pairsToPlain(value, place)
  const plain: Record<string, unknown> = {}
  for (const key of keys) {
    const item = (value as Readonly<Record<string, unknown>>)[key]
    if (item !== undefined) plain[key] = toPlain(item, place, key)
  }
  return plain
}

function pairsToPlain(value: object, place: Place): unknown {
  const pairs = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .map(([key, item]) => [key, toPlain(item, place, key)] as const)
  return pairs.some(([key]) => key.startsWith('$')) ? { $obj: pairs } : Object.fromEntries(pairs)
}

/** The same value with every tag in it replaced; what JSON.parse made belongs to nobody else. */
function fromPlain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) value[i] = fromPlain(item)
    return value
  }
  const plain = value as Record<string, unknown>
  const keys = Object.keys(plain)
  const [first] = keys
  if (first?.startsWith('$')) return fromTag(first, plain[first])
  for (const key of keys) {
    const item = plain[key]
    if (typeof item === 'object') plain[key] = fromPlain(item)
  }
  return plain
}

function fromTag(tag: string, content: unknown): unknown {
  if (tag === '$big' && typeof content === 'string') return BigInt(content)
  if (tag === '$hex' && typeof content === 'string') return hexBytes(content)
  if (tag === '$map' && Array.isArray(content)) return new Map(content.map(pairOf))
  if (tag === '$obj' && Array.isArray(content)) {
    return Object.fromEntries(content.map(pairOf).map(([key, item]) => [String(key), item]))
  }
  throw new SyntaxError(`malformed tag ${tag}`)
}

function pairOf(item: unknown): readonly [unknown, unknown] {
  if (!Array.isArray(item) || item.length !== 2) throw new SyntaxError('malformed pair')
  return [fromPlain(item[0]), fromPlain(item[1])]
}

function hexBytes(hex: string): Uint8Array {
  if (hex.length % 2 !== 0 || !/^[0-9a-f]*$/.test(hex)) throw new SyntaxError('malformed bytes')
  return new Uint8Array(Buffer.from(hex, 'hex'))
}

const hexOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')

function unencodable(place: Place): StoreError {
  const path = pathOf(place)
  return new StoreError({ code: 'RECORD_UNENCODABLE', path }, `${path}: this value cannot be stored exactly`)
}

function pathOf({ outer, step }: Place): string {
  if (outer === undefined) return '$'
  return typeof step === 'number' ? `${pathOf(outer)}[${step}]` : `${pathOf(outer)}.${step}`
}
