import protobufjs from 'protobufjs/minimal.js'
import type { FieldType } from './schema.ts'

/** Wire types of Protocol Buffers, "Encoding". */
export const VARINT = 0
export const FIXED64 = 1
export const DELIMITED = 2
export const FIXED32 = 5

const WIRE_TYPE: Partial<Record<FieldType, number>> = {
  double: FIXED64,
  fixed64: FIXED64,
  sfixed64: FIXED64,
  float: FIXED32,
  fixed32: FIXED32,
  sfixed32: FIXED32,
  string: DELIMITED,
  bytes: DELIMITED,
  message: DELIMITED,
}

/** Wire type of one value. */
export const wireTypeOf = (type: FieldType): number => WIRE_TYPE[type] ?? VARINT

/** Walks over an encoded message, from `pos` to `len`; throws for what is malformed. */
export type WireReader = protobufjs.Reader

export const MAX_DEPTH = protobufjs.Reader.recursionLimit

export const readerOf = (bytes: Uint8Array): WireReader =>
  protobufjs.Reader.create(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))

/** Passes over a length and so many bytes; tells where these begin. */
export function passDelimited(reader: WireReader): number {
  const length = reader.size()
  const from = reader.pos
  reader.skip(length)
  return from
}

/** A 64-bit number as protobufjs gives it. */
export interface Halves {
  readonly low: number
  readonly high: number
}

const HIGH = 0x1_0000_0000

export function unsigned({ low, high }: Halves): bigint {
  const [upper, lower] = [high >>> 0, low >>> 0]
  return upper < 0x20_0000 ? BigInt(upper * HIGH + lower) : (BigInt(upper) << 32n) | BigInt(lower)
}

export const signed = (halves: Halves): bigint => BigInt.asIntN(64, unsigned(halves))

/** Shorter ones are always copied: they may stand in memory that others share. */
const LONG = 8192

/** The bytes after their length: in memory of their own, unless they are most of the message, which nobody else keeps. */
export function ownBytes(reader: WireReader): Uint8Array {
  const { buf } = reader
  const view = reader.bytes()
  if (view.length > LONG && view.length * 2 > buf.length) {
    return new Uint8Array(view.buffer, view.byteOffset, view.length)
  }
  const out = new Uint8Array(view.length)
  out.set(view)
  return out
}
