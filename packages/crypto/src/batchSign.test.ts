import { describe, expect, test } from 'vitest'
import { bytes, loadCases, loadVectors } from '../test/loadVectors.ts'
import { bytesFields, intField } from '../test/protobuf.ts'
import { accountOutput, accountVersion, keyPathWitness, multiSigWitness } from './accountScript.ts'
import { toHex } from './bytes.ts'
import { signEcdsa } from './curve.ts'
import { derEncode, verifyDer } from './der.ts'
import { accountKey, batchKey, idToBytes, outPoint, pubKey, txid } from './ids.ts'
import { tweakSecret } from './keys.ts'
import { combinePartials, signPartial, startSession, verifyPartial } from './musig2.ts'
import { SecretNonce } from './musig2Nonce.ts'
import { SighashCache } from './sighash.ts'
import { decodeTx, txidOf } from './transactionCodec.ts'
import { blockHeight, satoshi } from './units.ts'

interface Account {
  readonly trader_key: string
  readonly trader_private_key: string
  readonly auctioneer_key: string
  readonly auctioneer_private_key: string
  readonly secret: string
  readonly batch_key: string
  readonly value: number
  readonly expiry: number
  readonly version: number
  readonly outpoint: { readonly txid: string; readonly index: number }
  readonly pk_script: string
}

interface Signed {
  readonly trader_key: string
  readonly input_index: number
  readonly sig: string
  readonly sighash: string
  readonly trader_nonces: string | null
  readonly trader_sec_nonces: string
  readonly server_nonces: string
  readonly server_sec_nonces: string
  readonly auctioneer_partial_sig: string
  readonly final_sig: string
  readonly final_witness: readonly string[]
}

interface Case {
  readonly name: string
  readonly base: string
  readonly sign_begin_hex: string
  readonly accounts: readonly Signed[]
  readonly txid: string
  readonly final_tx: string
}

const accounts = loadVectors<Readonly<Record<string, readonly Account[]>>>('pool/batch-accounts.json')
const cases = loadCases<Case>('batch-sign', 'sign')

const prevOutputsOf = (signBegin: string) =>
  bytesFields(bytes(signBegin), 3).map((output) => ({
    value: satoshi(intField(output, 1)),
    script: bytesFields(output, 2)[0] ?? new Uint8Array(),
  }))

function accountOf(base: string, key: string): Account {
  const account = accounts[base]?.find((entry) => entry.trader_key === key)
  if (account === undefined) throw new Error(`no account ${key} in ${base}`)
  return account
}

const outputOf = (account: Account) =>
  accountOutput({
    version: accountVersion(account.version),
    traderKey: accountKey(account.trader_key),
    auctioneerKey: pubKey(account.auctioneer_key),
    batchKey: batchKey(account.batch_key),
    secret: bytes(account.secret),
    expiry: blockHeight(account.expiry),
  })

function finalWitness(signed: Signed, account: Account, sighashes: SighashCache): readonly Uint8Array[] {
  const output = outputOf(account)
  expect(toHex(output.script)).toBe(account.pk_script)
  const [trader, auctioneer] = [bytes(account.trader_private_key), bytes(account.auctioneer_private_key)]
  if (output.kind === 'p2wsh') {
    const digest = sighashes.segwitV0(signed.input_index, output.witnessScript)
    expect(toHex(digest)).toBe(signed.sighash)
    const ours = derEncode(signEcdsa(digest, tweakSecret(trader, output.traderTweak)))
    expect(toHex(ours)).toBe(signed.sig)
    expect(verifyDer(digest, idToBytes(output.tweakedTraderKey), ours)).toBe(true)
    const theirs = derEncode(signEcdsa(digest, tweakSecret(auctioneer, output.auctioneerTweak)))
    return multiSigWitness(output, { auctioneer: theirs, trader: ours })
  }
  const message = sighashes.taprootKeyPath(signed.input_index)
  expect(toHex(message)).toBe(signed.sighash)
  const [ours, theirs] = [bytes(signed.trader_nonces ?? ''), bytes(signed.server_nonces)]
  const session = startSession({ key: output.aggregateKey, message, publicNonces: [ours, theirs] })
  const traderKey = pubKey(account.trader_key)
  const auctioneerKey = pubKey(account.auctioneer_key)
  const first = signPartial(session, new SecretNonce(bytes(signed.trader_sec_nonces), traderKey), trader)
  expect(toHex(first)).toBe(signed.sig)
  expect(verifyPartial(session, { signature: first, publicNonce: ours, publicKey: traderKey })).toBe(true)
  const second = signPartial(session, new SecretNonce(bytes(signed.server_sec_nonces), auctioneerKey), auctioneer)
  expect(toHex(second)).toBe(signed.auctioneer_partial_sig)
  const signature = combinePartials(session, [first, second])
  expect(toHex(signature)).toBe(signed.final_sig)
  return keyPathWitness(signature)
}

describe('account inputs of batches, Pool vectors', () => {
  test.each(cases)('$base', (entry) => {
    const tx = decodeTx(bytes(entry.final_tx))
    expect(txidOf(tx)).toBe(entry.txid)
    const sighashes = new SighashCache(tx, prevOutputsOf(entry.sign_begin_hex))
    for (const signed of entry.accounts) {
      const account = accountOf(entry.base, signed.trader_key)
      const spent = outPoint(txid(account.outpoint.txid), account.outpoint.index)
      expect(tx.inputs.at(signed.input_index)?.prevout).toEqual(spent)
      const witness = finalWitness(signed, account, sighashes).map(toHex)
      expect(witness).toEqual(signed.final_witness)
      expect(tx.inputs.at(signed.input_index)?.witness.map(toHex)).toEqual(witness)
    }
  })

  test('number of cases', () => {
    expect([cases.length, cases.flatMap((entry) => entry.accounts).length]).toEqual([69, 73])
  })
})

/** Those about nonces and previous outputs; a missing nonce or account input is noticed before any signing. */
describe('sign messages that lack something', () => {
  const errors = loadCases<Case>('batch-sign', 'sign_error')
  const baseOf = (entry: Case) => {
    const valid = cases.find((other) => other.base === entry.base)
    const signed = valid?.accounts[0]
    if (valid === undefined || signed === undefined) throw new Error(`no valid case ${entry.base}`)
    const tx = decodeTx(bytes(valid.final_tx))
    return { signed, output: outputOf(accountOf(entry.base, signed.trader_key)), tx }
  }

  test.each(errors.filter((entry) => /all zero|random bytes/.test(entry.name)))('refused: $name', (entry) => {
    const { signed, output, tx } = baseOf(entry)
    if (output.kind !== 'p2tr') throw new Error('expected taproot')
    const message = new SighashCache(tx, prevOutputsOf(entry.sign_begin_hex)).taprootKeyPath(signed.input_index)
    const [nonceEntry] = bytesFields(bytes(entry.sign_begin_hex), 2)
    const nonce = bytesFields(nonceEntry ?? new Uint8Array(), 2)[0] ?? new Uint8Array()
    const publicNonces = [bytes(signed.trader_nonces ?? ''), nonce]
    expect(() => startSession({ key: output.aggregateKey, message, publicNonces })).toThrow(
      expect.objectContaining({ detail: { code: 'BAD_PUBLIC_NONCE', signer: 1 } }),
    )
  })

  test.each(errors.filter((entry) => entry.name === 'previous outputs one short'))('refused: $name', (entry) => {
    const { signed, tx } = baseOf(entry)
    const sighashes = new SighashCache(tx, prevOutputsOf(entry.sign_begin_hex))
    expect(() => sighashes.taprootKeyPath(signed.input_index)).toThrow(
      expect.objectContaining({ code: 'PREVIOUS_OUTPUT_MISSING' }),
    )
  })

  test.each(errors.filter((entry) => entry.name.includes('version 0: not needed')))('$name', (entry) => {
    const { signed, output, tx } = baseOf(entry)
    const account = accountOf(entry.base, signed.trader_key)
    expect(prevOutputsOf(entry.sign_begin_hex)).toEqual([])
    const own = tx.inputs.map((_, i) =>
      i === signed.input_index ? { value: satoshi(account.value), script: output.script } : undefined,
    )
    const witness = finalWitness(signed, account, new SighashCache(tx, own))
    expect(witness.map(toHex)).toEqual(signed.final_witness)
  })

  test('number of cases', () => {
    const elsewhere = /no server nonces|nonces of another account|input missing/
    expect(errors.filter((entry) => !elsewhere.test(entry.name))).toHaveLength(6)
    expect(errors).toHaveLength(10)
  })
})
