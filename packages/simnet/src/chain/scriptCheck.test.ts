import { Transaction } from 'bitcoinjs-lib'
import { describe, expect, it } from 'vitest'
import {
  concatBytes,
  decodeTx,
  encodeTx,
  equalBytes,
  fromHex,
  outPoint,
  pointFromSecret,
  satoshi,
  sha256,
  SighashCache,
  signSchnorr,
  toHex,
  txid,
  type Transaction as Spend,
} from '@tidepool/crypto'
import { failingInput } from './scriptCheck.ts'

const KEYS = 600
const coin = (xOnly: Uint8Array) => ({ value: satoshi(50_000n), script: concatBytes(fromHex('5120'), xOnly) })

/** A key path spend of a taproot output; nobody minds that its keys are not tweaked. */
function spend(secret: Uint8Array): { readonly xOnly: Uint8Array; readonly witness: Uint8Array; readonly hex: string } {
  const xOnly = pointFromSecret(secret).slice(1)
  const unsigned: Spend = {
    version: 2,
    inputs: [{ prevout: outPoint(txid('11'.repeat(32)), 0), scriptSig: new Uint8Array(), sequence: 0, witness: [] }],
    outputs: [{ value: satoshi(40_000n), script: coin(xOnly).script }],
    lockTime: 0,
  }
  const witness = signSchnorr(new SighashCache(unsigned, [coin(xOnly)]).taprootKeyPath(0), secret, new Uint8Array(32))
  const inputs = unsigned.inputs.map((input) => ({ ...input, witness: [witness] }))
  return { xOnly, witness, hex: toHex(encodeTx({ ...unsigned, inputs }, { witness: true })) }
}

describe('key path spends', () => {
  it('are accepted whatever zeros keys and signatures begin with', () => {
    let zeros = 0
    for (let n = 1; n <= KEYS; n++) {
      const { xOnly, witness, hex } = spend(sha256(Uint8Array.of(n >> 8, n & 0xff)))
      if (xOnly[0] === 0 || witness[0] === 0 || witness[32] === 0) zeros++
      expect(failingInput(Transaction.fromHex(hex), [coin(xOnly)])).toBeUndefined()
    }
    expect(zeros).toBeGreaterThan(3)
  })

  it('are refused with another signature', () => {
    const { xOnly, witness, hex } = spend(sha256(Uint8Array.of(1)))
    const wrong = Uint8Array.from(witness, (byte, i) => (i === 40 ? byte ^ 1 : byte))
    const forged = hex.replace(toHex(witness), toHex(wrong))
    expect(equalBytes(decodeTx(fromHex(forged)).inputs[0]?.witness[0] ?? new Uint8Array(), wrong)).toBe(true)
    expect(failingInput(Transaction.fromHex(forged), [coin(xOnly)])).toMatchObject({ index: 0 })
  })

  it('of a long transaction are each checked', () => {
    const secret = sha256(Uint8Array.of(1))
    const own = coin(pointFromSecret(secret).slice(1))
    const inputs = Array.from({ length: 30 }, (_, index) => ({
      ...{ prevout: outPoint(txid('11'.repeat(32)), index), scriptSig: new Uint8Array(), sequence: 0 },
      witness: [],
    }))
    const unsigned: Spend = { version: 2, inputs, outputs: [{ ...own, value: satoshi(40_000n) }], lockTime: 0 }
    const coins = inputs.map(() => own)
    const digests = new SighashCache(unsigned, coins)
    const signed = inputs.map((input, i) => ({ ...input, witness: [signSchnorr(digests.taprootKeyPath(i), secret)] }))
    const check = (spends: Spend['inputs']) =>
      failingInput(Transaction.fromHex(toHex(encodeTx({ ...unsigned, inputs: spends }, { witness: true }))), coins)
    expect(check(signed)).toBeUndefined()
    for (const bad of [0, 17, 29]) {
      const witness = [signSchnorr(digests.taprootKeyPath((bad + 1) % 30), secret)]
      expect(check(signed.map((input, i) => (i === bad ? { ...input, witness } : input)))).toMatchObject({ index: bad })
    }
  })
})
