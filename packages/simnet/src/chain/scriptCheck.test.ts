import bitcore from 'bitcore-lib'
import { Transaction } from 'bitcoinjs-lib'
import { describe, expect, it, vi } from 'vitest'
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
    expect(equalBytes(decodeTx(fromHex(forged)).inputs.at(0)?.witness[0] ?? new Uint8Array(), wrong)).toBe(true)
    expect(failingInput(Transaction.fromHex(forged), [coin(xOnly)])).toMatchObject({ index: 0 })
  })

  it.each([
    [30, 30],
    [200, 200],
    [201, 5],
  ])('of a transaction with %i inputs are each checked, %i of them by the interpreter', (count, judged) => {
    const { coins, digests, signed } = longSpend(count)
    const check = (spends: Spend['inputs']) =>
      failingInput(Transaction.fromHex(toHex(encodeTx({ ...signed, inputs: spends }, { witness: true }))), coins)
    const interpreter = vi.spyOn(bitcore.crypto.Schnorr, 'verify')
    expect(check(signed.inputs)).toBeUndefined()
    expect(interpreter).toHaveBeenCalledTimes(judged)
    interpreter.mockRestore()
    for (const bad of [0, 17, count - 1]) {
      const witness = [signSchnorr(digests.taprootKeyPath((bad + 1) % count), SECRET)]
      const forged = signed.inputs.map((input, i) => (i === bad ? { ...input, witness } : input))
      expect(check(forged)).toMatchObject({ index: bad })
    }
  })
})

const SECRET = sha256(Uint8Array.of(1))

/** One owner spends many outputs at once. */
function longSpend(count: number) {
  const own = coin(pointFromSecret(SECRET).slice(1))
  const inputs = Array.from({ length: count }, (_, index) => ({
    ...{ prevout: outPoint(txid('11'.repeat(32)), index), scriptSig: new Uint8Array(), sequence: 0 },
    witness: [],
  }))
  const unsigned: Spend = { version: 2, inputs, outputs: [{ ...own, value: satoshi(40_000n) }], lockTime: 0 }
  const coins = inputs.map(() => own)
  const digests = new SighashCache(unsigned, coins)
  const signed = inputs.map((input, i) => ({ ...input, witness: [signSchnorr(digests.taprootKeyPath(i), SECRET)] }))
  return { coins, digests, signed: { ...unsigned, inputs: signed } }
}
