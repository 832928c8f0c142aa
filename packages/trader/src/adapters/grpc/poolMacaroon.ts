import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { MacaroonError, bakeMacaroon, verifyMacaroon } from '@tidepool/rpc'
import { TraderError, reasonOf } from '../../core/errors.ts'
import type { RandomBytes } from '../../ports/clock.ts'
import { ROOT_KEY_ID } from '../store/rootKeys.ts'
import { ALL_PERMISSIONS } from './permissions.ts'

const LOCATION = 'pool'

/**
 * Keeps a `pool.macaroon` that is ours and complete, writes a new one otherwise. A file that is no macaroon at all may be
 * someone else's: it is left alone. lndclient macaroon_service.go. @throws TraderError CONFIG_INVALID
 */
export function keepOrBakeMacaroon(path: string, rootKey: Uint8Array, random: RandomBytes): 'kept' | 'baked' {
  if (existsSync(path) && isComplete(path, rootKey)) return 'kept'
  mkdirSync(dirname(path), { recursive: true })
  const id = { nonce: random(16), rootKeyId: ROOT_KEY_ID, permissions: ALL_PERMISSIONS }
  writeFileSync(path, bakeMacaroon(id, rootKey, LOCATION), { mode: 0o644 })
  return 'baked'
}

function isComplete(path: string, rootKey: Uint8Array): boolean {
  try {
    const rootKeysOf = (id: string): readonly Uint8Array[] => (id === ROOT_KEY_ID ? [rootKey] : [])
    const granted = verifyMacaroon(readFileSync(path), rootKeysOf, { now: new Date(0), address: '' })
    return granted.length === ALL_PERMISSIONS.length && ALL_PERMISSIONS.every((one) => granted.includes(one))
  } catch (error) {
    if (error instanceof MacaroonError && error.code !== 'BAD_MACAROON') return false
    const reason = `${path} is no macaroon (${reasonOf(error)}): move it away, a new one will be made`
    throw new TraderError({ code: 'CONFIG_INVALID', reason }, reason, { cause: error })
  }
}
