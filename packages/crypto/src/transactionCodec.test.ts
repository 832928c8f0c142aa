import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { arbitraryTx, toReference } from '../test/arbitraryTx.ts'
import { bytes, loadCases } from '../test/loadVectors.ts'
import { concatBytes, toHex } from './bytes.ts'
import { outPoint, txid } from './ids.ts'
import { MAX_TX_SIZE, decodeTx, encodeTx, sortBip69, txParts, txWeight, txidOf } from './transactionCodec.ts'
import type { Transaction, TxInput } from './transaction.ts'
import { satoshi } from './units.ts'

/** Its lists as arrays. */
const plain = (tx: Transaction): Transaction => ({ ...tx, inputs: [...tx.inputs], outputs: [...tx.outputs] })

describe('against another implementation', () => {
  test('bytes, id and weight', () => {
    fc.assert(
      fc.property(arbitraryTx, (tx) => {
        const reference = toReference(tx)
        const encoded = encodeTx(tx, { witness: true })
        expect(toHex(encoded)).toBe(reference.toHex())
        expect(txidOf(tx)).toBe(reference.getId())
        expect(txWeight(tx)).toBe(reference.weight())
        expect(plain(decodeTx(encoded))).toEqual(tx)
        const bare = { ...tx, inputs: tx.inputs.map((input) => ({ ...input, witness: [] })) }
        expect(plain(decodeTx(encodeTx(tx, { witness: false })))).toEqual(bare)
      }),
    )
  })
})

test('the parts of a transaction make its bytes, whether they are known already or not', () => {
  fc.assert(
    fc.property(arbitraryTx, fc.boolean(), (tx, witness) => {
      const before = txParts(tx, { witness })
      const encoded = encodeTx(tx, { witness })
      for (const parts of [before, txParts(tx, { witness }), txParts(decodeTx(encoded), { witness })]) {
        expect(toHex(concatBytes(...parts))).toBe(toHex(encoded))
      }
    }),
  )
})

const sample = bytes(loadCases<{ final_tx: string }>('account-spends', 'spend')[0]?.final_tx ?? '')
const unsigned = encodeTx(decodeTx(sample), { witness: false })
const splice = (from: Uint8Array, at: number, remove: number, ...insert: readonly number[]) =>
  concatBytes(from.subarray(0, at), Uint8Array.from(insert), from.subarray(at + remove))

describe('refused', () => {
  test.each([
    ['nothing', new Uint8Array()],
    ['trailing byte', concatBytes(sample, Uint8Array.of(0))],
    ['cut short', sample.subarray(0, -1)],
    ['witness marker without witnesses', concatBytes(splice(unsigned, 4, 0, 0, 1).subarray(0, -4), new Uint8Array(5))],
    ['unknown witness flag', splice(sample, 5, 1, 2)],
    ['no inputs', bytes('0200000000' + '00' + '00000000')],
    ['input count in too many bytes', splice(unsigned, 4, 1, 0xfd, 1, 0)],
    ['2^32-1 inputs', splice(unsigned, 4, 1, 0xfe, 0xff, 0xff, 0xff, 0xff)],
    ['2^53 inputs', splice(unsigned, 4, 1, 0xff, 0, 0, 0, 0, 0, 0, 0x20, 0)],
    ['2^64-1 inputs', splice(unsigned, 4, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)],
    ['script of 2^32-1 bytes', splice(unsigned, 41, 1, 0xfe, 0xff, 0xff, 0xff, 0xff)],
    ['more bytes than a block', new Uint8Array(MAX_TX_SIZE + 1)],
  ])('%s', (_, wire) => {
    expect(() => decodeTx(wire)).toThrow(expect.objectContaining({ code: 'BAD_TRANSACTION' }))
  })

  test('more money than there is', () => {
    const tx = decodeTx(unsigned)
    const wire = encodeTx(
      { ...tx, outputs: [{ value: satoshi(2_100_000_000_000_000n), script: new Uint8Array() }] },
      { witness: false },
    )
    expect(decodeTx(wire).outputs).toHaveLength(1)
    wire[wire.length - 13] = 1 + (wire[wire.length - 13] ?? 0)
    expect(() => decodeTx(wire)).toThrow(expect.objectContaining({ code: 'BAD_TRANSACTION' }))
  })

  test('random bytes never escape as another error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat({ max: 400 }), fc.nat({ max: 255 }), (noise, at, byte) => {
        const mutated = Uint8Array.from(sample)
        mutated[at % sample.length] = byte
        for (const wire of [noise, mutated]) {
          try {
            expect(encodeTx(decodeTx(wire), { witness: true })).toEqual(wire)
          } catch (error) {
            expect(error).toMatchObject({ code: 'BAD_TRANSACTION' })
          }
        }
      }),
      { numRuns: 300 },
    )
  })
})

describe('BIP-69', () => {
  const spend = (id: string, index: number): TxInput => ({
    prevout: outPoint(txid(id.padEnd(64, '0')), index),
    scriptSig: new Uint8Array(),
    sequence: 0,
    witness: [],
  })
  const pay = (value: bigint, script: string) => ({ value: satoshi(value), script: bytes(script) })

  test('inputs by displayed id then index as a number, outputs by value as a number then script', () => {
    const inputs = [spend('0a', 0), spend('0a', 2), spend('0a', 10), spend('b0', 1), spend('b1', 0)]
    const outputs = [
      pay(9n, 'ff'),
      pay(10n, ''),
      pay(10n, '00'),
      pay(10n, '0001'),
      pay(10n, '01'),
      pay(4_294_967_296n, '00'),
    ]
    const tx: Transaction = { version: 2, lockTime: 0, inputs, outputs }
    const order = fc.tuple(
      fc.shuffledSubarray(inputs, { minLength: inputs.length }),
      fc.shuffledSubarray(outputs, { minLength: outputs.length }),
    )
    fc.assert(
      fc.property(order, ([someInputs, someOutputs]) => {
        expect(sortBip69({ ...tx, inputs: someInputs, outputs: someOutputs })).toEqual(tx)
      }),
    )
  })
})
