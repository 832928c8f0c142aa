import { addPartials } from '@tidepool/crypto'
import type { MuSig2Session as JointSession } from '@tidepool/crypto'
import {
  createMuSig2Session,
  dropMuSig2Session,
  registerNonces,
  signEcdsaInput,
  signMuSig2,
  type LndClients,
} from '@tidepool/rpc'
import type { EcdsaRequest, MuSig2Request, MuSig2Session, Signer } from '../../ports/wallet.ts'

/** Signatures by lnd's keys. Callers verify them: lnd signs with another key when it does not know the one asked for. */
export class LndSigner implements Signer {
  readonly #lnd: LndClients

  constructor(lnd: LndClients) {
    this.#lnd = lnd
  }

  signEcdsa(request: EcdsaRequest): Promise<Uint8Array> {
    return signEcdsaInput(this.#lnd, request)
  }

  beginMuSig2(request: MuSig2Request): Promise<MuSig2Session> {
    return createMuSig2Session(this.#lnd, {
      version: request.version === 1 ? '0.4.0' : '1.0.0rc2',
      locator: request.key.locator,
      keys: request.signers,
      scriptRoot: request.scriptRoot,
    })
  }

  signMuSig2(session: MuSig2Session, traderNonce: Uint8Array, digest: Uint8Array): Promise<Uint8Array> {
    return this.#orDropped(session, async () => {
      await this.registerNonce(session, traderNonce)
      return signMuSig2(this.#lnd, session, digest, true)
    })
  }

  registerNonce(session: MuSig2Session, traderNonce: Uint8Array): Promise<void> {
    return registerNonces(this.#lnd, session, [traderNonce])
  }

  finishMuSig2(session: MuSig2Session, traderHalf: Uint8Array, joint: JointSession): Promise<Uint8Array> {
    return this.#orDropped(session, async () => {
      const own = await signMuSig2(this.#lnd, session, joint.message, true)
      return addPartials(joint, [own, traderHalf])
    })
  }

  async #orDropped<T>(session: MuSig2Session, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      await this.dropMuSig2(session)
      throw error
    }
  }

  dropMuSig2(session: MuSig2Session): Promise<void> {
    return dropMuSig2Session(this.#lnd, session)
  }
}
