import { encodeTx, fromHex } from '@tidepool/crypto'
import type { PubKey } from '@tidepool/crypto'
import type { EcdsaRequest, MuSig2Request, MuSig2Session, Signer } from '../../ports/wallet.ts'
import type { LndClients } from './clients.ts'
import { toKeyLoc } from './lndWallet.ts'

const SIGHASH_ALL = 1

/** Signatures by lnd's keys. Callers verify them: lnd signs with another key when it does not know the one asked for. */
export class LndSigner implements Signer {
  readonly #lnd: LndClients

  constructor(lnd: LndClients) {
    this.#lnd = lnd
  }

  async signEcdsa(request: EcdsaRequest): Promise<Uint8Array> {
    const output = { value: request.output.value, pkScript: request.output.script }
    const { rawSigs } = await this.#lnd.signer.signOutputRaw({
      rawTxBytes: encodeTx(request.transaction, { witness: false }),
      signDescs: [
        {
          // Locator and key both: a locator of zeros counts as none (spec lnd §7.1).
          keyDesc: { rawKeyBytes: fromHex(request.key.key), keyLoc: toKeyLoc(request.key.locator) },
          singleTweak: request.tweak,
          witnessScript: request.witnessScript,
          output,
          sighash: SIGHASH_ALL,
          inputIndex: request.inputIndex,
          signMethod: 'SIGN_METHOD_WITNESS_V0',
        },
      ],
    })
    return rawSigs[0] ?? new Uint8Array()
  }

  async beginMuSig2(request: MuSig2Request): Promise<MuSig2Session> {
    const draft = request.version === 1 ? 'MUSIG2_VERSION_V040' : 'MUSIG2_VERSION_V100RC2'
    const { sessionId, localPublicNonces } = await this.#lnd.signer.muSig2CreateSession({
      keyLoc: toKeyLoc(request.key.locator),
      allSignerPubkeys: request.signers.map((key) => signerKey(key, request.version)),
      taprootTweak: { scriptRoot: request.scriptRoot },
      version: draft,
    })
    return { id: sessionId, publicNonce: localPublicNonces }
  }

  async finishMuSig2(
    session: MuSig2Session,
    trader: { readonly nonce: Uint8Array; readonly partialSig: Uint8Array },
    digest: Uint8Array,
  ): Promise<Uint8Array> {
    const { signer } = this.#lnd
    const sessionId = session.id
    try {
      await signer.muSig2RegisterNonces({ sessionId, otherSignerPublicNonces: [trader.nonce] })
      await signer.muSig2Sign({ sessionId, messageDigest: digest, cleanup: false })
      const combined = await signer.muSig2CombineSig({ sessionId, otherPartialSignatures: [trader.partialSig] })
      return combined.finalSignature
    } catch (error) {
      await this.dropMuSig2(session)
      throw error
    }
  }

  async dropMuSig2(session: MuSig2Session): Promise<void> {
    await this.#lnd.signer.muSig2Cleanup({ sessionId: session.id }).catch(() => undefined)
  }
}

/** Draft 0.4.0 takes x-only keys. */
function signerKey(key: PubKey, version: MuSig2Request['version']): Uint8Array {
  const bytes = fromHex(key)
  return version === 1 ? bytes.slice(1) : bytes
}
