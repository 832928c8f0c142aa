import { encodeTx, outPoint, packInputs, packOutputs, satoshi, txid } from '@tidepool/crypto'
import type { Transaction } from '@tidepool/crypto'
import { openStore, recordCodec } from '@tidepool/store'
import { describe, expect, test } from 'vitest'
import { SpentOutputs } from '../../core/spentOutputs.ts'
import { packedCodec } from './packedTransactions.ts'
import { PartsWriter } from './recordParts.ts'

const transaction = (witness: readonly Uint8Array[]): Transaction => ({
  version: 2,
  inputs: packInputs([
    { prevout: outPoint(txid('ab'.repeat(32)), 1), scriptSig: new Uint8Array(), sequence: 0, witness },
  ]),
  outputs: packOutputs([{ value: satoshi(1000), script: Uint8Array.of(0, 1, 2) }]),
  lockTime: 0,
})

const record = {
  unsigned: transaction([]),
  deeper: { list: [transaction([Uint8Array.of(7)]), 'text'], map: new Map([['key', transaction([])]]) },
  spent: SpentOutputs.of([
    { outpoint: outPoint(txid('ab'.repeat(32)), 1), script: Uint8Array.of(0x51, 2) },
    { outpoint: outPoint(txid('cd'.repeat(32)), 0), script: new Uint8Array() },
  ]),
  spentByAccounts: [{ outpoint: outPoint(txid('ab'.repeat(32)), 1), script: Uint8Array.of(9), heightHint: 7 }],
  bytes: Uint8Array.of(1, 2),
  amount: 5n,
  absent: undefined,
}

const codec = packedCodec<unknown>()
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const readable = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')

test('a record comes back as it was, wherever its transactions stand', () => {
  expect(codec.decode(codec.encode(record))).toEqual(record)
  expect(readable(codec.encode({ transaction: transaction([]), spent: record.spent }))).not.toMatch(/inputs|outpoint/)
})

test('a record without transactions comes back as it was, whatever its text', () => {
  const plain = { text: 'é\u{1f30a}\n\0', list: [1, null, true], empty: {} }
  expect(codec.decode(codec.encode(plain))).toEqual(plain)
})

describe('what a batch spends', () => {
  const tx = transaction([Uint8Array.of(7)])
  const of = (transaction: Transaction) => new SpentOutputs(transaction, packOutputs([coin]))
  const coin = { value: satoshi(7), script: Uint8Array.of(0x51, 9) }
  const byItself = codec.encode({ inputs: of(tx) })

  test('does not repeat the outpoints of the transaction beside it', () => {
    const together = codec.encode({ record: { transaction: tx }, inputs: of(tx) })
    const apart = codec.encode({ record: { transaction: tx }, inputs: of(transaction([])) })
    expect(readable(together).split('\xab'.repeat(32))).toHaveLength(2)
    expect(readable(apart).split('\xab'.repeat(32))).toHaveLength(3)
    for (const bytes of [together, apart, byItself]) {
      expect(codec.decode(bytes)).toMatchObject({ inputs: of(tx) })
    }
  })

  test('is the same when it is read and written again', () => {
    for (const value of [{ record: { transaction: tx }, inputs: of(tx) }, { inputs: of(tx) }]) {
      const bytes = codec.encode(value)
      expect(readable(codec.encode(codec.decode(bytes)))).toBe(readable(bytes))
    }
  })

  test('may be fewer or more than the transaction has inputs', () => {
    for (const outputs of [[], [coin, coin]]) {
      const spent = new SpentOutputs(tx, packOutputs(outputs))
      const back = codec.decode(codec.encode({ tx, spent })) as { readonly spent: SpentOutputs }
      expect([...back.spent]).toEqual([...spent])
      expect(back.spent.outputs.length).toBe(outputs.length)
    }
  })
})

test('transactions as bytes, as version 2 had them, are read', () => {
  const bytes = encodeTx(transaction([]), { witness: true })
  const before = recordCodec<unknown>({ version: 2 })
  const text = before.encode({ deep: [{ serializedTx: bytes }] })
  expect(codec.decode(utf8(text))).toEqual({ deep: [transaction([])] })
})

test('transactions within the record, as version 3 had them, are read', () => {
  const { unsigned, spent } = record
  const base64 = (tx: Transaction): string => Buffer.from(encodeTx(tx, { witness: false })).toString('base64')
  const before = recordCodec<unknown>({ version: 3 })
  const text = before.encode([{ serializedTx: base64(unsigned) }, { spentOutputs: base64(spent.asTransaction()) }])
  expect(codec.decode(utf8(text))).toEqual([unsigned, spent])
})

describe('transactions in lines after the record, as version 4 had them', () => {
  const lines = [
    '{"version":4,"record":{"unsigned":{"serializedTx":1},"deeper":[{"serializedTx":2},"text"],"spent":{"spentOutputs":3},"amount":{"$big":"5"}}}',
    'AgAAAAGrq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urqwEAAAAAAAAAAAHoAwAAAAAAAAMAAQIAAAAA',
    'AgAAAAABAaurq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urAQAAAAAAAAAAAegDAAAAAAAAAwABAgEBBwAAAAA=',
    'AAAAAAGrq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urqwEAAAAAAAAAAAHoAwAAAAAAAAMAAQIAAAAA',
  ]
  const { unsigned } = record
  const value = {
    unsigned,
    deeper: [transaction([Uint8Array.of(7)]), 'text'],
    spent: new SpentOutputs(unsigned, unsigned.outputs),
    amount: 5n,
  }

  test('are read', () => {
    expect(codec.decode(utf8(lines.join('\n')))).toEqual(value)
  })

  test('are read from a store that has them as text, next to those of now', async () => {
    const store = await openStore({ engine: 'memory' })
    const before = store.table('t', { stored: 'text', encode: (text: string) => text, decode: (text) => text })
    const now = store.table('t', codec)
    await store.commit([before.put('old', lines.join('\n')), now.put('new', value)])
    expect(await now.getMany(['old', 'new'])).toEqual([value, value])
    await store.close()
  })

  test('are missed when they are gone', () => {
    for (const kept of [1, 2, 3]) {
      expect(() => codec.decode(utf8(lines.slice(0, kept).join('\n')))).toThrow(CORRUPT)
    }
  })
})

const CORRUPT = expect.objectContaining({ code: 'STORE_CORRUPT' })

test('a record cut short anywhere is corrupt', () => {
  const tx = transaction([])
  const bytes = codec.encode({ ...record, tx, spent: new SpentOutputs(tx, tx.outputs) })
  for (let size = 0; size < bytes.length; size++) {
    expect(() => codec.decode(bytes.subarray(0, size)), `${size} bytes`).toThrow(CORRUPT)
  }
})

const HEAD_END = '\n\0'

test.each([
  ['a byte too many', (bytes: Uint8Array) => Uint8Array.of(...bytes, 0)],
  ['no mark', (bytes: Uint8Array) => bytes.with(readable(bytes).indexOf(HEAD_END) + 1, 1)],
  ['a longer part', (bytes: Uint8Array) => bytes.with(readable(bytes).indexOf(HEAD_END) + 2, 255)],
  ['a part without end', (bytes: Uint8Array) => bytes.with(readable(bytes).indexOf(HEAD_END) + 5, 255)],
  ['another head', (bytes: Uint8Array) => bytes.with(0, 0)],
])('a record with %s is corrupt', (_, damaged) => {
  expect(() => codec.decode(damaged(codec.encode(record)))).toThrow(CORRUPT)
})

test('a record of a later version says so, with parts and without', () => {
  const head = recordCodec<unknown>({ version: 6 }).encode({ anything: 1 })
  const unknown = expect.objectContaining({ detail: { code: 'RECORD_VERSION_UNKNOWN', version: 6, known: 5 } })
  const parts = new PartsWriter()
  expect(() => codec.decode(parts.after(head))).toThrow(unknown)
  parts.add([Uint8Array.of(1)])
  expect(() => codec.decode(parts.after(head))).toThrow(unknown)
})

test('to programs of before, which read text, a record says that it is later', async () => {
  const store = await openStore({ engine: 'memory' })
  const before = recordCodec<unknown>({ version: 4 })
  const table = store.table('t', { ...before, decode: (text: string) => before.decode(text.split('\n')[0] ?? '') })
  await store.commit([store.table('t', codec).put('k', record)])
  const unknown = { detail: { code: 'RECORD_VERSION_UNKNOWN', version: 5, known: 4 } }
  await expect(table.get('k')).rejects.toMatchObject(unknown)
  await store.close()
})

test('a record of before, with its transactions and lists spelled out, is read', () => {
  const { unsigned, deeper, spent } = record
  const [one] = deeper.list
  if (typeof one !== 'object') throw new Error('no transaction')
  const spelledOut = (tx: Transaction) => ({ ...tx, inputs: [...tx.inputs], outputs: [...tx.outputs] })
  const before = { unsigned: spelledOut(unsigned), list: [spelledOut(one)], spent: [...spent] }
  const old = recordCodec<typeof before>({ version: 1 })
  const read = codec.decode(utf8(old.encode(before)))
  expect(read).toEqual({ ...before, spent })
  expect(codec.decode(codec.encode(read))).toEqual({ unsigned, list: [one], spent })
})
