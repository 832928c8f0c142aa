/** Fields of a protobuf message as they stand: varints as bigint, the rest as bytes. Enough to read vectors. */
export function readFields(message: Uint8Array): readonly (readonly [number, bigint | Uint8Array])[] {
  const fields: [number, bigint | Uint8Array][] = []
  let at = 0
  const varint = () => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = message[at++] ?? 0
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
  while (at < message.length) {
    const tag = Number(varint())
    if ((tag & 7) === 0) {
      fields.push([tag >> 3, varint()])
      continue
    }
    if ((tag & 7) !== 2) throw new Error(`unexpected wire type ${tag & 7}`)
    const length = Number(varint())
    fields.push([tag >> 3, message.subarray(at, at + length)])
    at += length
  }
  return fields
}

export function bytesFields(message: Uint8Array, field: number): readonly Uint8Array[] {
  return readFields(message).flatMap(([number, value]) =>
    number === field && typeof value !== 'bigint' ? [value] : [],
  )
}

export function intField(message: Uint8Array, field: number): bigint {
  const found = readFields(message).find(([number]) => number === field)
  return typeof found?.[1] === 'bigint' ? found[1] : 0n
}
