import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bakeMacaroon, decodeMacaroon, verifyMacaroon } from '@tidepool/rpc'
import { toHex } from '@tidepool/crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ALL_PERMISSIONS } from './permissions.ts'
import { keepOrBakeMacaroon } from './poolMacaroon.ts'

const rootKey = new Uint8Array(32).fill(1)
const random = (length: number): Uint8Array => new Uint8Array(length).fill(0x55)

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'poold-macaroon-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

describe('pool.macaroon', () => {
  it('is made as the stock daemon makes it', () => {
    const path = join(dir, 'regtest', 'pool.macaroon')
    expect(keepOrBakeMacaroon(path, rootKey, random)).toBe('baked')
    const macaroon = decodeMacaroon(readFileSync(path))
    expect(macaroon.location).toBe('pool')
    // The identifier that the stock daemon makes with a nonce of 16 times 55.
    expect(toHex(macaroon.identifier)).toBe(
      '030a10555555555555555555555555555555551201301a160a076163636f756e74120472656164120577726974651a0f0a0761756374696f6e1204726561641a0c0a04617574681204726561641a140a056f7264657212047265616412057772697465',
    )
    const use = { now: new Date(), address: '127.0.0.1' }
    expect(verifyMacaroon(readFileSync(path), () => [rootKey], use)).toEqual(ALL_PERMISSIONS)
  })

  it('is kept when it is good, replaced when it is not', () => {
    const path = join(dir, 'pool.macaroon')
    keepOrBakeMacaroon(path, rootKey, random)
    expect(keepOrBakeMacaroon(path, rootKey, random)).toBe('kept')
    expect(keepOrBakeMacaroon(path, new Uint8Array(32).fill(2), random)).toBe('baked')
    const id = { nonce: new Uint8Array(16), rootKeyId: '0', permissions: ['order:read'] as const }
    writeFileSync(path, bakeMacaroon(id, rootKey, 'pool'))
    expect(keepOrBakeMacaroon(path, rootKey, random)).toBe('baked')
  })

  it('is left alone when it is something else', () => {
    const path = join(dir, 'pool.macaroon')
    writeFileSync(path, 'not a macaroon')
    expect(() => keepOrBakeMacaroon(path, rootKey, random)).toThrow('move it away')
    expect(existsSync(path)).toBe(true)
  })
})
