import { encodeTx, outPoint, packInputs, packOutputs, satoshi, txid } from '@tidepool/crypto'
import type { Transaction } from '@tidepool/crypto'
import { recordCodec } from '@tidepool/store'
import { expect, test } from 'vitest'
import { SpentOutputs } from '../../core/spentOutputs.ts'
import { packedCodec } from './packedTransactions.ts'

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

test('a record comes back as it was, wherever its transactions stand', () => {
  const codec = packedCodec<unknown>()
  expect(codec.decode(codec.encode(record))).toEqual(record)
  expect(codec.encode({ transaction: transaction([]), spent: record.spent })).not.toMatch(/inputs|outpoint/)
})

test('transactions as bytes, as version 2 had them, are read', () => {
  const bytes = encodeTx(transaction([]), { witness: true })
  const before = recordCodec<unknown>({ version: 2 })
  const text = before.encode({ deep: [{ serializedTx: bytes }] })
  expect(packedCodec<unknown>().decode(text)).toEqual({ deep: [transaction([])] })
})

test('transactions within the record, as version 3 had them, are read', () => {
  const { unsigned, spent } = record
  const base64 = (tx: Transaction): string => Buffer.from(encodeTx(tx, { witness: false })).toString('base64')
  const before = recordCodec<unknown>({ version: 3 })
  const text = before.encode([{ serializedTx: base64(unsigned) }, { spentOutputs: base64(spent.asTransaction()) }])
  expect(packedCodec<unknown>().decode(text)).toEqual([unsigned, spent])
})

test('a record that lost its lines is corrupt', () => {
  const codec = packedCodec<unknown>()
  const [head = ''] = codec.encode(record).split('\n')
  expect(() => codec.decode(head)).toThrow(expect.objectContaining({ code: 'STORE_CORRUPT' }))
})

test('a record of before, with its transactions and lists spelled out, is read', () => {
  const { unsigned, deeper, spent } = record
  const [one] = deeper.list
  if (typeof one !== 'object') throw new Error('no transaction')
  const spelledOut = (tx: Transaction) => ({ ...tx, inputs: [...tx.inputs], outputs: [...tx.outputs] })
  const before = { unsigned: spelledOut(unsigned), list: [spelledOut(one)], spent: [...spent] }
  const old = recordCodec<typeof before>({ version: 1 })
  const now = packedCodec<unknown>()
  const read = now.decode(old.encode(before))
  expect(read).toEqual({ ...before, spent })
  expect(now.decode(now.encode(read))).toEqual({ unsigned, list: [one], spent })
})
