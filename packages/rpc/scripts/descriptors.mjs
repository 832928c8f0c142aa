/**
 * Reads protobuf's own description of .proto files (google/protobuf/descriptor.proto). proto-loader hands it out as
 * bytes; its decoded form cannot tell "first oneof" from "no oneof", so the bytes are read here.
 */

const LABEL_REPEATED = 3
const TYPE_MESSAGE = 11
const TYPE_ENUM = 14
const TYPE_NAMES = {
  1: 'double',
  2: 'float',
  3: 'int64',
  4: 'uint64',
  5: 'int32',
  6: 'fixed64',
  7: 'fixed32',
  8: 'bool',
  9: 'string',
  11: 'message',
  12: 'bytes',
  13: 'uint32',
  14: 'enum',
  15: 'sfixed32',
  16: 'sfixed64',
  17: 'sint32',
  18: 'sint64',
}

/** Field number -> values in order; a value is a bigint (varint) or bytes (length-delimited, fixed). */
function readMessage(bytes) {
  const fields = new Map()
  let at = 0
  const varint = () => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]
      if (byte === undefined) throw new Error('descriptor ends inside a varint')
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
  const take = (length) => bytes.subarray(at, (at += length))
  while (at < bytes.length) {
    const tag = Number(varint())
    const wireType = tag & 7
    let value
    if (wireType === 0) value = varint()
    else if (wireType === 2) value = take(Number(varint()))
    else value = take(wireType === 1 ? 8 : 4)
    const number = tag >>> 3
    fields.set(number, [...(fields.get(number) ?? []), value])
  }
  return {
    all: (number) => fields.get(number) ?? [],
    text: (number) => Buffer.from(fields.get(number)?.[0] ?? []).toString('utf8'),
    int: (number) => (fields.has(number) ? Number(BigInt.asIntN(64, fields.get(number)[0])) : undefined),
    has: (number) => fields.has(number),
    sub: (number) => (fields.get(number) ?? []).map(readMessage),
  }
}

const readEnum = (scope, raw) => ({
  name: `${scope}.${raw.text(1)}`,
  values: raw.sub(2).map((value) => ({ name: value.text(1), number: value.int(2) ?? 0 })),
})

function readField(raw, oneofs) {
  const type = raw.int(5)
  const optional = raw.int(17) === 1
  const options = raw.sub(8)[0]
  return {
    name: raw.text(1),
    number: raw.int(3),
    repeated: raw.int(4) === LABEL_REPEATED,
    type: TYPE_NAMES[type],
    typeName: type === TYPE_MESSAGE || type === TYPE_ENUM ? raw.text(6) : undefined,
    oneof: raw.has(9) && !optional ? oneofs[raw.int(9)] : undefined,
    optional,
    deprecated: options?.int(3) === 1,
  }
}

function readType(scope, raw, out) {
  const name = `${scope}.${raw.text(1)}`
  const oneofs = raw.sub(8).map((oneof) => oneof.text(1))
  out.messages.set(name, {
    name,
    isMapEntry: raw.sub(7)[0]?.int(7) === 1,
    fields: raw.sub(2).map((field) => readField(field, oneofs)),
  })
  for (const nested of raw.sub(3)) readType(name, nested, out)
  for (const nested of raw.sub(4)) addEnum(readEnum(name, nested), out)
}

function addEnum(description, out) {
  out.enums.set(description.name, description)
}

function readService(scope, raw) {
  return {
    name: `${scope}.${raw.text(1)}`,
    methods: raw.sub(2).map((method) => ({
      name: method.text(1),
      request: method.text(2),
      response: method.text(3),
      requestStream: method.int(5) === 1,
      responseStream: method.int(6) === 1,
    })),
  }
}

/** A name as written in `scope`, made absolute by protobuf's rule: innermost scope first. */
function resolve(name, scope, known) {
  if (name.startsWith('.')) return name.slice(1)
  for (let at = scope; ; at = at.slice(0, Math.max(0, at.lastIndexOf('.')))) {
    const candidate = at === '' ? name : `${at}.${name}`
    if (known(candidate)) return candidate
    if (at === '') throw new Error(`${name}, named in ${scope}, is not defined`)
  }
}

/** Messages, enums and services of all files, by absolute name, every reference absolute. */
export function readDescriptors(fileDescriptors) {
  const out = { messages: new Map(), enums: new Map(), services: new Map() }
  for (const bytes of fileDescriptors) {
    const file = readMessage(bytes)
    const scope = file.text(2)
    for (const raw of file.sub(4)) readType(scope, raw, out)
    for (const raw of file.sub(5)) addEnum(readEnum(scope, raw), out)
    for (const raw of file.sub(6)) {
      const service = readService(scope, raw)
      out.services.set(service.name, service)
    }
  }
  const known = (name) => out.messages.has(name) || out.enums.has(name)
  for (const message of out.messages.values()) {
    for (const field of message.fields) {
      if (field.typeName !== undefined) field.typeName = resolve(field.typeName, message.name, known)
    }
  }
  for (const service of out.services.values()) {
    for (const method of service.methods) {
      method.request = resolve(method.request, service.name, known)
      method.response = resolve(method.response, service.name, known)
    }
  }
  return out
}
