import { Transaction as Reference } from 'bitcoinjs-lib'
import fc from 'fast-check'
import { fromHex, reversed, toHex } from '../src/bytes.ts'
import { outPoint, txid } from '../src/ids.ts'
import type { Transaction } from '../src/transaction.ts'
import { satoshi } from '../src/units.ts'

const uint32 = fc.nat({ max: 0xffff_ffff })
const byteArray = (maxLength: number) => fc.uint8Array({ maxLength })
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toHex)
const value = fc.bigInt({ min: 0n, max: 2_100_000_000_000_000n }).map(satoshi)

const input = fc.record({
  prevout: fc.tuple(hash, uint32).map(([id, index]) => outPoint(txid(id), index)),
  scriptSig: byteArray(24),
  sequence: uint32,
  witness: fc.array(byteArray(300), { maxLength: 3 }),
})

export const arbitraryOutput = fc.record({ value, script: byteArray(300) })

export const arbitraryTx: fc.Arbitrary<Transaction> = fc.record({
  version: uint32,
  inputs: fc.array(input, { minLength: 1, maxLength: 6 }),
  outputs: fc.array(arbitraryOutput, { maxLength: 6 }),
  lockTime: uint32,
})

/** The same transaction in bitcoinjs-lib, our second opinion. */
export function toReference(tx: Transaction): Reference {
  const out = new Reference()
  out.version = tx.version
  out.locktime = tx.lockTime
  for (const [i, { prevout, sequence, scriptSig, witness }] of tx.inputs.entries()) {
    out.addInput(reversed(fromHex(prevout.txid)), prevout.index, sequence, scriptSig)
    out.setWitness(i, [...witness])
  }
  for (const output of tx.outputs) out.addOutput(output.script, output.value)
  return out
}
