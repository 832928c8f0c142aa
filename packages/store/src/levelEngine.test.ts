import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MemoryLevel } from 'memory-level'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openStore, recordCodec } from './index.ts'
import type { BytesCodec } from './index.ts'
import { LevelStore } from './levelStore.ts'

const texts = recordCodec<string>({ version: 1 })
const blobs: BytesCodec<Uint8Array> = { stored: 'bytes', encode: (bytes) => bytes, decode: (bytes) => bytes }

describe('level engine', () => {
  let dir: string
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'store-'))
  })
  afterEach(() => rm(dir, { recursive: true }))

  it('finds everything again after it was closed', async () => {
    const bytes = Uint8Array.from({ length: 70_000 }, (_, i) => i % 256)
    const first = await openStore({ engine: 'level', location: join(dir, 'db') })
    await first.commit([first.table('t', texts).put('k', 'v'), first.table('b', blobs).put('k', bytes)])
    await first.close()
    const second = await openStore({ engine: 'level', location: join(dir, 'db') })
    expect(await second.table('t', texts).get('k')).toBe('v')
    expect(Buffer.compare((await second.table('b', blobs).get('k')) ?? new Uint8Array(), bytes)).toBe(0)
    await second.close()
  })

  it('lets one opener in', async () => {
    const location = join(dir, 'db')
    const store = await openStore({ engine: 'level', location })
    await expect(openStore({ engine: 'level', location })).rejects.toMatchObject({
      detail: { code: 'STORE_LOCKED', location },
    })
    await store.close()
  })

  it('tells damage from a path that is no folder', async () => {
    const location = join(dir, 'db')
    const store = await openStore({ engine: 'level', location })
    await store.commit([store.table('t', texts).put('k', 'v')])
    await store.close()
    const manifest = (await readdir(location)).find((name) => name.startsWith('MANIFEST')) ?? ''
    await writeFile(join(location, manifest), 'damaged')
    await expect(openStore({ engine: 'level', location })).rejects.toMatchObject({ code: 'STORE_CORRUPT' })

    await writeFile(join(dir, 'file'), '')
    const file = openStore({ engine: 'level', location: join(dir, 'file') })
    await expect(file).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  })
})

describe('a write that fails', () => {
  it('stops all later ones, because nobody knows what is on disk', async () => {
    class FullDisk extends MemoryLevel<string, string> {
      full = true
      override batch(...args: never[]): never {
        if (this.full) throw new Error('no space left')
        return Reflect.apply(super.batch, this, args) as never
      }
    }
    const db = new FullDisk()
    await db.open()
    const store = new LevelStore(db, 'here')
    const table = store.table('t', texts)
    await expect(store.commit([table.put('k', 'v')])).rejects.toMatchObject({
      detail: { code: 'STORE_WRITE_FAILED', location: 'here' },
    })
    db.full = false
    await expect(store.commit([table.put('k', 'v')])).rejects.toMatchObject({ code: 'STORE_WRITE_FAILED' })
    expect(await table.get('k')).toBeUndefined()
    await store.close()
  })

  it('is asked to be durable', async () => {
    const options: unknown[] = []
    class Spy extends MemoryLevel<string, string> {
      override batch(...args: never[]): never {
        options.push(args[1])
        return Reflect.apply(super.batch, this, args) as never
      }
    }
    const db = new Spy()
    await db.open()
    const store = new LevelStore(db, 'here')
    await store.commit([store.table('t', texts).put('k', 'v')])
    expect(options).toMatchObject([{ sync: true }])
    await store.close()
  })
})
