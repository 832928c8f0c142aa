import { describe, expect, test } from 'vitest'
import { bytes, loadCases } from '../test/loadVectors.ts'
import { accountOutput, accountVersion, expiryWitness, keyPathWitness, multiSigWitness } from './accountScript.ts'
import type { AccountOutput } from './accountScript.ts'
import { classifySpend } from './accountSpend.ts'
import { toHex } from './bytes.ts'
import { signEcdsa, signSchnorr, verifySchnorr } from './curve.ts'
import { derEncode, verifyDer, withSighashAll, withoutSighashAll } from './der.ts'
import { accountKey, batchKey, idToBytes, pubKey } from './ids.ts'
import { tweakSecret } from './keys.ts'
import { combinePartials, signPartial, startSession, verifyPartial } from './musig2.ts'
import { xOnly } from './musig2Keys.ts'
import { SecretNonce, aggregateNonces } from './musig2Nonce.ts'
import { SighashCache } from './sighash.ts'
import { decodeTx, encodeTx, txWeight, txidOf } from './transactionCodec.ts'
import { blockHeight, satoshi } from './units.ts'
import { cooperativeWitnessSize, expiryWitnessSize } from './weight.ts'

interface Flags {
  readonly is_expiry_spend: boolean
  readonly is_taproot_expiry_spend: boolean
  readonly is_multi_sig_spend: boolean
  readonly is_taproot_multi_sig_spend: boolean
}

interface Spend extends Flags {
  readonly path: 'multi_sig' | 'expiry' | 'musig2'
  readonly version: number
  readonly expiry: number
  readonly trader_private_key: string
  readonly trader_key: string
  readonly auctioneer_private_key: string
  readonly auctioneer_key: string
  readonly batch_key: string
  readonly secret: string
  readonly input_index: number
  readonly unsigned_tx: string
  readonly prevouts: readonly { readonly value: number | string; readonly pk_script: string }[]
  readonly sighash_type: number
  readonly sighash: string
  readonly trader_sig_der: string
  readonly trader_sig_with_sighash_byte: string
  readonly auctioneer_sig_der: string
  readonly trader_sig: string
  readonly trader_sec_nonce: string
  readonly trader_pub_nonce: string
  readonly auctioneer_sec_nonce: string
  readonly auctioneer_pub_nonce: string
  readonly aggregate_nonce: string
  readonly nonce_r: string
  readonly trader_partial_sig: string
  readonly auctioneer_partial_sig: string
  readonly final_sig: string
  readonly witness: readonly string[]
  readonly final_tx: string
  readonly txid: string
  readonly weight_of_witness: number
}

function load(entry: Spend) {
  const output = accountOutput({
    version: accountVersion(entry.version),
    traderKey: accountKey(entry.trader_key),
    auctioneerKey: pubKey(entry.auctioneer_key),
    batchKey: batchKey(entry.batch_key),
    secret: bytes(entry.secret),
    expiry: blockHeight(entry.expiry),
  })
  const tx = decodeTx(bytes(entry.unsigned_tx))
  const prevOutputs = entry.prevouts.map((p) => ({ value: satoshi(BigInt(p.value)), script: bytes(p.pk_script) }))
  expect(toHex(prevOutputs[entry.input_index]?.script ?? new Uint8Array())).toBe(toHex(output.script))
  return { output, tx, sighashes: new SighashCache(tx, prevOutputs) }
}

/** What the reference's loose tests, asked in its order, make of a witness. */
function expected(flags: Flags): string {
  if (flags.is_expiry_spend || flags.is_taproot_expiry_spend) return 'expiry'
  return flags.is_multi_sig_spend || flags.is_taproot_multi_sig_spend ? 'cooperative' : 'unknown'
}

function expectSpend(entry: Spend, witness: readonly Uint8Array[]): void {
  expect(witness.map(toHex)).toEqual(entry.witness)
  expect(classifySpend(witness)).toBe(expected(entry))
  const unsigned = decodeTx(bytes(entry.unsigned_tx))
  const inputs = unsigned.inputs.map((input, i) => (i === entry.input_index ? { ...input, witness } : input))
  const signed = { ...unsigned, inputs }
  const others = decodeTx(bytes(entry.final_tx)).inputs.map((input) => input.witness)
  expect(others[entry.input_index]?.map(toHex)).toEqual(entry.witness)
  if (unsigned.inputs.length === 1) {
    expect(toHex(encodeTx(signed, { witness: true }))).toBe(entry.final_tx)
    expect(txWeight(signed)).toBe(txWeight(unsigned) + 2 + entry.weight_of_witness)
  }
  expect(txidOf(signed)).toBe(entry.txid)
}

const spends = (path: Spend['path']) => loadCases<Spend>('account-spends', 'spend').filter((s) => s.path === path)

describe('complete spends, Pool vectors', () => {
  test.each(spends('multi_sig'))('version $version, both signatures, expiry $expiry', (entry) => {
    const { output, sighashes } = load(entry)
    if (output.kind !== 'p2wsh') throw new Error('expected P2WSH')
    const digest = sighashes.segwitV0(entry.input_index, output.witnessScript)
    expect(toHex(digest)).toBe(entry.sighash)
    const sign = (secret: string, tweak: Uint8Array) => derEncode(signEcdsa(digest, tweakSecret(bytes(secret), tweak)))
    const trader = sign(entry.trader_private_key, output.traderTweak)
    const auctioneer = sign(entry.auctioneer_private_key, output.auctioneerTweak)
    expect(toHex(trader)).toBe(entry.trader_sig_der)
    expect(toHex(auctioneer)).toBe(entry.auctioneer_sig_der)
    expect(toHex(withSighashAll(trader))).toBe(entry.trader_sig_with_sighash_byte)
    expect(toHex(withoutSighashAll(bytes(entry.trader_sig_with_sighash_byte)))).toBe(entry.trader_sig_der)
    expect(verifyDer(digest, idToBytes(output.tweakedTraderKey), trader)).toBe(true)
    expect(verifyDer(digest, idToBytes(output.tweakedAuctioneerKey), trader)).toBe(false)
    expectSpend(entry, multiSigWitness(output, { auctioneer, trader }))
    expect(entry.weight_of_witness).toBeLessThanOrEqual(cooperativeWitnessSize(0))
  })

  test.each(spends('expiry'))('version $version after expiry $expiry', (entry) => {
    const { output, sighashes } = load(entry)
    const secret = tweakSecret(bytes(entry.trader_private_key), output.traderTweak)
    const digest = expiryDigest(output, sighashes, entry.input_index)
    expect(toHex(digest)).toBe(entry.sighash)
    expect(entry.weight_of_witness).toBeLessThanOrEqual(expiryWitnessSize(output.version))
    if (output.kind === 'p2wsh') {
      expectSpend(entry, expiryWitness(output, derEncode(signEcdsa(digest, secret))))
      return
    }
    // The reference draws its Schnorr nonce in its own way: both signatures must verify, bytes differ.
    const key = xOnly(idToBytes(output.tweakedTraderKey))
    expect(verifySchnorr(digest, key, bytes(entry.trader_sig))).toBe(true)
    expect(verifySchnorr(digest, key, signSchnorr(digest, secret))).toBe(true)
    expectSpend(entry, expiryWitness(output, bytes(entry.trader_sig)))
  })

  test.each(spends('musig2'))('version $version by key path, expiry $expiry', (entry) => {
    const { output, sighashes } = load(entry)
    if (output.kind !== 'p2tr') throw new Error('expected taproot')
    const message = sighashes.taprootKeyPath(entry.input_index)
    expect(toHex(message)).toBe(entry.sighash)
    const publicNonces = [bytes(entry.trader_pub_nonce), bytes(entry.auctioneer_pub_nonce)]
    expect(toHex(aggregateNonces(publicNonces))).toBe(entry.aggregate_nonce)
    const session = startSession({ key: output.aggregateKey, message, publicNonces })
    expect(toHex(session.r)).toBe(entry.nonce_r)
    const sides = [
      ['trader', entry.trader_key, entry.trader_private_key, entry.trader_sec_nonce, entry.trader_partial_sig],
      [
        'auctioneer',
        entry.auctioneer_key,
        entry.auctioneer_private_key,
        entry.auctioneer_sec_nonce,
        entry.auctioneer_partial_sig,
      ],
    ] as const
    const partials = sides.map(([, key, secret, nonce, wanted], i) => {
      const partial = signPartial(session, new SecretNonce(bytes(nonce), pubKey(key)), bytes(secret))
      expect(toHex(partial)).toBe(wanted)
      const publicNonce = publicNonces[i] ?? new Uint8Array()
      expect(verifyPartial(session, { signature: partial, publicNonce, publicKey: pubKey(key) })).toBe(true)
      const other = publicNonces[1 - i] ?? new Uint8Array()
      expect(verifyPartial(session, { signature: partial, publicNonce: other, publicKey: pubKey(key) })).toBe(false)
      return partial
    })
    const signature = combinePartials(session, partials)
    expect(toHex(signature)).toBe(entry.final_sig)
    expectSpend(entry, keyPathWitness(signature))
    expect(entry.weight_of_witness).toBe(cooperativeWitnessSize(output.version))
  })
})

function expiryDigest(output: AccountOutput, sighashes: SighashCache, index: number): Uint8Array {
  if (output.kind === 'p2wsh') return sighashes.segwitV0(index, output.witnessScript)
  return sighashes.taprootLeaf(index, output.merkleRoot)
}

describe('classification, Pool vectors', () => {
  test.each(loadCases<Flags & { name: string; witness: readonly string[] }>('account-spends', 'classify'))(
    '$name',
    (entry) => {
      expect(classifySpend(entry.witness.map(bytes))).toBe(expected(entry))
    },
  )

  test('every case of the file is run', () => {
    const spendCount = spends('multi_sig').length + spends('expiry').length + spends('musig2').length
    const classifyCount = loadCases('account-spends', 'classify').length
    expect(spendCount + classifyCount).toBe(loadCases('account-spends').length)
  })
})
