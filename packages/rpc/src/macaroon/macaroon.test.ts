import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '@tidepool/crypto'
import type { CallContext } from '../grpc/callContext.ts'
import { bakeMacaroon, requireMacaroon, verifyMacaroon } from './authorize.ts'
import { decodeMacaroon, encodeMacaroon } from './codec.ts'
import { decodeMacaroonId, encodeMacaroonId, type Permission } from './permissions.ts'
import { addCaveat, isSignedBy, signMacaroon } from './signature.ts'

interface MacaroonText {
  readonly macaroon_hex: string
  readonly location: string
  readonly identifier: string
  readonly caveats: readonly string[] | null
  readonly signature: string
}
interface Case extends MacaroonText {
  readonly kind: string
  readonly root_key: string
  readonly paid: MacaroonText
}

const file = readFileSync(new URL('../../test/vectors/pool/auth.json', import.meta.url), 'utf8')
const cases = (JSON.parse(file) as { cases: Case[] }).cases.filter((item) => item.kind === 'macaroon')

describe('macaroons of macaroon.v2', () => {
  it.each(cases.flatMap((item) => [item, { ...item.paid, root_key: item.root_key }]))('$signature', (item) => {
    const key = fromHex(item.root_key)
    const bytes = fromHex(item.macaroon_hex)
    const fresh = signMacaroon(key, fromHex(item.identifier), item.location)
    const made = (item.caveats ?? []).reduce(addCaveat, fresh)
    expect(toHex(encodeMacaroon(made))).toBe(item.macaroon_hex)
    expect(decodeMacaroon(bytes)).toEqual(made)
    expect(toHex(made.signature)).toBe(item.signature)
    expect(isSignedBy(key, decodeMacaroon(bytes))).toBe(true)
    expect(
      isSignedBy(
        key.map((byte) => byte ^ 1),
        decodeMacaroon(bytes),
      ),
    ).toBe(false)
  })

  it('are all here', () => expect(cases).toHaveLength(8))

  it.each(Array.from({ length: 40 }, (_, index) => index))('refuses one cut or grown (%i)', (index) => {
    const bytes = fromHex(cases[1]?.macaroon_hex ?? '')
    const cut = bytes.subarray(0, Math.floor((bytes.length * index) / 40))
    expect(() => decodeMacaroon(cut)).toThrow(/no macaroon/)
    expect(() => decodeMacaroon(Uint8Array.from([...bytes, index]))).toThrow(/no macaroon/)
  })
})

const POOL_PERMISSIONS: readonly Permission[] = [
  'order:write',
  'order:read',
  'account:write',
  'auth:read',
  'auction:read',
  'account:read',
]
const POOL_ID =
  '030a10555555555555555555555555555555551201301a160a076163636f756e74120472656164120577726974651a0f0a0761756374696f6e' +
  '1204726561641a0c0a04617574681204726561641a140a056f7264657212047265616412057772697465'

const rootKey = new Uint8Array(32).fill(7)
const nonce = new Uint8Array(16).fill(0x55)

describe('identifier', () => {
  it("is the stock daemon's", () => {
    const id = { nonce, rootKeyId: '0', permissions: POOL_PERMISSIONS }
    expect(toHex(encodeMacaroonId(id))).toBe(POOL_ID)
    expect(decodeMacaroonId(fromHex(POOL_ID))).toEqual({ ...id, permissions: [...POOL_PERMISSIONS].sort() })
  })

  it.each(['', '02' + POOL_ID.slice(2), POOL_ID.slice(0, -2)])('refuses %s', (hex) => {
    expect(() => decodeMacaroonId(fromHex(hex))).toThrow(/no macaroon/)
  })
})

const now = new Date('2026-01-01T00:00:00Z')
const macaroon = bakeMacaroon({ nonce, rootKeyId: '0', permissions: ['order:read'] }, rootKey, 'pool')
const otherKey = new Uint8Array(32).fill(8)
const keysOf = (id: string) => (id === '0' ? [otherKey, rootKey] : [])
const use = { now, address: '192.0.2.1' }

describe('verifyMacaroon', () => {
  it.each([
    ['time-before 2026-01-01T00:00:00.000000001Z', false],
    ['time-before 2026-01-01T00:01:00.123456789Z', true],
    ['time-before 2025-12-31T23:59:59Z', false],
    ['time-before 2026-01-01T01:00:00+00:59', true],
    ['time-before 2026-01-01T01:00:00+01:00', false],
    ['time-before tomorrow', false],
    ['ipaddr 192.0.2.1', true],
    ['ipaddr 192.0.2.2', false],
    ['ipaddr', false],
    ['allow order:read', false],
    ['', false],
  ])('with caveat "%s": %s', (caveat, good) => {
    const bytes = encodeMacaroon(addCaveat(decodeMacaroon(macaroon), caveat))
    const verify = () => verifyMacaroon(bytes, keysOf, use)
    if (good) expect(verify()).toEqual(['order:read'])
    else expect(verify).toThrow(expect.objectContaining({ code: 'MACAROON_CAVEAT_FAILED' }))
  })

  it('refuses a caveat taken off, and another root key', () => {
    const limited = addCaveat(decodeMacaroon(macaroon), 'time-before 2026-01-01T00:00:00Z')
    const stripped = encodeMacaroon({ ...limited, caveats: [] })
    const invalid = expect.objectContaining({ code: 'MACAROON_INVALID' })
    expect(() => verifyMacaroon(stripped, keysOf, use)).toThrow(invalid)
    expect(() => verifyMacaroon(macaroon, () => [otherKey], use)).toThrow(invalid)
    expect(() => verifyMacaroon(macaroon, () => [], use)).toThrow(invalid)
  })
})

describe('requireMacaroon', () => {
  const interceptor = requireMacaroon({
    rootKeysOf: keysOf,
    now: () => now,
    needs: (method) =>
      new Map<string, Permission[]>([
        ['/a/Read', ['order:read']],
        ['/a/Both', ['order:read', 'order:write']],
        ['/a/Open', []],
      ]).get(method),
  })
  const call = async (method: string, hex?: string): Promise<string> => {
    const metadata = new Map(hex === undefined ? [] : [['macaroon', hex]])
    const context: CallContext = { peer: '[::1]:5', metadata, signal: new AbortController().signal, method }
    return interceptor(context, () => Promise.resolve('passed'))
  }
  const attempt = async (method: string, hex?: string) => {
    try {
      return await call(method, hex)
    } catch (error) {
      return (error as { code: string }).code
    }
  }
  const uri = bakeMacaroon({ nonce, rootKeyId: '0', permissions: ['uri:/a/Both', 'uri:/a/None'] }, rootKey, 'pool')

  it.each([
    ['/a/Read', toHex(macaroon), 'passed'],
    ['/a/Open', undefined, 'passed'],
    ['/a/Both', toHex(macaroon), 'MACAROON_NOT_PERMITTED'],
    ['/a/Both', toHex(uri), 'passed'],
    ['/a/None', toHex(uri), 'MACAROON_NOT_PERMITTED'],
    ['/a/Read', undefined, 'MACAROON_MISSING'],
    ['/a/Read', 'xyz', 'BAD_MACAROON'],
    ['/a/Read', '00', 'BAD_MACAROON'],
  ])('%s: %#', async (method, hex, result) => {
    expect(await attempt(method, hex)).toBe(result)
  })
})
