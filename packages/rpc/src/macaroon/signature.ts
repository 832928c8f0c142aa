import { createHmac, timingSafeEqual } from 'node:crypto'
import { concatBytes } from '@tidepool/crypto'
import type { Caveat, Macaroon } from './codec.ts'

const hmac = (key: Uint8Array, data: Uint8Array): Uint8Array =>
  new Uint8Array(createHmac('sha256', key).update(data).digest())

/** Key under which root keys are stretched (libmacaroons). */
const GENERATOR = concatBytes(Buffer.from('macaroons-key-generator'), new Uint8Array(9))

function afterCaveat(signature: Uint8Array, caveat: Caveat): Uint8Array {
  if (caveat.verificationId === undefined) return hmac(signature, caveat.identifier)
  return hmac(signature, concatBytes(hmac(signature, caveat.verificationId), hmac(signature, caveat.identifier)))
}

/** A macaroon without caveats. */
export function signMacaroon(rootKey: Uint8Array, identifier: Uint8Array, location: string): Macaroon {
  return { location, identifier, caveats: [], signature: hmac(hmac(GENERATOR, rootKey), identifier) }
}

/** The same macaroon, good for less. Takes no key: anyone who holds a macaroon may weaken it. */
export function addCaveat(macaroon: Macaroon, text: string): Macaroon {
  const caveat = { identifier: new Uint8Array(Buffer.from(text)) }
  return {
    ...macaroon,
    caveats: [...macaroon.caveats, caveat],
    signature: afterCaveat(macaroon.signature, caveat),
  }
}

export function isSignedBy(rootKey: Uint8Array, macaroon: Macaroon): boolean {
  const start = hmac(hmac(GENERATOR, rootKey), macaroon.identifier)
  const expected = macaroon.caveats.reduce(afterCaveat, start)
  return macaroon.signature.length === expected.length && timingSafeEqual(macaroon.signature, expected)
}
