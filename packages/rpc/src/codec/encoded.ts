import { concatBytes } from '@tidepool/crypto'

/** A message that is encoded already: what many receive alike is encoded once (ADR-0092). */
export class Encoded {
  readonly bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }
}

/** Wire type of strings, bytes and messages. */
const LENGTH_DELIMITED = 2

/**
 * One field that holds a message, from parts of it: encoded one after the other they make one message, whose repeated
 * fields follow each other (Protocol Buffers, "Encoding").
 */
export function encodedField(number: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  return concatBytes(varint(number * 8 + LENGTH_DELIMITED), varint(length), ...parts)
}

function varint(value: number): Uint8Array {
  const out: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.from([...out, rest])
    out.push((rest % 128) | 0x80)
  }
}
