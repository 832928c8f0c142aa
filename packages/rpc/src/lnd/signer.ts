import { encodeTx, fromHex, type MuSig2Version, type PubKey, type Transaction, type TxOutput } from '@tidepool/crypto'
import type { LndClients } from './client.ts'
import { asLnd } from './errors.ts'
import { locatedKeyToLnd, locatorToLnd, type KeyLocator, type LocatedKey } from './keys.ts'
import { outputToLnd } from './wallet.ts'

const SIGHASH_ALL = 1

/** DER ECDSA over SHA-256 of the message. @throws LndError */
export async function signMessage(lnd: LndClients, locator: KeyLocator, message: Uint8Array): Promise<Uint8Array> {
  return (await asLnd(lnd.signer.signMessage({ msg: message, keyLoc: locatorToLnd(locator) }))).signature
}

export interface EcdsaInput {
  readonly transaction: Transaction
  readonly inputIndex: number
  /** The output it spends. */
  readonly output: TxOutput
  readonly witnessScript: Uint8Array
  readonly key: LocatedKey
  /** Added to the secret key. */
  readonly tweak: Uint8Array
}

/** DER without sighash byte, SIGHASH_ALL. lnd may sign with another key than asked for: verify. @throws LndError */
export async function signEcdsaInput(lnd: LndClients, input: EcdsaInput): Promise<Uint8Array> {
  const answer = lnd.signer.signOutputRaw({
    rawTxBytes: encodeTx(input.transaction, { witness: false }),
    signDescs: [
      {
        keyDesc: locatedKeyToLnd(input.key),
        singleTweak: input.tweak,
        witnessScript: input.witnessScript,
        output: outputToLnd(input.output),
        sighash: SIGHASH_ALL,
        inputIndex: input.inputIndex,
        signMethod: 'SIGN_METHOD_WITNESS_V0',
      },
    ],
  })
  return (await asLnd(answer)).rawSigs[0] ?? new Uint8Array()
}

export interface LeafInput extends Omit<EcdsaInput, 'output' | 'witnessScript'> {
  /** Outputs that all inputs spend, in their order. */
  readonly prevOutputs: readonly TxOutput[]
  readonly leafScript: Uint8Array
}

/** 64 bytes of Schnorr for a taproot script path, SIGHASH_DEFAULT. Verify, as with ECDSA. @throws LndError */
export async function signLeafInput(lnd: LndClients, input: LeafInput): Promise<Uint8Array> {
  const output = input.prevOutputs[input.inputIndex]
  const answer = lnd.signer.signOutputRaw({
    rawTxBytes: encodeTx(input.transaction, { witness: false }),
    signDescs: [
      {
        keyDesc: locatedKeyToLnd(input.key),
        singleTweak: input.tweak,
        witnessScript: input.leafScript,
        output: output === undefined ? undefined : outputToLnd(output),
        sighash: 0,
        inputIndex: input.inputIndex,
        signMethod: 'SIGN_METHOD_TAPROOT_SCRIPT_SPEND',
      },
    ],
    prevOutputs: input.prevOutputs.map(outputToLnd),
  })
  return (await asLnd(answer)).rawSigs[0] ?? new Uint8Array()
}

export interface MuSig2Signers {
  readonly version: MuSig2Version
  readonly locator: KeyLocator
  /** All signers, in any order. */
  readonly keys: readonly PubKey[]
  /** Merkle root the key is tweaked with. */
  readonly scriptRoot: Uint8Array
  /** Nonces of the others, 66 bytes each, as far as known. */
  readonly otherNonces?: readonly Uint8Array[]
}

/** A session in lnd's memory; it lives until it signed, was dropped, or lnd restarts. */
export interface MuSig2Handle {
  readonly id: Uint8Array
  /** Our public nonces, 66 bytes. */
  readonly publicNonce: Uint8Array
}

/** Draft 0.4.0 takes x-only keys. */
const signerKey = (version: MuSig2Version, key: PubKey): Uint8Array =>
  version === '0.4.0' ? fromHex(key).slice(1) : fromHex(key)

/** @throws LndError */
export async function createMuSig2Session(lnd: LndClients, signers: MuSig2Signers): Promise<MuSig2Handle> {
  const { version, locator, keys, scriptRoot, otherNonces = [] } = signers
  const answer = lnd.signer.muSig2CreateSession({
    keyLoc: locatorToLnd(locator),
    allSignerPubkeys: keys.map((key) => signerKey(version, key)),
    otherSignerPublicNonces: otherNonces,
    taprootTweak: { scriptRoot },
    version: version === '0.4.0' ? 'MUSIG2_VERSION_V040' : 'MUSIG2_VERSION_V100RC2',
  })
  const { sessionId: id, localPublicNonces: publicNonce } = await asLnd(answer)
  return { id, publicNonce }
}

/** @throws LndError LND_SESSION_LOST */
export async function registerNonces(
  lnd: LndClients,
  session: MuSig2Handle,
  nonces: readonly Uint8Array[],
): Promise<void> {
  const request = { sessionId: session.id, otherSignerPublicNonces: nonces }
  await asLnd(lnd.signer.muSig2RegisterNonces(request))
}

/** Our 32-byte partial signature. `last` ends the session. @throws LndError LND_SESSION_LOST */
export async function signMuSig2(
  lnd: LndClients,
  session: MuSig2Handle,
  digest: Uint8Array,
  last: boolean,
): Promise<Uint8Array> {
  const request = { sessionId: session.id, messageDigest: digest, cleanup: last }
  return (await asLnd(lnd.signer.muSig2Sign(request))).localPartialSignature
}

/** Forgets a session; never throws, a lost one is gone anyway. */
export async function dropMuSig2Session(lnd: LndClients, session: MuSig2Handle): Promise<void> {
  await lnd.signer.muSig2Cleanup({ sessionId: session.id }).catch(() => undefined)
}
