import { concatBytes } from '@tidepool/crypto'
import { badMacaroon } from './errors.ts'

export interface Caveat {
  readonly identifier: Uint8Array
  /** Set for caveats somebody else is to discharge. */
  readonly location?: string
  readonly verificationId?: Uint8Array
}

export interface Macaroon {
  readonly location?: string
  readonly identifier: Uint8Array
  readonly caveats: readonly Caveat[]
  readonly signature: Uint8Array
}

const VERSION = 2
const FIELD = { end: 0, location: 1, identifier: 2, verificationId: 4, signature: 6 } as const
const SIGNATURE_BYTES = 32
/** Longest macaroon read; ours take a few hundred bytes. */
const MAX_BYTES = 16_384

function varint(value: number): Uint8Array {
  const out: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.from([...out, rest])
    out.push((rest % 128) | 0x80)
  }
}

const field = (type: number, data: Uint8Array): Uint8Array => concatBytes(varint(type), varint(data.length), data)

function section(location: string | undefined, identifier: Uint8Array, verificationId?: Uint8Array): Uint8Array {
  return concatBytes(
    location === undefined ? new Uint8Array() : field(FIELD.location, Buffer.from(location)),
    field(FIELD.identifier, identifier),
    verificationId === undefined ? new Uint8Array() : field(FIELD.verificationId, verificationId),
    Uint8Array.of(FIELD.end),
  )
}

/** Binary form, version 2 (libmacaroons doc/format.txt). */
export function encodeMacaroon(macaroon: Macaroon): Uint8Array {
  return concatBytes(
    Uint8Array.of(VERSION),
    section(macaroon.location, macaroon.identifier),
    ...macaroon.caveats.map((caveat) => section(caveat.location, caveat.identifier, caveat.verificationId)),
    Uint8Array.of(FIELD.end),
    field(FIELD.signature, macaroon.signature),
  )
}

class Reader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  varint(): number {
    let value = 0
    for (let factor = 1; factor <= 128 ** 3; factor *= 128) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) throw badMacaroon('ends too early')
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value
    }
    throw badMacaroon('a length is too large')
  }

  data(): Uint8Array {
    const length = this.varint()
    const start = this.#at
    this.#at += length
    if (this.#at > this.#bytes.length) throw badMacaroon('ends too early')
    return this.#bytes.slice(start, this.#at)
  }

  /** The fields up to the end mark, in ascending order; undefined for an empty section. */
  section(): Caveat | undefined {
    const fields = new Map<number, Uint8Array>()
    let last = 0
    for (let type = this.varint(); type !== FIELD.end; type = this.varint()) {
      if (type <= last) throw badMacaroon('fields are out of order')
      last = type
      fields.set(type, this.data())
    }
    if (fields.size === 0) return undefined
    const identifier = fields.get(FIELD.identifier)
    if (identifier === undefined) throw badMacaroon('an identifier is missing')
    const location = fields.get(FIELD.location)
    const verificationId = fields.get(FIELD.verificationId)
    return {
      identifier,
      ...(location !== undefined && { location: Buffer.from(location).toString('utf8') }),
      ...(verificationId !== undefined && { verificationId }),
    }
  }
}

/** @throws MacaroonError BAD_MACAROON */
export function decodeMacaroon(bytes: Uint8Array): Macaroon {
  if (bytes.length > MAX_BYTES) throw badMacaroon('too long')
  if (bytes[0] !== VERSION) throw badMacaroon('not version 2')
  const reader = new Reader(bytes.subarray(1))
  const head = reader.section()
  if (head === undefined) throw badMacaroon('an identifier is missing')
  if (head.verificationId !== undefined) throw badMacaroon('its own section has a verification id')
  const caveats: Caveat[] = []
  for (let caveat = reader.section(); caveat !== undefined; caveat = reader.section()) caveats.push(caveat)
  if (reader.varint() !== FIELD.signature) throw badMacaroon('the signature is missing')
  const signature = reader.data()
  if (signature.length !== SIGNATURE_BYTES) throw badMacaroon('the signature is not 32 bytes')
  if (!reader.atEnd) throw badMacaroon('bytes are left over')
  return {
    ...(head.location !== undefined && { location: head.location }),
    identifier: head.identifier,
    caveats,
    signature,
  }
}
