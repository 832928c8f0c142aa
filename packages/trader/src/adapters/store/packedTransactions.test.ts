import { encodeTx, outPoint, satoshi, txid } from '@tidepool/crypto'
import type { Transaction } from '@tidepool/crypto'
import { recordCodec } from '@tidepool/store'
import { expect, test } from 'vitest'
import { packed, unpacked } from './packedTransactions.ts'

const transaction = (witness: readonly Uint8Array[]): Transaction => ({
  version: 2,
  inputs: [{ prevout: outPoint(txid('ab'.repeat(32)), 1), scriptSig: new Uint8Array(), sequence: 0, witness }],
  outputs: [{ value: satoshi(1000), script: Uint8Array.of(0, 1, 2) }],
  lockTime: 0,
})

const record = {
  unsigned: transaction([]),
  deeper: { list: [transaction([Uint8Array.of(7)]), 'text'], map: new Map([['key', transaction([])]]) },
  spent: [
    { outpoint: outPoint(txid('ab'.repeat(32)), 1), script: Uint8Array.of(0x51, 2) },
    { outpoint: outPoint(txid('cd'.repeat(32)), 0), script: new Uint8Array() },
  ],
  spentByAccounts: [{ outpoint: outPoint(txid('ab'.repeat(32)), 1), script: Uint8Array.of(9), heightHint: 7 }],
  bytes: Uint8Array.of(1, 2),
  amount: 5n,
  absent: undefined,
}

test('a record comes back as it was, wherever its transactions stand', () => {
  expect(unpacked(packed(record))).toEqual(record)
  expect(JSON.stringify(packed({ transaction: transaction([]), spent: record.spent }))).not.toMatch(/inputs|outpoint/)
})

test('transactions as bytes, as version 2 had them, are read', () => {
  const bytes = encodeTx(transaction([]), { witness: true })
  expect(unpacked({ deep: [{ serializedTx: bytes }] })).toEqual({ deep: [transaction([])] })
})

test('a record of before, with its transactions spelled out, is read', () => {
  const old = recordCodec<typeof record>({ version: 1 })
  const now = recordCodec<unknown>({
    version: 2,
    migrations: { 1: (before) => before },
    encode: packed,
    decode: unpacked,
  })
  expect(now.decode(old.encode(record))).toEqual(record)
  expect(now.decode(now.encode(record))).toEqual(record)
})
