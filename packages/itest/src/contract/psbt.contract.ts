import { Psbt, networks } from 'bitcoinjs-lib'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  addressToScript,
  decodeTx,
  encodeTx,
  equalBytes,
  expiryWitness,
  idToBytes,
  SighashCache,
  toHex,
  txidOf,
  verifyDer,
  verifySchnorr,
} from '@tidepool/crypto'
import { fundAccounts, type FundedAccount } from './account.ts'
import type { Contract } from './contract.ts'
import { refused } from './words.ts'

const network = networks.regtest
/** Where lnd looks for a tweak of the private key. */
const SINGLE_TWEAK = Uint8Array.of(0x51)
const FINGERPRINT = new Uint8Array(4)

interface Change {
  readonly path?: string
  readonly pubkey?: Uint8Array
  readonly without?: 'witnessUtxo' | 'witnessScript' | 'tweak' | 'derivation' | 'tapDerivation' | 'leaf'
}

/** The expiry spend of an account as the stock client asks lnd to sign it. */
function accountPsbt(funded: FundedAccount, change: Change = {}): { psbt: Psbt; bytes: Uint8Array } {
  const { output, spent } = funded
  const psbt = Psbt.fromBuffer(emptyPsbt(funded), { network })
  const path = change.path ?? `m/1017'/1'/220'/0/${funded.traderLocator.keyIndex ?? 0}`
  const pubkey = change.pubkey ?? funded.traderKey
  const { without } = change
  if (without !== 'witnessUtxo') psbt.data.updateInput(0, { witnessUtxo: { script: spent.script, value: spent.value } })
  if (output.kind === 'p2wsh') psbt.data.updateInput(0, { sighashType: 1 })
  if (without !== 'derivation') {
    psbt.data.updateInput(0, { bip32Derivation: [{ masterFingerprint: FINGERPRINT, pubkey, path }] })
  }
  if (without !== 'tweak') psbt.data.addUnknownKeyValToInput(0, { key: SINGLE_TWEAK, value: output.traderTweak })
  if (output.kind === 'p2wsh') {
    if (without !== 'witnessScript') psbt.data.updateInput(0, { witnessScript: output.witnessScript })
    return { psbt, bytes: psbt.toBuffer() }
  }
  if (without !== 'leaf') {
    const { controlBlock, leafScript: script } = output
    psbt.data.updateInput(0, { tapLeafScript: [{ controlBlock, script, leafVersion: 0xc0 }] })
  }
  if (without !== 'tapDerivation') {
    const entry = { masterFingerprint: FINGERPRINT, pubkey: pubkey.subarray(1), path }
    psbt.data.updateInput(0, { tapBip32Derivation: [{ ...entry, leafHashes: [output.merkleRoot] }] })
  }
  return { psbt, bytes: psbt.toBuffer() }
}

function emptyPsbt(funded: FundedAccount): Uint8Array {
  const tx = funded.spend({ lockTime: funded.expiry, sequence: 0 })
  const psbt = new Psbt({ network })
  psbt.setVersion(2)
  psbt.setLocktime(tx.lockTime)
  for (const { prevout, sequence } of tx.inputs) psbt.addInput({ hash: prevout.txid, index: prevout.index, sequence })
  for (const { script, value } of tx.outputs) psbt.addOutput({ script, value })
  return psbt.toBuffer()
}

export function psbtContract(nodes: () => Contract): void {
  describe('PSBT funding', () => {
    it('picks, leases, signs and extracts', async () => {
      const { walletKit } = nodes().maker
      const { addr } = await nodes().taker.walletKit.nextAddr({ type: 'WITNESS_PUBKEY_HASH' })
      const funded = await walletKit.fundPsbt({
        template: { case: 'raw', value: { outputs: new Map([[addr, 250_000n]]) } },
        fees: { case: 'satPerVbyte', value: 5n },
        minConfs: 1,
      })
      const { txOutputs, txInputs } = Psbt.fromBuffer(funded.fundedPsbt, { network })
      expect(txInputs.every((input) => input.sequence === 0xffff_ffff)).toBe(true)
      expect(txOutputs).toHaveLength(2)
      expect(txOutputs[funded.changeOutputIndex]?.script[0]).toBe(0)
      expect(txOutputs.some((out) => out.value === 250_000n && out.address === addr)).toBe(true)
      const { lockedUtxos } = await walletKit.listLeases({})
      for (const lock of funded.lockedUtxos) {
        expect(lockedUtxos.map((each) => each.outpoint)).toContainEqual(lock.outpoint)
      }
      const final = await walletKit.finalizePsbt({ fundedPsbt: funded.fundedPsbt })
      await refused(walletKit.finalizePsbt({ fundedPsbt: final.signedPsbt }), 'PSBT is already fully signed')
      await walletKit.publishTransaction({ txHex: final.rawFinalTx })
      await nodes().stack.mine(1)
      const txid = txidOf(decodeTx(final.rawFinalTx))
      expect(await nodes().chain.transaction(txid)).toMatchObject({ confirmations: 1 })
    })

    it('says what is wrong with a template', async () => {
      const { walletKit } = nodes().maker
      const { addr } = await walletKit.nextAddr({ type: 'WITNESS_PUBKEY_HASH' })
      const raw = (outputs: ReadonlyMap<string, bigint>) => ({ case: 'raw', value: { outputs } }) as const
      const fees = { case: 'satPerVbyte', value: 5n } as const
      const noFee = 'fee definition missing, need to specify either target_conf, sat_per_vbyte or sat_per_kw'
      await refused(walletKit.fundPsbt({ template: raw(new Map([[addr, 250_000n]])) }), noFee)
      await refused(
        walletKit.fundPsbt({ template: raw(new Map([[addr, 25_000_000_000n]])), fees }),
        "wallet couldn't fund PSBT: error creating funding TX: insufficient funds available to construct transaction",
      )
      await refused(
        walletKit.fundPsbt({ template: raw(new Map()), fees }),
        "wallet couldn't fund PSBT: PSBT packet must contain at least one input or output",
      )
      const mainnet = 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4'
      await refused(
        walletKit.fundPsbt({ template: raw(new Map([[mainnet, 250_000n]])), fees }),
        'address is not for regtest',
      )
      await refused(
        walletKit.fundPsbt({ template: { case: 'psbt', value: new Uint8Array(1) }, fees }),
        'could not parse PSBT: unexpected EOF',
      )
      expect(addressToScript(addr, 'regtest')).toHaveLength(22)
    })
  })

  describe('PSBT signing of accounts', () => {
    let accounts: readonly FundedAccount[]
    const account = (index: number): FundedAccount => {
      const found = accounts[index]
      if (found === undefined) throw new Error('no such account')
      return found
    }
    beforeAll(async () => {
      accounts = await fundAccounts(nodes(), [0, 2], (await nodes().chain.height()) + 3)
    })

    const sign = (bytes: Uint8Array) => nodes().taker.walletKit.signPsbt({ fundedPsbt: bytes })

    it('signs version 0 with the tweak of key 0x51, filed under the tweaked key', async () => {
      const funded = account(0)
      const { output, spent } = funded
      if (output.kind !== 'p2wsh') throw new Error('version 0 only')
      const { signedPsbt, signedInputs } = await sign(accountPsbt(funded).bytes)
      expect(signedInputs).toEqual([0])
      const [partial] = Psbt.fromBuffer(signedPsbt, { network }).data.inputs[0]?.partialSig ?? []
      expect(toHex(partial?.pubkey ?? new Uint8Array())).toBe(output.tweakedTraderKey)
      const tx = funded.spend({ lockTime: funded.expiry, sequence: 0 })
      const digest = new SighashCache(tx, [spent]).segwitV0(0, output.witnessScript)
      const signature = partial?.signature ?? new Uint8Array()
      expect(signature.at(-1)).toBe(1)
      expect(verifyDer(digest, idToBytes(output.tweakedTraderKey), signature.subarray(0, -1))).toBe(true)
    })

    it('signs a taproot leaf, filed under the untweaked key', async () => {
      const funded = account(1)
      const { output, spent } = funded
      if (output.kind !== 'p2tr') throw new Error('taproot versions only')
      const { signedPsbt } = await sign(accountPsbt(funded).bytes)
      const [entry] = Psbt.fromBuffer(signedPsbt, { network }).data.inputs[0]?.tapScriptSig ?? []
      expect(toHex(entry?.pubkey ?? new Uint8Array())).toBe(toHex(funded.traderKey.subarray(1)))
      const tx = funded.spend({ lockTime: funded.expiry, sequence: 0 })
      const digest = new SighashCache(tx, [spent]).taprootLeaf(0, output.merkleRoot)
      const signature = entry?.signature ?? new Uint8Array()
      expect(verifySchnorr(digest, idToBytes(output.tweakedTraderKey).subarray(1), signature)).toBe(true)
      await nodes().stack.mine(3)
      const witness = expiryWitness(output, signature)
      const signed = { ...tx, inputs: tx.inputs.map((input) => ({ ...input, witness })) }
      await nodes().taker.walletKit.publishTransaction({ txHex: encodeTx(signed, { witness: true }) })
    })

    it('passes over what it cannot sign in silence (trap 27)', async () => {
      const funded = account(0)
      const { tweakedTraderKey } = funded.output
      const unsignable: readonly Change[] = [
        { path: `m/1017'/0'/220'/0/${funded.traderLocator.keyIndex ?? 0}` },
        { pubkey: idToBytes(tweakedTraderKey) },
        { without: 'derivation' },
      ]
      for (const change of unsignable) {
        expect((await sign(accountPsbt(funded, change).bytes)).signedInputs).toEqual([])
      }
    })

    it('reports useless signatures as signed (trap 34)', async () => {
      for (const without of ['witnessScript', 'tweak'] as const) {
        const { signedInputs } = await sign(accountPsbt(account(0), { without }).bytes)
        expect(signedInputs, without).toEqual([0])
      }
      const { signedPsbt } = await sign(accountPsbt(account(0), { without: 'tweak' }).bytes)
      const [partial] = Psbt.fromBuffer(signedPsbt, { network }).data.inputs[0]?.partialSig ?? []
      expect(equalBytes(partial?.pubkey ?? new Uint8Array(), account(0).traderKey)).toBe(true)
    })

    it('refuses inputs that contradict themselves', async () => {
      await refused(
        sign(accountPsbt(account(0), { without: 'witnessUtxo' }).bytes),
        "input (index=0) doesn't specify any UTXO info",
      )
      const preamble = 'error signing PSBT: '
      await refused(
        sign(accountPsbt(account(1), { without: 'tapDerivation' }).bytes),
        `${preamble}cannot sign for taproot input without taproot BIP0032 derivation info`,
      )
      await refused(
        sign(accountPsbt(account(1), { without: 'leaf' }).bytes),
        `${preamble}specified leaf hash in taproot BIP0032 derivation but missing taproot leaf script`,
      )
    })

    it('finalizes only when everything else carries its witness', async () => {
      await refused(
        nodes().taker.walletKit.finalizePsbt({ fundedPsbt: accountPsbt(account(0)).bytes }),
        /PSBT is not finalizable/,
      )
    })
  })
}
