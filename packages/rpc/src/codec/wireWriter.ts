import protobufjs from 'protobufjs/minimal.js'
import type { Scalar } from './scalars.ts'
import type { FieldType } from './schema.ts'

/** Puts an encoded message together. */
export type WireWriter = protobufjs.Writer

export const newWriter = (): WireWriter => protobufjs.Writer.create()

const halves = (value: bigint): protobufjs.Long => ({
  low: Number(BigInt.asUintN(32, value)),
  high: Number(BigInt.asUintN(32, value >> 32n)),
  unsigned: true,
})

const SAFE = BigInt(Number.MAX_SAFE_INTEGER)

/** As protobufjs takes it. */
const wide = (value: Scalar): number | protobufjs.Long =>
  (value as bigint) <= SAFE && (value as bigint) >= -SAFE ? Number(value) : halves(value as bigint)

/** Writes values that were checked. */
export const WRITE: Record<Exclude<FieldType, 'message' | 'enum'>, (writer: WireWriter, value: Scalar) => void> = {
  double: (writer, value) => writer.double(value as number),
  float: (writer, value) => writer.float(value as number),
  int64: (writer, value) => writer.int64(wide(value)),
  uint64: (writer, value) => writer.uint64(wide(value)),
  int32: (writer, value) => writer.int32(value as number),
  fixed64: (writer, value) => writer.fixed64(wide(value)),
  fixed32: (writer, value) => writer.fixed32(value as number),
  bool: (writer, value) => writer.bool(value as boolean),
  string: (writer, value) => writer.string(value as string),
  bytes: (writer, value) => writer.bytes(value as Uint8Array),
  uint32: (writer, value) => writer.uint32(value as number),
  sfixed32: (writer, value) => writer.sfixed32(value as number),
  sfixed64: (writer, value) => writer.sfixed64(wide(value)),
  sint32: (writer, value) => writer.sint32(value as number),
  sint64: (writer, value) => writer.sint64(wide(value)),
}
