import { encodeTx, fromHex } from '@tidepool/crypto'
import type { MuSig2Version, PubKey, Transaction, TxOutput } from '@tidepool/crypto'
import { fillMessage } from '@tidepool/rpc'
import { signOutputRaw } from '@tidepool/simnet'
import { ACCOUNT_KEY_FAMILY } from '@tidepool/trader'
import type { LeafSpend } from '@tidepool/trader'
import type { SimNode } from './node.ts'

interface Locator {
  readonly family: number
  readonly index: number
}

const SIGHASH_ALL = 1

export interface EcdsaInput {
  readonly locator: Locator
  readonly transaction: Transaction
  readonly inputIndex: number
  readonly output: TxOutput
  readonly witnessScript: Uint8Array
  readonly tweak: Uint8Array
}

/** As lnd's SignOutputRaw: DER without the sighash byte. */
export function signEcdsaInput(node: SimNode, input: EcdsaInput): Uint8Array {
  const { family: keyFamily, index: keyIndex } = input.locator
  const descriptor = {
    keyDesc: { keyLoc: { keyFamily, keyIndex } },
    singleTweak: input.tweak,
    witnessScript: input.witnessScript,
    output: { value: input.output.value, pkScript: input.output.script },
    sighash: SIGHASH_ALL,
    inputIndex: input.inputIndex,
    signMethod: 'SIGN_METHOD_WITNESS_V0',
  } as const
  const rawTxBytes = encodeTx(input.transaction, { witness: false })
  const request = fillMessage('signrpc.SignReq', { rawTxBytes, signDescs: [descriptor] })
  const [signature] = signOutputRaw(node.keys, request)
  if (signature === undefined) throw new Error('the signer gave no signature')
  return signature
}

/** As lnd's SignOutputRaw for a tapscript leaf: 64 bytes of Schnorr. */
export function signLeafInput(node: SimNode, spend: LeafSpend): Uint8Array {
  const output = spend.prevOutputs[spend.inputIndex]
  const descriptor = {
    keyDesc: { keyLoc: { keyFamily: ACCOUNT_KEY_FAMILY, keyIndex: spend.keyIndex } },
    singleTweak: spend.tweak,
    witnessScript: spend.leafScript,
    output: { value: output?.value ?? 0n, pkScript: output?.script ?? new Uint8Array() },
    sighash: 0,
    inputIndex: spend.inputIndex,
    signMethod: 'SIGN_METHOD_TAPROOT_SCRIPT_SPEND',
  } as const
  const rawTxBytes = encodeTx(spend.transaction, { witness: false })
  const prevOutputs = spend.prevOutputs.map(({ value, script: pkScript }) => ({ value, pkScript }))
  const request = fillMessage('signrpc.SignReq', { rawTxBytes, signDescs: [descriptor], prevOutputs })
  const [signature] = signOutputRaw(node.keys, request)
  if (signature === undefined) throw new Error('the signer gave no signature')
  return signature
}

export interface OpenSession {
  readonly sessionId: Uint8Array
  readonly publicNonce: Uint8Array
}

/** As lnd's MuSig2CreateSession, with the expiry leaf as script root. */
export function openSession(
  node: SimNode,
  session: {
    readonly locator: Locator
    readonly version: MuSig2Version
    readonly signers: readonly PubKey[]
    readonly scriptRoot: Uint8Array
    readonly otherNonces: readonly Uint8Array[]
  },
): OpenSession {
  const { locator, version, signers, scriptRoot, otherNonces } = session
  const old = version === '0.4.0'
  const request = fillMessage('signrpc.MuSig2SessionRequest', {
    keyLoc: { keyFamily: locator.family, keyIndex: locator.index },
    allSignerPubkeys: signers.map((key) => fromHex(key).subarray(old ? 1 : 0)),
    otherSignerPublicNonces: otherNonces,
    taprootTweak: { scriptRoot },
    version: old ? 'MUSIG2_VERSION_V040' : 'MUSIG2_VERSION_V100RC2',
  })
  const { sessionId, localPublicNonces } = node.musig2.create(request)
  if (sessionId === undefined || localPublicNonces === undefined) throw new Error('the signer opened no session')
  return { sessionId, publicNonce: localPublicNonces }
}
