import { fromHex } from '@tidepool/crypto'
import type { PubKey } from '@tidepool/crypto'
import { ACCOUNT_KEY_FAMILY } from '../../core/account.ts'
import type { EcdsaResult, MuSig2Result, SignResult } from '../../core/sign/signReply.ts'
import type { EcdsaTask, MuSig2Task } from '../../core/sign/signTask.ts'
import type { SignInput, Signer } from '../../ports/wallet.ts'
import type { LndClients } from './clients.ts'
import { outputToLnd, rawTx } from './convert.ts'

const SIGHASH_ALL = 1

/** Account inputs signed inside lnd; the secret keys and MuSig2 nonces never leave it. */
export class LndSigner implements Signer {
  readonly #lnd: LndClients

  constructor(lnd: LndClients) {
    this.#lnd = lnd
  }

  sign(input: SignInput): Promise<SignResult> {
    const { task } = input
    return task.kind === 'ecdsa' ? this.#ecdsa(task, input) : this.#muSig2(task, input.keyIndex)
  }

  async #ecdsa(task: EcdsaTask, input: SignInput): Promise<EcdsaResult> {
    const { rawSigs } = await this.#lnd.signer.signOutputRaw({
      rawTxBytes: rawTx(input.transaction),
      prevOutputs: input.prevOutputs.map(outputToLnd),
      signDescs: [
        {
          // Both, always: lnd takes a locator of zeros for none and then looks the key up (spec lnd §7.1).
          keyDesc: { rawKeyBytes: fromHex(task.accountKey), keyLoc: locator(input.keyIndex) },
          singleTweak: task.tweak,
          witnessScript: task.witnessScript,
          output: outputToLnd(task.prevOutput),
          sighash: SIGHASH_ALL,
          inputIndex: task.inputIndex,
          signMethod: 'SIGN_METHOD_WITNESS_V0',
        },
      ],
    })
    return { kind: 'ecdsa', accountKey: task.accountKey, signature: rawSigs[0] ?? new Uint8Array() }
  }

  /** `cleanup` drops the session with its signature; one that fails before is dropped here. */
  async #muSig2(task: MuSig2Task, keyIndex: number): Promise<MuSig2Result> {
    const { signer } = this.#lnd
    const session = await signer.muSig2CreateSession({
      keyLoc: locator(keyIndex),
      allSignerPubkeys: task.keys.map((key) => signerKey(key, task.version)),
      otherSignerPublicNonces: [task.serverNonce],
      taprootTweak: { scriptRoot: task.merkleRoot },
      version: task.version === '0.4.0' ? 'MUSIG2_VERSION_V040' : 'MUSIG2_VERSION_V100RC2',
    })
    const { sessionId, localPublicNonces: nonce } = session
    try {
      const signed = await signer.muSig2Sign({ sessionId, messageDigest: task.digest, cleanup: true })
      return { kind: 'musig2', accountKey: task.accountKey, partialSignature: signed.localPartialSignature, nonce }
    } catch (error) {
      await signer.muSig2Cleanup({ sessionId }).catch(() => undefined)
      throw error
    }
  }
}

const locator = (keyIndex: number) => ({ keyFamily: ACCOUNT_KEY_FAMILY, keyIndex })

/** Draft 0.4.0 takes x-only keys. */
function signerKey(key: PubKey, version: MuSig2Task['version']): Uint8Array {
  const bytes = fromHex(key)
  return version === '0.4.0' ? bytes.slice(1) : bytes
}
