import { ClmError } from './errors.ts'

export type BytesErrorDetail =
  /** Text that should be hex is not, or has the wrong length; trying again does not help. */
  | { readonly code: 'BAD_HEX'; readonly what: string; readonly length: number }
  /** A key, hash, nonce or signature has the wrong number of bytes; trying again does not help. */
  | { readonly code: 'BAD_LENGTH'; readonly what: string; readonly expected: number; readonly length: number }

export class BytesError extends ClmError<BytesErrorDetail> {}

/** Lower-case hex. */
export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}

/** @throws BytesError BAD_HEX when odd, not hex, or not `length` bytes */
export function fromHex(text: string, length?: number, what = 'hex'): Uint8Array {
  // Decoding stops at the first character that is no hex digit.
  const bytes = Buffer.from(text, 'hex')
  if (bytes.length * 2 !== text.length || (length !== undefined && bytes.length !== length)) {
    const wanted = length === undefined ? 'an even number of hex digits' : `${length * 2} hex digits`
    throw new BytesError({ code: 'BAD_HEX', what, length: text.length }, `${what}: expected ${wanted}`)
  }
  return Uint8Array.from(bytes)
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && compareBytes(a, b) === 0
}

/** Lexicographic order, shorter first on a tie. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const n = Math.min(a.length, b.length)
  for (let i = 0; i < n; i++) {
    const d = (a[i] ?? 0) - (b[i] ?? 0)
    if (d !== 0) return d
  }
  return a.length - b.length
}

/** A reversed copy: internal to display order of a hash, and back. */
export function reversed(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(bytes).reverse()
}

/** The same bytes, checked. @throws BytesError BAD_LENGTH */
export function expectLength(bytes: Uint8Array, expected: number, what: string): Uint8Array {
  if (bytes.length !== expected) {
    throw new BytesError(
      { code: 'BAD_LENGTH', what, expected, length: bytes.length },
      `${what}: expected ${expected} bytes, got ${bytes.length}`,
    )
  }
  return bytes
}
