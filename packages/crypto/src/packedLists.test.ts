import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { arbitraryTx, toReference } from '../test/arbitraryTx.ts'
import { concatBytes, toHex } from './bytes.ts'
import { outPointBytes, outputBytes, uint32Le, uint64Le, varBytes } from './encode.ts'
import { sha256 } from './hash.ts'
import { formatOutPoint } from './ids.ts'
import { txidMark } from './packedInputs.ts'
import { decodeTx, encodeTx } from './transactionCodec.ts'
import { itemAt } from './txList.ts'
import { packInputs, packOutputs } from './txReader.ts'
import { satoshi } from './units.ts'

describe('packed lists say what another implementation says', () => {
  test('of inputs', () => {
    fc.assert(
      fc.property(arbitraryTx, (tx) => {
        const reference = toReference(tx)
        const inputs = packInputs(decodeTx(encodeTx(tx, { witness: true })).inputs)
        expect(inputs).toHaveLength(reference.ins.length)
        for (const [i, { hash, index, script, sequence, witness }] of reference.ins.entries()) {
          const txid = toHex(Uint8Array.from(hash).reverse())
          expect(inputs.prevout(i)).toEqual({ txid, index })
          expect(inputs.mark(i)).toBe(txidMark(txid))
          expect(inputs.spends(inputs.prevout(i))).toBe(true)
          const next = { ...inputs.prevout(i), index: (index + 1) % 2 ** 32 }
          expect(inputs.spends(next)).toBe(
            tx.inputs.some((one) => formatOutPoint(one.prevout) === formatOutPoint(next)),
          )
          expect(inputs.sequence(i)).toBe(sequence)
          expect(inputs.hasScriptSig(i)).toBe(script.length > 0)
          expect(toHex(inputs.at(i)?.scriptSig ?? new Uint8Array())).toBe(toHex(script))
          expect(inputs.at(i)?.witness.map(toHex)).toEqual(witness.map((item) => toHex(item)))
        }
        expect(toHex(inputs.hashPrevouts())).toBe(toHex(sha256(...tx.inputs.map((one) => outPointBytes(one.prevout)))))
        expect(toHex(inputs.hashSequences())).toBe(toHex(sha256(...tx.inputs.map((one) => uint32Le(one.sequence)))))
      }),
    )
  })

  test('of outputs', () => {
    fc.assert(
      fc.property(arbitraryTx, (tx) => {
        const reference = toReference(tx)
        const outputs = packOutputs(decodeTx(encodeTx(tx, { witness: true })).outputs)
        expect(outputs).toHaveLength(reference.outs.length)
        for (const [i, { value, script }] of reference.outs.entries()) {
          const output = { value: satoshi(BigInt(value)), script: Uint8Array.from(script) }
          expect(outputs.at(i)).toEqual(output)
          expect(outputs.scriptLength(i)).toBe(script.length)
          expect(outputs.isAt(i, output)).toBe(true)
          expect(outputs.isAt(i, { ...output, value: satoshi(output.value > 0n ? output.value - 1n : 1n) })).toBe(false)
          expect(outputs.isAt(i, { ...output, script: concatBytes(script, Uint8Array.of(0)) })).toBe(false)
          expect(outputs.isAt(i, { ...output, script: output.script.map((byte) => byte ^ 1) })).toBe(
            script.length === 0,
          )
        }
        const all = [...tx.outputs]
        expect(outputs.sum()).toBe(all.reduce((sum, { value }) => sum + value, 0n))
        expect(outputs.sizes()).toEqual(all.map((output) => outputBytes(output).length))
        expect(toHex(outputs.hashAmounts())).toBe(toHex(sha256(...all.map(({ value }) => uint64Le(value)))))
        expect(toHex(outputs.hashScripts())).toBe(toHex(sha256(...all.map(({ script }) => varBytes(script)))))
        expect(outputs.isAt(-1, all[0] ?? { value: satoshi(0), script: new Uint8Array() })).toBe(false)
        expect(outputs.isAt(all.length, all[0] ?? { value: satoshi(0), script: new Uint8Array() })).toBe(false)
      }),
    )
  })

  test.each([0, 1, 0xfb, 0xfc, 0xfd, 0xfe, 0x100, 0xffff, 0x1_0000])('of a script of %d bytes', (length) => {
    const output = { value: satoshi(7), script: new Uint8Array(length).fill(0xfd) }
    const outputs = packOutputs([output, output])
    expect(outputs.at(1)).toEqual(output)
    expect(outputs.scriptLength(0)).toBe(length)
  })
})

test.each([
  ['0014' + 'ab'.repeat(20), 0],
  ['0020' + 'ab'.repeat(32), 0],
  ['5120' + 'ab'.repeat(32), 1],
  ['6002abab', 16],
  ['0028' + 'ab'.repeat(40), 0],
  ['0029' + 'ab'.repeat(41), undefined],
  ['0001ab', undefined],
  ['6102abab', undefined],
  ['4f02abab', undefined],
  ['5121' + 'ab'.repeat(32), undefined],
  ['', undefined],
])('witness version of %s', (hex, version) => {
  const script = Uint8Array.from(Buffer.from(hex, 'hex'))
  expect(packOutputs([{ value: satoshi(0), script }]).witnessVersion(0)).toBe(version)
})

test('a list that is packed answers as an array does', () => {
  fc.assert(
    fc.property(arbitraryTx, fc.integer({ min: -9, max: 9 }), fc.integer({ min: -9, max: 9 }), (tx, from, to) => {
      const plain = [...tx.outputs]
      const packed = packOutputs(tx.outputs)
      const rich = ({ value }: { readonly value: bigint }): boolean => value % 2n === 1n
      expect([...packed]).toEqual(plain)
      expect(packed.at(from)).toEqual(plain.at(from))
      expect(itemAt(packed, from)).toEqual(plain[from])
      expect([...packed.keys()]).toEqual([...plain.keys()])
      expect([...packed.entries()]).toEqual([...plain.entries()])
      expect(packed.map(({ value }, i) => [value, i])).toEqual(plain.map(({ value }, i) => [value, i]))
      expect(packed.flatMap((one) => [one, one])).toEqual(plain.flatMap((one) => [one, one]))
      expect(packed.filter(rich)).toEqual(plain.filter(rich))
      expect(packed.find(rich)).toEqual(plain.find(rich))
      expect(packed.findIndex(rich)).toBe(plain.findIndex(rich))
      expect([packed.some(rich), packed.every(rich)]).toEqual([plain.some(rich), plain.every(rich)])
      expect(packed.reduce((sum, { value }) => sum + value, 0n)).toBe(packed.sum())
      expect(packed.slice(from, to)).toEqual(plain.slice(from, to))
    }),
  )
})
