import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytes } from '../test/loadVectors.ts'
import { arbitraryTx } from '../test/arbitraryTx.ts'
import { accountOutput, expiryWitness, keyPathWitness, multiSigWitness } from './accountScript.ts'
import { compactSizeLength } from './encode.ts'
import { accountKey, pubKey } from './ids.ts'
import { INITIAL_BATCH_KEY } from './keys.ts'
import { masterAccountOutput, masterAccountWitness } from './masterAccount.ts'
import { txWeight } from './transactionCodec.ts'
import { blockHeight, satPerKWeight, satoshi } from './units.ts'
import {
  NESTED_P2WPKH_SCRIPT_SIG_SIZE,
  OUTPUT_SIZE,
  WITNESS_SIZE,
  cooperativeWitnessSize,
  dustLimit,
  estimateWeight,
  expiryWitnessSize,
  feeForWeight,
  isDust,
  outputSize,
} from './weight.ts'

const floor = satPerKWeight(253)
const { p2wpkh: p2wkh, p2wsh, p2tr, p2sh } = OUTPUT_SIZE

describe('estimated weight and fee at the floor (Pool account/manager_test.go)', () => {
  test.each([
    ['close v0 to P2WPKH', 0, [p2wkh], 559, 141n],
    ['close taproot to P2WPKH', 2, [p2wkh], 396, 100n],
    ['close taproot to P2TR', 1, [p2tr], 444, 112n],
    ['withdraw v0', 0, [p2wsh, p2wkh, p2sh], 1031, 260n],
    ['withdraw taproot', 1, [p2wsh, p2wkh, p2sh], 868, 219n],
  ] as const)('%s', (name, version, outputs, size, fee) => {
    const recreated = name.startsWith('withdraw') ? [OUTPUT_SIZE.p2wsh] : []
    const inputs = [{ witness: cooperativeWitnessSize(version) }]
    const estimated = estimateWeight({ inputs, outputs: [...outputs, ...recreated] })
    expect([estimated, feeForWeight(floor, estimated)]).toEqual([size, fee])
  })
})

/** A transaction's weight is what the estimator makes of its true sizes, but for one byte per input without witness. */
test('the estimator counts as BIP-141 does', () => {
  fc.assert(
    fc.property(arbitraryTx, (tx) => {
      const witnessSize = (witness: readonly Uint8Array[]) =>
        witness.reduce((sum, e) => sum + compactSizeLength(e.length) + e.length, compactSizeLength(witness.length))
      const inputs = tx.inputs.map((input) => ({
        scriptSig: input.scriptSig.length,
        witness: input.witness.length === 0 ? 0 : witnessSize(input.witness),
      }))
      const outputs = tx.outputs.map((output) => outputSize(output.script))
      const bare = inputs.filter((input) => input.witness === 0).length
      const missing = bare === inputs.length ? 0 : bare
      expect(estimateWeight({ inputs, outputs }) + missing).toBe(txWeight(tx))
    }),
  )
})

describe('witness sizes are those of the largest witnesses', () => {
  const key = '02187d1a0e30f4e5016fc1137363ee9e7ed5dde1e6c50f367422336df7a108b716'
  const auctioneerKey = pubKey(key)
  const params = {
    traderKey: accountKey(key),
    auctioneerKey,
    batchKey: INITIAL_BATCH_KEY,
    secret: new Uint8Array(32),
    expiry: blockHeight(0x0080_0000),
  }
  const der = new Uint8Array(72)
  const sizeOf = (witness: readonly Uint8Array[]) => witness.reduce((sum, e) => sum + 1 + e.length, 1)

  test('version 0', () => {
    const output = accountOutput({ ...params, version: 0 })
    if (output.kind !== 'p2wsh') throw new Error('expected P2WSH')
    expect(output.witnessScript).toHaveLength(79)
    expect(sizeOf(multiSigWitness(output, { auctioneer: der, trader: der }))).toBe(cooperativeWitnessSize(0))
    // Pool counts one byte less than it takes: the length of the empty element is missing in its constant.
    expect(sizeOf(expiryWitness(output, der))).toBe(expiryWitnessSize(0) + 1)
  })

  test('taproot', () => {
    const output = accountOutput({ ...params, version: 2, expiry: blockHeight(0x007f_ffff) })
    expect(sizeOf(keyPathWitness(new Uint8Array(64)))).toBe(cooperativeWitnessSize(2))
    expect(sizeOf(expiryWitness(output, new Uint8Array(64)))).toBe(expiryWitnessSize(1))
  })

  test('master account and nested key', () => {
    const output = masterAccountOutput({ auctioneerKey, batchKey: INITIAL_BATCH_KEY })
    expect(sizeOf(masterAccountWitness(output, der))).toBe(WITNESS_SIZE.masterAccount)
    expect(NESTED_P2WPKH_SCRIPT_SIG_SIZE).toBe(1 + 22)
  })
})

describe('dust', () => {
  test.each([
    ['P2WPKH', '0014' + '00'.repeat(20), 294n],
    ['P2WSH', '0020' + '00'.repeat(32), 330n],
    ['P2TR', '5120' + '00'.repeat(32), 330n],
    ['P2SH', 'a914' + '00'.repeat(20) + '87', 540n],
    ['P2PKH', '76a914' + '00'.repeat(20) + '88ac', 546n],
  ])('%s', (_, script, limit) => {
    expect(dustLimit(bytes(script))).toBe(limit)
    expect(isDust({ value: satoshi(limit - 1n), script: bytes(script) })).toBe(true)
    expect(isDust({ value: satoshi(limit), script: bytes(script) })).toBe(false)
  })

  test.each([
    ['data', '6a0401020304', false],
    ['bare OP_RETURN', '6a', false],
    ['80 bytes', '6a4c50' + '00'.repeat(80), false],
    ['81 bytes', '6a4c51' + '00'.repeat(81), true],
    ['small number', '6a51', false],
    ['two pushes', '6a01000100', true],
    ['push cut short', '6a0500', true],
    ['not a push', '6aac', true],
  ])('unspendable: %s', (_, script, dust) => {
    expect(isDust({ value: satoshi(0), script: bytes(script) })).toBe(dust)
    expect(isDust({ value: satoshi(100_000), script: bytes(script) })).toBe(dust)
  })
})
