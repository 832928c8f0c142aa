import { StoreError } from './errors.ts'

/**
 * JSON text that gives back what went in: `bigint` as `{"$big"}`, bytes as `{"$hex"}`, `Map` as `{"$map"}`; an object
 * of ours whose own key starts with `$` as `{"$obj"}`. Absent and `undefined` properties are the same. What text
 * cannot keep is refused rather than bent.
 */
export function toExactJson(value: unknown): string {
  return JSON.stringify(toPlain(value, '$'))
}

/** @throws SyntaxError when the text is not JSON or a tag is malformed */
export function fromExactJson(text: string): unknown {
  return fromPlain(JSON.parse(text) as unknown)
}

function toPlain(value: unknown, path: string): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value
    case 'bigint':
      return { $big: value.toString() }
    case 'number':
      if (!Number.isFinite(value) || Object.is(value, -0)) throw unencodable(path)
      return value
    case 'object':
      return value === null ? null : objectToPlain(value, path)
    default:
      throw unencodable(path)
  }
}

function objectToPlain(value: object, path: string): unknown {
  if (Array.isArray(value)) return value.map((item, i) => toPlain(item, `${path}[${i}]`))
  if (value instanceof Uint8Array) return { $hex: Buffer.from(value).toString('hex') }
  if (value instanceof Map) return { $map: [...value].map((pair, i) => toPlain(pair, `${path}[${i}]`)) }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) throw unencodable(path)
  const pairs = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .map(([key, item]) => [key, toPlain(item, `${path}.${key}`)] as const)
  return pairs.some(([key]) => key.startsWith('$')) ? { $obj: pairs } : Object.fromEntries(pairs)
}

function fromPlain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(fromPlain)
  const entries = Object.entries(value)
  const [first] = entries
  if (first?.[0].startsWith('$')) return fromTag(first[0], first[1])
  return Object.fromEntries(entries.map(([key, item]) => [key, fromPlain(item)]))
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

function unencodable(path: string): StoreError {
  return new StoreError({ code: 'RECORD_UNENCODABLE', path }, `${path}: this value cannot be stored exactly`)
}
