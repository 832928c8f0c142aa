/** Scalar types of proto3 plus `message` and `enum`. */
export type FieldType =
  | 'double'
  | 'float'
  | 'int64'
  | 'uint64'
  | 'int32'
  | 'fixed64'
  | 'fixed32'
  | 'bool'
  | 'string'
  | 'message'
  | 'bytes'
  | 'uint32'
  | 'enum'
  | 'sfixed32'
  | 'sfixed64'
  | 'sint32'
  | 'sint64'

/** One field; of a map, `type` is the values'. */
export interface FieldSchema {
  /** camelCase, as in TypeScript. */
  readonly name: string
  /** As in the .proto file. */
  readonly protoName: string
  readonly number: number
  readonly type: FieldType
  /** Full name of a message or enum. */
  readonly typeName?: string
  readonly repeated?: true
  /** Decoded as a `MessageList`. */
  readonly list?: true
  readonly mapKey?: FieldType
  /** camelCase name of the oneof it belongs to. */
  readonly oneof?: string
  /** Declared `optional`: absence is told from zero. */
  readonly optional?: true
}

export type MessageFields = Readonly<Record<string, readonly FieldSchema[]>>
export type EnumValues = Readonly<Record<string, Readonly<Record<string, number>>>>
