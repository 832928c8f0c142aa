import { schnorr } from '@noble/curves/secp256k1.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { arbitraryOutput, arbitraryTx, toReference } from '../test/arbitraryTx.ts'
import { bytes, loadVectors } from '../test/loadVectors.ts'
import { scriptToAddress } from './address.ts'
import { concatBytes, compareBytes, toHex } from './bytes.ts'
import { pointFromSecret, secretNegate, signSchnorr, xOnlyAddTweak } from './curve.ts'
import { sha256 } from './hash.ts'
import { tweakSecret } from './keys.ts'
import { isOdd, xOnly } from './musig2Keys.ts'
import { p2trScript, tapLeafHash, tapTweakHash } from './script.ts'
import { SighashCache } from './sighash.ts'
import { decodeTx } from './transactionCodec.ts'
import { satoshi } from './units.ts'

type Tree = { readonly id: number; readonly script: string; readonly leafVersion: number } | readonly [Tree, Tree]

interface Wallet {
  readonly scriptPubKey: readonly {
    readonly given: { readonly internalPubkey: string; readonly scriptTree: Tree | null }
    readonly intermediary: {
      readonly merkleRoot: string | null
      readonly tweak: string
      readonly tweakedPubkey: string
    }
    readonly expected: { readonly scriptPubKey: string; readonly bip350Address: string }
  }[]
  readonly keyPathSpending: readonly {
    readonly given: {
      readonly rawUnsignedTx: string
      readonly utxosSpent: readonly { readonly scriptPubKey: string; readonly amountSats: number }[]
    }
    readonly inputSpending: readonly {
      readonly given: {
        readonly txinIndex: number
        readonly internalPrivkey: string
        readonly merkleRoot: string | null
        readonly hashType: number
      }
      readonly intermediary: {
        readonly internalPubkey: string
        readonly tweak: string
        readonly tweakedPrivkey: string
        readonly sigHash: string
      }
      readonly expected: { readonly witness: readonly string[] }
    }[]
  }[]
}

const wallet = loadVectors<Wallet>('bip-0341/wallet-test-vectors.json')

/** Our own outputs have one leaf of version c0; whole trees and other versions exist in the vectors only. */
function treeHash(tree: Tree): Uint8Array {
  if ('script' in tree) {
    const script = bytes(tree.script)
    if (tree.leafVersion === 0xc0) return tapLeafHash(script)
    return schnorr.utils.taggedHash('TapLeaf', Uint8Array.of(tree.leafVersion, script.length), script)
  }
  const [a, b] = [treeHash(tree[0]), treeHash(tree[1])].toSorted(compareBytes) as [Uint8Array, Uint8Array]
  return schnorr.utils.taggedHash('TapBranch', a, b)
}

describe('BIP-341 wallet vectors', () => {
  test.each(wallet.scriptPubKey)('output $expected.bip350Address', ({ given, intermediary, expected }) => {
    const root = given.scriptTree === null ? undefined : treeHash(given.scriptTree)
    expect(root === undefined ? null : toHex(root)).toBe(intermediary.merkleRoot)
    const tweak = tapTweakHash(bytes(given.internalPubkey), root)
    expect(toHex(tweak)).toBe(intermediary.tweak)
    const tweaked = xOnlyAddTweak(bytes(given.internalPubkey), tweak)
    expect(toHex(tweaked.xOnly)).toBe(intermediary.tweakedPubkey)
    const script = p2trScript(tweaked.xOnly)
    expect(toHex(script)).toBe(expected.scriptPubKey)
    expect(scriptToAddress(script, 'mainnet')).toBe(expected.bip350Address)
  })

  const spends = wallet.keyPathSpending.flatMap(({ given, inputSpending }) => {
    const prevOutputs = given.utxosSpent.map((o) => ({ value: satoshi(o.amountSats), script: bytes(o.scriptPubKey) }))
    const cache = new SighashCache(decodeTx(bytes(given.rawUnsignedTx)), prevOutputs)
    return inputSpending.map((entry) => ({ ...entry, cache }))
  })
  test.each(spends)('input $given.txinIndex, type $given.hashType', ({ given, intermediary, expected, cache }) => {
    const digest = cache.taprootKeyPath(given.txinIndex, given.hashType)
    expect(toHex(digest)).toBe(intermediary.sigHash)
    const secret = bytes(given.internalPrivkey)
    const point = pointFromSecret(secret)
    expect(toHex(xOnly(point))).toBe(intermediary.internalPubkey)
    const tweak = tapTweakHash(xOnly(point), given.merkleRoot === null ? undefined : bytes(given.merkleRoot))
    expect(toHex(tweak)).toBe(intermediary.tweak)
    const tweaked = tweakSecret(isOdd(point) ? secretNegate(secret) : secret, tweak)
    expect(toHex(tweaked)).toBe(intermediary.tweakedPrivkey)
    const signature = signSchnorr(digest, tweaked, new Uint8Array(32))
    const type = given.hashType === 0 ? new Uint8Array() : Uint8Array.of(given.hashType)
    expect([toHex(concatBytes(signature, type))]).toEqual(expected.witness)
  })

  test('number of cases', () => {
    expect([wallet.scriptPubKey.length, spends.length]).toEqual([7, 7])
  })
})

const anyTypes = [0x01, 0x02, 0x03, 0x81, 0x82, 0x83]
const scenario = arbitraryTx
  .filter((tx) => tx.outputs.length > 0)
  .chain((tx) =>
    fc.record({
      tx: fc.constant(tx),
      prevOutputs: fc.array(arbitraryOutput, { minLength: tx.inputs.length, maxLength: tx.inputs.length }),
      index: fc.nat({ max: tx.inputs.length - 1 }),
      code: fc.uint8Array({ maxLength: 300 }),
      v0Type: fc.constantFrom(...anyTypes),
      v1Type: fc.constantFrom(0, ...anyTypes),
    }),
  )

describe('against another implementation', () => {
  test('BIP-143 and BIP-341, every type', () => {
    fc.assert(
      fc.property(scenario, ({ tx, prevOutputs: any, index, code, v0Type, v1Type }) => {
        // The reference allows 34-byte scripts only where it writes the script of the input itself.
        const prevOutputs = any.map((o, i) => (i === index ? { ...o, script: p2trScript(sha256(code)) } : o))
        const cache = new SighashCache(tx, prevOutputs)
        const reference = toReference(tx)
        const value = prevOutputs[index]?.value ?? 0n
        expect(cache.segwitV0(index, code, v0Type)).toEqual(
          Uint8Array.from(reference.hashForWitnessV0(index, code, value, v0Type)),
        )
        if ((v1Type & 3) === 3 && index >= tx.outputs.length) {
          expect(() => cache.taprootKeyPath(index, v1Type)).toThrow(
            expect.objectContaining({ code: 'BAD_SIGHASH_TYPE' }),
          )
          return
        }
        const scripts = prevOutputs.map((output) => output.script)
        const values = prevOutputs.map((output) => output.value)
        const leaf = sha256(code)
        const v1 = (leafHash?: Uint8Array) =>
          Uint8Array.from(reference.hashForWitnessV1(index, scripts, values, v1Type, leafHash))
        expect(cache.taprootKeyPath(index, v1Type)).toEqual(v1())
        expect(cache.taprootLeaf(index, leaf, v1Type)).toEqual(v1(leaf))
      }),
    )
  })
})

describe('what is missing', () => {
  const tx = decodeTx(bytes(wallet.keyPathSpending[0]?.given.rawUnsignedTx ?? ''))
  const own = { value: satoshi(1), script: new Uint8Array() }

  test('version 0 needs the output of its own input only', () => {
    const cache = new SighashCache(tx, [undefined, own])
    expect(cache.segwitV0(1, new Uint8Array())).toHaveLength(32)
    expect(() => cache.segwitV0(0, new Uint8Array())).toThrow(
      expect.objectContaining({ detail: { code: 'PREVIOUS_OUTPUT_MISSING', index: 0 } }),
    )
  })

  test('taproot needs all of them', () => {
    const all = tx.inputs.map(() => own)
    expect(() => new SighashCache(tx, all.slice(1)).taprootKeyPath(0)).toThrow(
      expect.objectContaining({ detail: { code: 'PREVIOUS_OUTPUT_MISSING', index: all.length - 1 } }),
    )
  })

  test.each([-1, tx.inputs.length, 0.5])('input %d', (index) => {
    const cache = new SighashCache(tx, [own])
    expect(() => cache.taprootKeyPath(index)).toThrow(expect.objectContaining({ code: 'NO_SUCH_INPUT' }))
  })

  test.each([0x80, 0x04, 0x7f, 0x101, -1])('taproot type %d', (type) => {
    const cache = new SighashCache(tx, [own])
    expect(() => cache.taprootKeyPath(0, type)).toThrow(expect.objectContaining({ code: 'BAD_SIGHASH_TYPE' }))
  })
})
