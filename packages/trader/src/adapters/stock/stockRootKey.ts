import { scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js'
import { sha256 } from '@tidepool/crypto'
import { ROOT_KEY_ID } from '../store/rootKeys.ts'
import { readBoltBucket } from './boltBucket.ts'
import { unreadable } from './errors.ts'

/** lnd macaroons/store.go */
const BUCKET = 'macrootkeys'
const PARAMETERS = 'enckey'
const KEY_BYTES = 32
const NONCE_BYTES = 24
/** What scrypt is asked for: N, r and p, of eight bytes each. lnd macaroons/security.go */
const COST = { N: 16_384, r: 8, p: 1 } as const
const COST_BYTES = Buffer.from(BigUint64Array.of(...Object.values(COST).map(BigInt)).buffer)
/** Salt, digest of the key, cost. btcwallet snacl/snacl.go */
const [DIGEST_AT, COST_AT] = [32, 64] as const

const derive = promisify<string | Uint8Array, Uint8Array, number, object, Buffer>(scrypt)

/**
 * The root key of a stock daemon's `macaroons.db`, opened with the password that fits.
 * @throws TraderError STOCK_MACAROONS_UNREADABLE
 */
export async function openStockRootKey(file: Uint8Array, passwords: readonly Uint8Array[]): Promise<Uint8Array> {
  const bucket = readBoltBucket(file, BUCKET)
  const parameters = bucket.get(PARAMETERS)
  const sealed = bucket.get(ROOT_KEY_ID)
  if (parameters === undefined || sealed === undefined) throw unreadable('it holds no key')
  const key = await fittingKey(parameters, passwords)
  const rootKey = open(key, sealed)
  if (rootKey.length !== KEY_BYTES) throw unreadable('its key is not 32 bytes')
  return rootKey
}

async function fittingKey(parameters: Uint8Array, passwords: readonly Uint8Array[]): Promise<Uint8Array> {
  if (!COST_BYTES.equals(parameters.subarray(COST_AT))) throw unreadable('it is locked in a way we do not know')
  const salt = parameters.subarray(0, DIGEST_AT)
  const digest = parameters.subarray(DIGEST_AT, COST_AT)
  for (const password of passwords) {
    const key = await derive(password, salt, KEY_BYTES, COST)
    if (timingSafeEqual(sha256(key), digest)) return key
  }
  throw unreadable('it is locked with another password than this lnd gives: is it the lnd of that daemon?')
}

/** NaCl secretbox, nonce first. */
function open(key: Uint8Array, sealed: Uint8Array): Uint8Array {
  try {
    return xsalsa20poly1305(key, sealed.subarray(0, NONCE_BYTES)).decrypt(sealed.subarray(NONCE_BYTES))
  } catch (cause) {
    throw unreadable('its key is damaged', cause)
  }
}
