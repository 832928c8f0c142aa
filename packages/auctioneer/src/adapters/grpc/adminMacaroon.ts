import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { bakeMacaroon, requireMacaroon } from '@tidepool/rpc'
import type { Interceptor } from '@tidepool/rpc'

const ROOT_KEY_ID = '0'
const PERMISSION = 'admin:write'
const SECRET_MODE = 0o600

/** The operator's macaroon, made at the first start, and the check for it. The root key stays beside the data. */
export function adminMacaroon(macaroonPath: string, dataDir: string): Interceptor {
  mkdirSync(dirname(macaroonPath), { recursive: true })
  const rootKey = loadRootKey(join(dataDir, 'macaroon.key'))
  if (!existsSync(macaroonPath)) {
    const id = { nonce: randomBytes(16), rootKeyId: ROOT_KEY_ID, permissions: [PERMISSION] } as const
    writeFileSync(macaroonPath, bakeMacaroon(id, rootKey, 'auctioneerd'), { mode: SECRET_MODE })
  }
  return requireMacaroon({
    rootKeysOf: (id) => (id === ROOT_KEY_ID ? [rootKey] : []),
    needs: () => [PERMISSION],
    now: () => new Date(),
  })
}

function loadRootKey(path: string): Uint8Array {
  if (existsSync(path)) return new Uint8Array(readFileSync(path))
  const key = new Uint8Array(randomBytes(32))
  writeFileSync(path, key, { mode: SECRET_MODE })
  return key
}
