import { Script } from '@scure/btc-signer/script.js'
import { withSighashAll } from './der.ts'
import { sha256 } from './hash.ts'
import { idToBytes } from './ids.ts'
import type { BatchKey, PubKey } from './ids.ts'
import { tweakKey } from './keys.ts'
import { p2wshScript } from './script.ts'

/** The auctioneer's own output (white paper §6.1.2), spent and made anew in every batch. */
export interface MasterAccountOutput {
  readonly tweak: Uint8Array
  readonly tweakedKey: PubKey
  readonly witnessScript: Uint8Array
  /** scriptPubKey */
  readonly script: Uint8Array
}

/** P2WSH of `<tweaked key> OP_CHECKSIG`, the tweak being `SHA256(batch key || key)`. */
export function masterAccountOutput(params: {
  readonly auctioneerKey: PubKey
  readonly batchKey: BatchKey
}): MasterAccountOutput {
  const tweak = sha256(idToBytes(params.batchKey), idToBytes(params.auctioneerKey))
  const tweakedKey = tweakKey(params.auctioneerKey, tweak)
  const witnessScript = Script.encode([idToBytes(tweakedKey), 'CHECKSIG'])
  return { tweak, tweakedKey, witnessScript, script: p2wshScript(witnessScript) }
}

/** From a DER signature without sighash byte. */
export function masterAccountWitness(output: MasterAccountOutput, signature: Uint8Array): readonly Uint8Array[] {
  return [withSighashAll(signature), output.witnessScript]
}
