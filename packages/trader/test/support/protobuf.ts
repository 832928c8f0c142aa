/** One field of a protobuf message: a varint, or the bytes of anything with a length. */
export interface WireField {
  readonly number: number
  readonly value: bigint | Uint8Array
}

/** The fields of a message in wire order, read independently of the product's own codec. */
export function wireFields(message: Uint8Array): readonly WireField[] {
  const fields: WireField[] = []
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = message[at++] ?? 0
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
  while (at < message.length) {
    const key = Number(varint())
    if ((key & 7) === 0) {
      fields.push({ number: key >> 3, value: varint() })
      continue
    }
    const length = Number(varint())
    fields.push({ number: key >> 3, value: message.subarray(at, at + length) })
    at += length
  }
  return fields
}

export function bytesField(fields: readonly WireField[], number: number): Uint8Array {
  const value = fields.find((field) => field.number === number)?.value
  return value instanceof Uint8Array ? value : new Uint8Array()
}

export function numberField(fields: readonly WireField[], number: number): bigint {
  const value = fields.find((field) => field.number === number)?.value
  return typeof value === 'bigint' ? value : 0n
}

/** All length-delimited values of a repeated field. */
export const repeatedField = (fields: readonly WireField[], number: number): readonly Uint8Array[] =>
  fields.flatMap((field) => (field.number === number && field.value instanceof Uint8Array ? [field.value] : []))
