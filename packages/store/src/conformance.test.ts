import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openStore, recordCodec, type RecordCodec, type Store, type StoreOptions } from './index.ts'

interface Coin {
  readonly value: bigint
  readonly script: Uint8Array
  readonly labels: ReadonlyMap<string, number>
}

const coins = recordCodec<Coin>({ version: 1 })
const texts = recordCodec<string>({ version: 1 })
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
    const bad = { kind: 'put', table: 'no/slash', key: 'k', text: '{}' } as const
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

  it('says which record it cannot read', async () => {
    const broken: RecordCodec<string> = { encode: () => 'not json', decode: texts.decode }
    const table = store.table('t', broken)
    await store.commit([table.put('k', 'v')])
    const corrupt = { detail: { code: 'STORE_CORRUPT', key: 'k' } }
    await expect(table.get('k')).rejects.toMatchObject(corrupt)
    await expect(table.pages()[Symbol.asyncIterator]().next()).rejects.toMatchObject(corrupt)
  })
})
