import {
  SighashCache,
  accountKey,
  accountSecret,
  decodeTx,
  derEncode,
  itemAt,
  satPerKWeight,
  satoshi,
  signEcdsa,
  toHex,
  tweakSecret,
  verifyPartial,
} from '@tidepool/crypto'
import type { AccountKey, MuSig2Session as JointSession, TxOutput } from '@tidepool/crypto'
import { ACCOUNT_KEY_LOCATOR, MASTER_KEY_LOCATOR } from '@tidepool/auctioneer'
import type { KeyLocator, LocatedKey, MuSig2Session, Signer, Wallet } from '@tidepool/auctioneer'
import { impliedHalf } from './impliedHalf.ts'
import { ACCOUNT_KEY, ACCOUNT_SECRET, MASTER_KEY, MASTER_SECRET } from '../recording/keys.ts'
import type { RecordedChain } from '../recordedChain.ts'
import type { RecordedBatch, RecordedHalf } from '../recording/batchFacts.ts'

type MuSig2Request = Parameters<Signer['beginMuSig2']>[0]

const unused = (what: string): Promise<never> => Promise.reject(new Error(`${what} is not part of the recordings`))

/**
 * lnd with the recorded auctioneer's keys. Its secret MuSig2 nonces are lost, so sessions have the recorded public ones
 * and end with the recorded signature, after the half of ours that it implies was found to be valid.
 */
export class RecordedAuctioneerWallet implements Wallet, Signer {
  feeRate = 253
  batch: RecordedBatch | undefined
  /** Halves of signatures over the changes to come, in order, by account. */
  readonly halves = new Map<AccountKey, RecordedHalf[]>()
  readonly published: Uint8Array[] = []
  readonly #chain: RecordedChain
  readonly #sessions = new Map<string, MuSig2Request>()
  readonly #changeSessions = new Map<string, RecordedHalf>()

  constructor(chain: RecordedChain) {
    this.#chain = chain
  }

  deriveKey(locator: KeyLocator): Promise<LocatedKey> {
    return Promise.resolve({ key: locator.index === ACCOUNT_KEY_LOCATOR.index ? ACCOUNT_KEY : MASTER_KEY, locator })
  }

  sharedSecret(locator: KeyLocator, peer: Parameters<Wallet['sharedSecret']>[1]): Promise<Uint8Array> {
    return Promise.resolve(accountSecret(secretOf(locator), peer))
  }

  estimateFeeRate(): ReturnType<Wallet['estimateFeeRate']> {
    return Promise.resolve(satPerKWeight(this.feeRate))
  }

  sendOutput(): Promise<never> {
    return unused('paying')
  }

  findPayment(): Promise<never> {
    return unused('looking for a payment')
  }

  publish(transaction: Uint8Array): Promise<void> {
    this.published.push(transaction)
    this.#chain.broadcast(decodeTx(transaction))
    return Promise.resolve()
  }

  balance(): ReturnType<Wallet['balance']> {
    return Promise.resolve(satoshi(0))
  }

  signEcdsa(request: Parameters<Signer['signEcdsa']>[0]): Promise<Uint8Array> {
    const spent: (TxOutput | undefined)[] = []
    spent[request.inputIndex] = request.output
    const digest = new SighashCache(request.transaction, spent).segwitV0(request.inputIndex, request.witnessScript)
    return Promise.resolve(derEncode(signEcdsa(digest, tweakSecret(secretOf(request.key.locator), request.tweak))))
  }

  beginMuSig2(request: MuSig2Request): Promise<MuSig2Session> {
    const key = traderOf(request)
    const half = this.halves.get(key)?.shift()
    const publicNonce = half?.publicNonce ?? this.batch?.serverNonces.get(key)
    if (publicNonce === undefined) return unused(`a nonce for ${key}`)
    const id = request.scriptRoot
    if (half === undefined) this.#sessions.set(toHex(id), request)
    else this.#changeSessions.set(toHex(id), half)
    return Promise.resolve({ id, publicNonce })
  }

  /** The auctioneer checks its own half, so the recorded one passes for the recorded change only. */
  signMuSig2(session: MuSig2Session): Promise<Uint8Array> {
    const half = this.#changeSessions.get(toHex(session.id))
    this.#changeSessions.delete(toHex(session.id))
    return half === undefined ? unused('half a signature') : Promise.resolve(half.signature)
  }

  /** Whoever signs in the session's place is given the nonce with the joint session. */
  registerNonce(): Promise<void> {
    return Promise.resolve()
  }

  finishMuSig2(session: MuSig2Session, traderHalf: Uint8Array, joint: JointSession): Promise<Uint8Array> {
    const request = this.#sessions.get(toHex(session.id))
    if (request === undefined) return unused('a second signature in one session')
    this.#sessions.delete(toHex(session.id))
    const final = this.#recordedSignature(traderOf(request))
    const signature = impliedHalf(joint, final, traderHalf)
    const valid = verifyPartial(joint, { signature, publicNonce: session.publicNonce, publicKey: ACCOUNT_KEY })
    return valid ? Promise.resolve(final) : unused('a signature over anything else')
  }

  dropMuSig2(session: MuSig2Session): Promise<void> {
    this.#sessions.delete(toHex(session.id))
    this.#changeSessions.delete(toHex(session.id))
    return Promise.resolve()
  }

  #recordedSignature(key: AccountKey): Uint8Array {
    const index = this.batch?.inputs.indexOf(key) ?? -1
    const signature = itemAt(this.batch?.signed.inputs ?? [], index)?.witness[0]
    if (signature === undefined) throw new Error(`no signature for ${key} was recorded`)
    return signature
  }
}

const secretOf = ({ family, index }: KeyLocator): Uint8Array =>
  family === MASTER_KEY_LOCATOR.family && index === MASTER_KEY_LOCATOR.index ? MASTER_SECRET : ACCOUNT_SECRET

function traderOf({ signers }: MuSig2Request): AccountKey {
  const other = signers.find((key) => key !== ACCOUNT_KEY)
  if (other === undefined) throw new Error('a session of the auctioneer with itself')
  return accountKey(other)
}
