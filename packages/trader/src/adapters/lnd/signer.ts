import { createMuSig2Session, dropMuSig2Session, signEcdsaInput, signMuSig2 } from '@tidepool/rpc'
import type { LndClients } from '@tidepool/rpc'
import { ACCOUNT_KEY_FAMILY } from '../../core/account.ts'
import type { EcdsaResult, MuSig2Result, SignResult } from '../../core/sign/signReply.ts'
import type { EcdsaTask, MuSig2Task } from '../../core/sign/signTask.ts'
import type { SignInput, Signer } from '../../ports/wallet.ts'

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
    const { accountKey, inputIndex, witnessScript, tweak, prevOutput: output } = task
    const { transaction } = input
    const key = { key: accountKey, locator: locator(input.keyIndex) }
    const request = { transaction, inputIndex, output, witnessScript, key, tweak }
    return { kind: 'ecdsa', accountKey, signature: await signEcdsaInput(this.#lnd, request) }
  }

  /** The session ends with its signature; one that fails before is dropped here. */
  async #muSig2(task: MuSig2Task, keyIndex: number): Promise<MuSig2Result> {
    const { accountKey, version, keys, merkleRoot: scriptRoot, serverNonce, digest } = task
    const session = await createMuSig2Session(this.#lnd, {
      ...{ version, keys, scriptRoot },
      locator: locator(keyIndex),
      otherNonces: [serverNonce],
    })
    try {
      const partialSignature = await signMuSig2(this.#lnd, session, digest, true)
      return { kind: 'musig2', accountKey, partialSignature, nonce: session.publicNonce }
    } catch (error) {
      await dropMuSig2Session(this.#lnd, session)
      throw error
    }
  }
}

const locator = (index: number) => ({ family: ACCOUNT_KEY_FAMILY, index })
