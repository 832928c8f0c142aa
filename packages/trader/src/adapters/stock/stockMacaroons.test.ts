import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { fromHex } from '@tidepool/crypto'
import { LndError, verifyMacaroon } from '@tidepool/rpc'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TraderError } from '../../core/errors.ts'
import type { Logger } from '../../ports/logger.ts'
import { ALL_PERMISSIONS } from '../grpc/permissions.ts'
import { readBoltBucket } from './boltBucket.ts'
import { MacaroonKeys } from './macaroonKeys.ts'
import { openStockRootKey } from './stockRootKey.ts'

interface StockFile {
  readonly db_gz: string
  readonly admin: string
  readonly read_only: string
}
type Kind = 'one_key' | 'many_keys' | 'empty_password'

const text = readFileSync(new URL('../../../test/vectors/pool/macaroons.json', import.meta.url), 'utf8')
const vectors = JSON.parse(text) as Readonly<Record<Kind, StockFile>> & { readonly password: string }
const PASSWORD = fromHex(vectors.password)
const fileOf = (kind: Kind): Uint8Array => new Uint8Array(gunzipSync(Buffer.from(vectors[kind].db_gz, 'base64')))

const use = { now: new Date(), address: '127.0.0.1' }
const permits = (macaroonHex: string, ...keys: readonly Uint8Array[]) =>
  verifyMacaroon(fromHex(macaroonHex), () => keys, use)
const UNREADABLE = expect.objectContaining({ code: 'STOCK_MACAROONS_UNREADABLE' }) as unknown

/** Map of what a reading gives, or the code of the refusal; anything else fails the test. */
function outcome(file: Uint8Array): ReadonlyMap<string, Uint8Array> | string {
  try {
    return readBoltBucket(file, 'macrootkeys')
  } catch (error) {
    if (error instanceof TraderError) return error.code
    throw error
  }
}

describe('a bbolt file', () => {
  const whole = readBoltBucket(fileOf('one_key'), 'macrootkeys')

  it('gives what Go put in: inside the page above, and on pages of its own', () => {
    expect([...whole.keys()]).toEqual(['0', 'enckey'])
    const many = readBoltBucket(fileOf('many_keys'), 'macrootkeys')
    const numbers = Array.from({ length: 61 }, (_, index) => String(index)).toSorted()
    expect([...many.keys()]).toEqual([...numbers, 'enckey'])
    expect(new Set([...many.values()].map(({ length }) => length))).toEqual(new Set([24 + 16 + 32, 88]))
  })

  it('without the bucket, or that is none', () => {
    expect(() => readBoltBucket(fileOf('one_key'), 'other')).toThrow('there is no bucket other')
    expect(() => readBoltBucket(new Uint8Array(), 'macrootkeys')).toThrow(UNREADABLE)
    expect(() => readBoltBucket(new Uint8Array(32_768).fill(0xed), 'macrootkeys')).toThrow(UNREADABLE)
  })

  it.each(['one_key', 'many_keys'] as const)('cut anywhere is refused or whole: %s', (kind) => {
    const file = fileOf(kind)
    const all = readBoltBucket(file, 'macrootkeys')
    let refused = 0
    for (let length = 0; length < file.length; length += file.length / 64) {
      const found = outcome(file.subarray(0, length))
      if (found === 'STOCK_MACAROONS_UNREADABLE') refused++
      else expect(found).toEqual(all)
    }
    expect(refused).toBeGreaterThan(8)
  })

  it('with any byte changed is refused, or read without another failure', () => {
    const file = fileOf('one_key')
    const meta = [0, 4096].map((at) => [at + 16, at + 16 + 64] as const)
    for (let at = 0; at < file.length; at++) {
      const before = file[at] ?? 0
      file[at] = before ^ 0xff
      const found = outcome(file)
      file[at] = before
      // The other meta page stands in for a damaged one: what was there one change before.
      if (meta.some(([from, to]) => at >= from && at < to)) expect(['0', 'enckey']).toContain(lastKey(found))
    }
  })

  it('reads from the newer meta page, and from the other when that is damaged', () => {
    const file = fileOf('many_keys')
    const txids = [0, 4096].map((at) => new DataView(file.buffer).getBigUint64(at + 16 + 48, true))
    const newer = (txids[0] ?? 0n) > (txids[1] ?? 0n) ? 0 : 4096
    const damaged = file.slice()
    damaged[newer + 40] = 1
    const older = outcome(damaged) as ReadonlyMap<string, Uint8Array>
    expect(older.size).toBe(61)
    damaged[4096 - newer + 40] = 1
    expect(outcome(damaged)).toBe('STOCK_MACAROONS_UNREADABLE')
  })

  it('whose pages go round in a circle is refused', () => {
    const file = fileOf('many_keys')
    const view = new DataView(file.buffer)
    let circles = 0
    for (let at = 8192; at < file.length; at += 4096) {
      if (view.getUint16(at + 8, true) !== 1) continue
      view.setBigUint64(at + 16 + 8, view.getBigUint64(at, true), true)
      circles++
    }
    expect(circles).toBeGreaterThan(0)
    expect(outcome(file)).toBe('STOCK_MACAROONS_UNREADABLE')
  })
})

const lastKey = (found: ReadonlyMap<string, Uint8Array> | string): string | undefined =>
  typeof found === 'string' ? found : [...found.keys()].at(-1)

describe('the root key of a stock daemon', () => {
  it.each(['one_key', 'many_keys'] as const)('made its macaroons: %s', async (kind) => {
    const key = await openStockRootKey(fileOf(kind), [PASSWORD])
    expect(permits(vectors[kind].admin, key)).toEqual(ALL_PERMISSIONS)
  })

  it('is opened with the password that fits', async () => {
    const key = await openStockRootKey(fileOf('empty_password'), [PASSWORD, new Uint8Array()])
    expect(permits(vectors.empty_password.admin, key)).toEqual(ALL_PERMISSIONS)
    const wrong = PASSWORD.map((byte) => byte ^ 1)
    await expect(openStockRootKey(fileOf('one_key'), [wrong, new Uint8Array()])).rejects.toThrow(UNREADABLE)
  })

  it('is not taken from a file in which it, or what it is locked with, was changed', async () => {
    const bucket = readBoltBucket(fileOf('one_key'), 'macrootkeys')
    const places = [
      ['0', 0],
      ['0', 30],
      ['0', 71],
      ['enckey', 0],
      ['enckey', 32],
      ['enckey', 64],
      ['enckey', 67],
      ['enckey', 71],
      ['enckey', 72],
      ['enckey', 80],
    ] as const
    for (const [name, at] of places) {
      const file = fileOf('one_key')
      const start = Buffer.from(file).lastIndexOf(bucket.get(name) ?? '')
      file[start + at] = (file[start + at] ?? 0) ^ 0xff
      await expect(openStockRootKey(file, [PASSWORD]), `${name} ${at}`).rejects.toThrow(UNREADABLE)
    }
  })
})

describe('keys of macaroons', () => {
  const own = new Uint8Array(32).fill(1)
  let dir: string
  let path: string
  let lines: (readonly [string, string])[]
  const note = (level: string) => (message: string) => void lines.push([level, message])
  const logger: Logger = { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') }
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'poold-stock-'))
    path = join(dir, 'macaroons.db')
    lines = []
  })
  afterEach(() => rmSync(dir, { recursive: true }))

  const secret = () => Promise.resolve(PASSWORD)
  const verify = (keys: MacaroonKeys) => verifyMacaroon(fromHex(vectors.one_key.read_only), keys.rootKeysOf, use)
  const code = (name: string): unknown => expect.objectContaining({ code: name })

  it('without a stock file are ours alone', async () => {
    const keys = new MacaroonKeys(own, path, logger)
    await keys.readStock(() => Promise.reject(new Error('lnd is not asked')))
    expect([...keys.rootKeysOf('0')]).toEqual([own])
    expect([...keys.rootKeysOf('1')]).toEqual([])
    expect(() => verify(keys)).toThrow(code('MACAROON_INVALID'))
    expect(lines).toEqual([])
  })

  it('wait for lnd, then hold the one in the file; the file stays as it is', async () => {
    writeFileSync(path, fileOf('one_key'))
    const keys = new MacaroonKeys(own, path, logger)
    expect(() => verify(keys)).toThrow(code('STOCK_MACAROON_TOO_EARLY'))
    const down = new LndError({ code: 'LND_UNAVAILABLE' } as never, 'lnd is away')
    await expect(keys.readStock(() => Promise.reject(down))).rejects.toBe(down)
    expect(() => verify(keys)).toThrow(code('STOCK_MACAROON_TOO_EARLY'))
    await keys.readStock(secret)
    expect(verify(keys)).toEqual(ALL_PERMISSIONS.filter((one) => one.endsWith(':read')))
    expect(lines).toEqual([['info', 'macaroons of the stock daemon are good here']])
    expect(new Uint8Array(readFileSync(path))).toEqual(fileOf('one_key'))
  })

  it('of a file that cannot be read are ours alone, with a warning, once', async () => {
    writeFileSync(path, fileOf('one_key').subarray(0, 5000))
    const keys = new MacaroonKeys(own, path, logger)
    await keys.readStock(secret)
    await keys.readStock(secret)
    expect(() => verify(keys)).toThrow(code('MACAROON_INVALID'))
    expect(lines).toEqual([['warn', 'macaroons of the stock daemon are refused']])
  })
})
