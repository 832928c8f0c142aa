import { concatBytes } from '@tidepool/crypto'

/** Writes the few ASN.1 types a certificate is made of (X.690, DER). */

function tagged(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = concatBytes(...parts)
  const length: number[] = []
  for (let rest = content.length; rest > 0; rest >>>= 8) length.unshift(rest & 0xff)
  const head = content.length < 0x80 ? [content.length] : [0x80 | length.length, ...length]
  return concatBytes(Uint8Array.of(tag, ...head), content)
}

export const sequence = (...parts: readonly Uint8Array[]): Uint8Array => tagged(0x30, ...parts)
export const set = (...parts: readonly Uint8Array[]): Uint8Array => tagged(0x31, ...parts)
export const octets = (...parts: readonly Uint8Array[]): Uint8Array => tagged(0x04, ...parts)
export const truth = (value: boolean): Uint8Array => tagged(0x01, Uint8Array.of(value ? 0xff : 0))
export const text = (value: string): Uint8Array => tagged(0x0c, Buffer.from(value, 'utf8'))
/** `[n]`, constructed or primitive. */
export const explicit = (n: number, ...parts: readonly Uint8Array[]): Uint8Array => tagged(0xa0 | n, ...parts)
export const implicit = (n: number, content: Uint8Array): Uint8Array => tagged(0x80 | n, content)

/** A number of at least zero, from its bytes. */
export function integer(bytes: Uint8Array): Uint8Array {
  const start = bytes.findIndex((byte) => byte !== 0)
  const significant = start < 0 ? Uint8Array.of(0) : bytes.subarray(start)
  return tagged(0x02, (significant[0] ?? 0) >= 0x80 ? Uint8Array.of(0) : new Uint8Array(), significant)
}

/** Bits, the first one highest; trailing zeros are left out. */
export function bits(values: readonly boolean[]): Uint8Array {
  const used = values.lastIndexOf(true) + 1
  const bytes = new Uint8Array(Math.ceil(used / 8))
  values.slice(0, used).forEach((value, index) => {
    if (value) bytes[index >> 3] = (bytes[index >> 3] ?? 0) | (0x80 >> (index & 7))
  })
  return tagged(0x03, Uint8Array.of((8 - (used % 8)) % 8), bytes)
}

export const bitString = (content: Uint8Array): Uint8Array => tagged(0x03, Uint8Array.of(0), content)

/** Dotted numbers. */
export function objectId(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const bytes = [first * 40 + second, ...rest].flatMap((value) => {
    const out = [value & 0x7f]
    for (let high = value >>> 7; high > 0; high >>>= 7) out.unshift((high & 0x7f) | 0x80)
    return out
  })
  return tagged(0x06, Uint8Array.from(bytes))
}

/** UTCTime up to 2049, GeneralizedTime after (RFC 5280 §4.1.2.5). */
export function time(date: Date): Uint8Array {
  const digits = date.toISOString().replace(/[-:T]|\.\d+/g, '')
  const short = date.getUTCFullYear() < 2050
  return tagged(short ? 0x17 : 0x18, Buffer.from(short ? digits.slice(2) : digits, 'latin1'))
}
