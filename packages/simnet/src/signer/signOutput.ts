import type { Transaction } from 'bitcoinjs-lib'
import { Transaction as Tx } from 'bitcoinjs-lib'
import { concatBytes, derEncode, pointFromSecret, signEcdsa, signSchnorr, tapLeafHash, toHex } from '@tidepool/crypto'
import type { signrpc } from '@tidepool/rpc'
import type { KeyRing } from '../keys/keyRing.ts'
import { LndRefusal } from '../lndRefusal.ts'
import { taprootSecret } from '../wallet/addressBook.ts'
import { signingSecret } from './signingKey.ts'

/** One signature per descriptor: DER without sighash byte, or 64 bytes Schnorr. lnd signrpc/signer_server.go */
export function signOutputRaw(ring: KeyRing, request: signrpc.SignReq): readonly Uint8Array[] {
  const tx = parseForSigning(request)
  for (const descriptor of request.signDescs) checkCompatible(descriptor)
  const anyTaproot = request.signDescs.some((descriptor) => isTaproot(descriptor))
  if (anyTaproot && request.prevOutputs.length !== tx.ins.length) {
    const missing = Math.min(request.prevOutputs.length, tx.ins.length - 1)
    const text = 'is missing its previous outpoint information'
    throw new LndRefusal(`error signing taproot output, transaction input ${missing} ${text}`)
  }
  return request.signDescs.map((descriptor) => signOne(ring, tx, descriptor, request.prevOutputs))
}

function parseForSigning(request: signrpc.SignReq): Transaction {
  if (request.signDescs.length === 0) throw new LndRefusal('at least one SignDescs MUST be passed in')
  if (request.rawTxBytes.length === 0) throw new LndRefusal('a transaction to sign MUST be passed in')
  try {
    return Tx.fromBuffer(request.rawTxBytes)
  } catch {
    throw new LndRefusal('unable to decode tx: unexpected EOF')
  }
}

const METHOD_NAME: Partial<Record<string, string>> = {
  SIGN_METHOD_WITNESS_V0: 'witness_v0',
  SIGN_METHOD_TAPROOT_KEY_SPEND_BIP0086: 'taproot_key_spend_bip86',
  SIGN_METHOD_TAPROOT_KEY_SPEND: 'taproot_key_spend',
  SIGN_METHOD_TAPROOT_SCRIPT_SPEND: 'taproot_script_spend',
}

function checkCompatible(descriptor: signrpc.SignDescriptor): void {
  const script = descriptor.output?.pkScript ?? new Uint8Array()
  const wanted = isTaproot(descriptor) ? 0x51 : 0x00
  if (script[0] === wanted) return
  const method = METHOD_NAME[descriptor.signMethod] ?? 'unknown'
  throw new LndRefusal(`selected sign method ${method} is not compatible with given pk script ${toHex(script)}`)
}

function isTaproot(descriptor: signrpc.SignDescriptor): boolean {
  return descriptor.signMethod !== 'SIGN_METHOD_WITNESS_V0'
}

function signOne(
  ring: KeyRing,
  tx: Transaction,
  descriptor: signrpc.SignDescriptor,
  spent: readonly signrpc.TxOut[],
): Uint8Array {
  const secret = signingSecret(ring, descriptor)
  if (!isTaproot(descriptor) && descriptor.witnessScript.length === 0) {
    throw new LndRefusal('witness script MUST be specified for segwit v0 sign method')
  }
  if (descriptor.inputIndex >= tx.ins.length || descriptor.inputIndex < 0) {
    throw new LndRefusal(`idx ${descriptor.inputIndex} but ${tx.ins.length} txins`)
  }
  if (!isTaproot(descriptor)) return signV0(tx, descriptor, secret)
  return signTaproot(tx, descriptor, secret, spent)
}

function signV0(tx: Transaction, descriptor: signrpc.SignDescriptor, secret: Uint8Array): Uint8Array {
  const code = scriptCode(descriptor.witnessScript)
  const value = descriptor.output?.value ?? 0n
  const digest = tx.hashForWitnessV0(descriptor.inputIndex, code, value, descriptor.sighash)
  return derEncode(signEcdsa(digest, secret))
}

/** A P2WKH output script stands for its P2PKH code (BIP-143). */
function scriptCode(script: Uint8Array): Uint8Array {
  if (script.length !== 22 || script[0] !== 0 || script[1] !== 20) return script
  return concatBytes(Uint8Array.of(0x76, 0xa9, 0x14), script.subarray(2), Uint8Array.of(0x88, 0xac))
}

function signTaproot(
  tx: Transaction,
  descriptor: signrpc.SignDescriptor,
  secret: Uint8Array,
  spent: readonly signrpc.TxOut[],
): Uint8Array {
  const scripts = spent.map((output) => output.pkScript)
  const values = spent.map((output) => output.value)
  const { inputIndex, sighash } = descriptor
  const publicKey = pointFromSecret(secret)
  switch (descriptor.signMethod) {
    case 'SIGN_METHOD_TAPROOT_KEY_SPEND_BIP0086':
      return signSchnorr(tx.hashForWitnessV1(inputIndex, scripts, values, sighash), taprootSecret(secret, publicKey))
    case 'SIGN_METHOD_TAPROOT_KEY_SPEND': {
      const key = taprootSecret(secret, publicKey, descriptor.tapTweak)
      return signSchnorr(tx.hashForWitnessV1(inputIndex, scripts, values, sighash), key)
    }
    case 'SIGN_METHOD_TAPROOT_SCRIPT_SPEND': {
      const leaf = tapLeafHash(descriptor.witnessScript)
      return signSchnorr(tx.hashForWitnessV1(inputIndex, scripts, values, sighash, leaf), secret)
    }
    default:
      throw new LndRefusal(`unknown sign method ${descriptor.signMethod}`)
  }
}
