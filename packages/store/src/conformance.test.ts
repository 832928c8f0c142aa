import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openStore, recordCodec } from './index.ts'
import type { BytesCodec, RecordCodec, Store, StoreOptions, Table } from './index.ts'

interface Coin {
  readonly value: bigint
  readonly script: Uint8Array
  readonly labels: ReadonlyMap<string, number>
}

const coins = recordCodec<Coin>({ version: 1 })
const texts = recordCodec<string>({ version: 1 })
const blobs: BytesCodec<Uint8Array> = { stored: 'bytes', encode: (bytes) => bytes, decode: (bytes) => bytes }
const everyByte = Uint8Array.from({ length: 256 }, (_, i) => i)
const coin = (value: bigint): Coin => ({
  value,
  script: Uint8Array.of(0, 255, Number(value % 256n)),
  labels: new Map([['a', 1]]),
})

async function keysOf<V>(entries: AsyncIterable<readonly [string, V]>): Promise<string[]> {
  const keys: string[] = []
  for await (const [key] of entries) keys.push(key)
  return keys
}

/** What is under these keys, by each way to read. */
async function everyWay<V>(table: Table<V>, keys: readonly string[]): Promise<(V | undefined)[][]> {
  const entries: V[] = []
  for await (const [, value] of table.entries()) entries.push(value)
  const pages: V[] = []
  for await (const page of table.pages()) pages.push(...page)
  return [await Promise.all(keys.map((key) => table.get(key))), [...(await table.getMany(keys))], entries, pages]
}

/** What every engine must do; a new engine adds a line to this table. */
const engines: readonly (readonly [string, (dir: string) => StoreOptions])[] = [
  ['memory', () => ({ engine: 'memory' })],
  ['level', (dir) => ({ engine: 'level', location: join(dir, 'db') })],
]

describe.each(engines)('store on %s', (_, options) => {
  let dir: string
  let store: Store
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'store-'))
    store = await openStore(options(dir))
  })
  afterEach(async () => {
    await store.close()
    await rm(dir, { recursive: true })
  })

  it('gives back exactly what was put', async () => {
    const table = store.table('coins', coins)
    await store.commit([table.put('x', coin(2n ** 64n))])
    expect(await table.get('x')).toStrictEqual(coin(2n ** 64n))
    expect(await table.get('y')).toBeUndefined()
  })

  it('commits across tables at once and keeps tables apart', async () => {
    const [a, b] = [store.table('a', texts), store.table('b', texts)]
    await store.commit([a.put('k', 'in a'), b.put('k', 'in b'), a.put('gone', 'x')])
    await store.commit([a.del('gone'), b.put('l', 'more'), a.del('never there')])
    expect([await a.get('k'), await b.get('k'), await b.get('l')]).toEqual(['in a', 'in b', 'more'])
    expect(await keysOf(a.entries())).toEqual(['k'])
  })

  it('gives back the bytes that were put, whichever way they are read', async () => {
    const table = store.table('b', blobs)
    const large = Uint8Array.from({ length: 300_001 }, (__, i) => (i * i) % 251)
    const values = [everyByte, new Uint8Array(), everyByte.subarray(120, 140), large]
    await store.commit(values.map((value, i) => table.put(`${i}`, value)))
    const expected = values.map((value) => Buffer.from(value).toString('hex'))
    for (const found of await everyWay(table, ['0', '1', '2', '3'])) {
      expect(found.map((bytes) => bytes && Buffer.from(bytes).toString('hex'))).toEqual(expected)
    }
    expect(await table.get('4')).toBeUndefined()
  })

  it('commits text and bytes at once', async () => {
    const [text, bytes] = [store.table('t', texts), store.table('b', blobs)]
    await store.commit([text.put('k', 'é'), bytes.put('k', everyByte), text.put('l', ''), bytes.put('gone', everyByte)])
    await store.commit([bytes.del('gone'), text.del('l')])
    expect(await everyWay(text, ['k'])).toEqual([['é'], ['é'], ['é'], ['é']])
    expect((await everyWay(bytes, ['k'])).map(([one]) => [...(one ?? [])])).toEqual(Array(4).fill([...everyByte]))
  })

  it('reads what was text as its UTF-8, and writes bytes in its place', async () => {
    await store.commit([store.table('t', texts).put('k', 'é'), store.table('t', texts).put('l', 'x')])
    const table = store.table('t', blobs)
    expect(Buffer.from((await table.get('k')) ?? []).toString()).toBe(texts.encode('é'))
    await store.commit([table.put('k', Uint8Array.of(0, 255))])
    const found = (await everyWay(table, ['k', 'l'])).map((values) => values.map((bytes) => [...(bytes ?? [])]))
    expect(found).toEqual(Array(4).fill([[0, 255], [...Buffer.from(texts.encode('x'))]]))
  })

  it('gives all values of a range page by page, however many, and may be left early', async () => {
    const table = store.table('many', texts)
    const keys = Array.from({ length: 2500 }, (_, number) => String(number).padStart(4, '0'))
    await store.commit(keys.map((key) => table.put(key, `of ${key}`)))
    const pages: (readonly string[])[] = []
    for await (const page of table.pages({ gte: '0001' })) pages.push(page)
    expect(pages.flat()).toEqual(keys.slice(1).map((key) => `of ${key}`))
    expect(pages.length).toBeLessThan(100)
    for await (const page of table.pages()) {
      expect(page[0]).toBe('of 0000')
      break
    }
    expect(await table.get('2499')).toBe('of 2499')
  })

  it.each([
    ['put last', ['p1', 'd', 'p2'], 'p2'],
    ['del last', ['p1', 'p2', 'd'], undefined],
    ['one put', ['p1'], 'p1'],
  ] as const)('lets the last op on a key win: %s', async (_name, script, expected) => {
    const table = store.table('t', texts)
    await store.commit(script.map((s) => (s === 'd' ? table.del('k') : table.put('k', s))))
    expect(await table.get('k')).toBe(expected)
  })

  it('keeps the order of calls when commits overlap', async () => {
    const table = store.table('t', texts)
    await Promise.all(Array.from({ length: 50 }, (__, i) => store.commit([table.put('k', `${i}`)])))
    expect(await table.get('k')).toBe('49')
  })

  it('walks keys in byte order, within bounds, both ways', async () => {
    const table = store.table('t', texts)
    const keys = ['', '00', '0a', 'ff', 'z', 'é', '\u{ff5e}', '\u{1f30a}']
    await store.commit([...keys].reverse().map((key) => table.put(key, key)))
    expect(await keysOf(table.entries())).toEqual(keys)
    expect(await keysOf(table.entries({ gt: '00', lte: 'ff' }))).toEqual(['0a', 'ff'])
    expect(await keysOf(table.entries({ gte: '00', lt: 'ff' }))).toEqual(['00', '0a'])
    expect(await keysOf(table.entries({ reverse: true, limit: 2 }))).toEqual(['\u{1f30a}', '\u{ff5e}'])
  })

  it('shows one moment to a walk that commits go on under', async () => {
    const table = store.table('t', texts)
    await store.commit(['a', 'b', 'c'].map((key) => table.put(key, 'old')))
    const seen: string[] = []
    for await (const [key, value] of table.entries()) {
      await store.commit([table.put('b', 'new'), table.put('bb', 'new'), table.del('c')])
      seen.push(`${key}=${value}`)
    }
    expect(seen).toEqual(['a=old', 'b=old', 'c=old'])
  })

  it('encodes when the op is made, so later changes to the value do not show', async () => {
    const table = store.table('t', recordCodec<string[]>({ version: 1 }))
    const list = ['first']
    const op = table.put('k', list)
    list.push('second')
    await store.commit([op])
    expect(await table.get('k')).toEqual(['first'])
  })

  it('writes nothing of a commit with a bad op', async () => {
    const table = store.table('t', texts)
    const bad = { kind: 'put', table: 'no/slash', key: 'k', value: '{}' } as const
    await expect(store.commit([table.put('k', 'v'), bad])).rejects.toMatchObject({ code: 'TABLE_NAME_INVALID' })
    expect(await table.get('k')).toBeUndefined()
    await store.commit([table.put('k', 'v')])
    expect(await table.get('k')).toBe('v')
  })

  it('finishes commits under way when it closes, then refuses', async () => {
    const table = store.table('t', texts)
    const commit = store.commit([table.put('k', 'v')])
    const closed = store.close()
    await expect(commit).resolves.toBeUndefined()
    await closed
    await store.close()
    await expect(store.commit([])).rejects.toMatchObject({ code: 'STORE_CLOSED' })
    await expect(table.get('k')).rejects.toMatchObject({ code: 'STORE_CLOSED' })
    await expect(keysOf(table.entries())).rejects.toMatchObject({ code: 'STORE_CLOSED' })
    expect(() => store.table('u', texts)).toThrow('closed')
  })

  it.each(['', 'no/slash', '1st', 'a!b'])('refuses the table name %j', (name) => {
    expect(() => store.table(name, texts)).toThrow('letters, digits and dashes')
  })

  const readBack = texts.decode
  const ofText: RecordCodec<string> = { stored: 'text', encode: () => 'not json', decode: readBack }
  const ofBytes: RecordCodec<string> = {
    stored: 'bytes',
    encode: () => Uint8Array.of(0, 200),
    decode: (bytes) => readBack(Buffer.from(bytes).toString()),
  }
  it.each([ofText, ofBytes])('says which record it cannot read: $stored', async (broken) => {
    const table = store.table('t', broken)
    await store.commit([table.put('k', 'v')])
    const corrupt = { detail: { code: 'STORE_CORRUPT', key: 'k' } }
    await expect(table.get('k')).rejects.toMatchObject(corrupt)
    await expect(table.getMany(['none', 'k'])).rejects.toMatchObject(corrupt)
    await expect(table.entries()[Symbol.asyncIterator]().next()).rejects.toMatchObject(corrupt)
    await expect(table.pages()[Symbol.asyncIterator]().next()).rejects.toMatchObject(corrupt)
  })
})
