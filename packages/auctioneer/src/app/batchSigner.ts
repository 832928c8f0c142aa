import { masterAccountOutput } from '@tidepool/crypto'
import type { AccountKey, MuSig2Session as JointSession, P2wshAccountOutput, Transaction } from '@tidepool/crypto'
import type { SignReply, SignRequest, StreamId } from '@tidepool/market'
import { AuctioneerError } from '../core/errors.ts'
import type { Failure } from '../core/exclusions.ts'
import { accountsOf, checkSignature, sealTransaction, signRequest } from '../core/signing.ts'
import type { AccountInput, OwnSignatures, SigningBatch } from '../core/signing.ts'
import type { CheckedSignature, PartialVerdict } from '../core/signatureChecks.ts'
import type { BatchSignatureChecker } from '../ports/signatures.ts'
import type { Logger } from '../ports/system.ts'
import type { LocatedKey, MuSig2Session, Signer } from '../ports/wallet.ts'

/** Calls to lnd under way at a time: one after the other would wait for each answer. */
const SIGNED_AT_ONCE = 32

interface Modules {
  readonly signer: Signer
  readonly batchSignatures: BatchSignatureChecker
  readonly accountKey: LocatedKey
  readonly masterKey: LocatedKey
  readonly logger: Logger
}

/** Of one account: a session only where there is a half to add. */
type Checked = PartialVerdict | 'missing' | 'unchecked' | undefined

/**
 * Signing of one attempt. Sessions and nonces belong to the attempt and are dropped with it; a retry draws new ones.
 * Our own signatures are made only after every trader's is there and valid.
 */
export class BatchSigner {
  readonly #signing: SigningBatch
  readonly #modules: Modules
  readonly #opening: Promise<void>[] = []
  readonly #notOpened: unknown[] = []
  readonly #registering: Promise<void>[] = []
  readonly #notRegistered: unknown[] = []
  readonly #sessions = new Map<AccountKey, MuSig2Session>()
  /** Outlives the sessions, which end with our signature. */
  readonly #nonces = new Map<AccountKey, Uint8Array>()
  /** Streams whose reply is here, checked or not. */
  readonly #answered = new Set<StreamId>()
  /** Those that are good. */
  readonly #replies = new Map<StreamId, SignReply>()
  /** With the trader's nonce, from the check of its half. */
  readonly #joint = new Map<AccountKey, JointSession>()
  #dropped = false

  constructor(signing: SigningBatch, modules: Modules) {
    this.#signing = signing
    this.#modules = modules
  }

  get replies(): ReadonlyMap<StreamId, SignReply> {
    return this.#replies
  }

  /** Begins to open a session for each taproot account of the stream. */
  open(stream: StreamId): void {
    for (const [key, input] of accountsOf(this.#signing, stream)) {
      const opening = this.#openSession(key, input).catch((error: unknown) => void this.#notOpened.push(error))
      this.#opening.push(opening)
    }
  }

  /** Resolves once every session is open. @throws the first failure, when no opening is under way any more */
  async opened(): Promise<void> {
    await Promise.all(this.#opening)
    if (this.#notOpened.length > 0) throw this.#notOpened[0]
  }

  requestFor(stream: StreamId): SignRequest {
    return signRequest(this.#signing, stream, this.#nonces)
  }

  /**
   * Checks a trader's signatures and keeps them when all are good; never rejects. Undefined for one whose first reply is
   * here already.
   */
  take(stream: StreamId, reply: SignReply): Promise<Failure | undefined> | undefined {
    if (this.#answered.has(stream)) return undefined
    this.#answered.add(stream)
    return this.#take(stream, reply)
  }

  async #take(stream: StreamId, reply: SignReply): Promise<Failure | undefined> {
    const accounts = accountsOf(this.#signing, stream)
    const checked = await Promise.all(accounts.map(([key, input]) => this.#check(key, input, reply)))
    const sessions = new Map<AccountKey, JointSession>()
    for (const [i, [accountKey]] of accounts.entries()) {
      const verdict = checked[i]
      if (typeof verdict === 'string') return { kind: 'badSignature', stream, accountKey, reason: verdict }
      if (verdict !== undefined) sessions.set(accountKey, verdict)
    }
    if (this.#dropped) return undefined
    this.#replies.set(stream, reply)
    for (const [key, session] of sessions) {
      this.#joint.set(key, session)
      this.#registering.push(this.#register(key, reply))
    }
    return undefined
  }

  /** lnd hears of a nonce while others still sign; what goes wrong is told by `seal`. */
  async #register(key: AccountKey, { traderNonces }: SignReply): Promise<void> {
    const [session, nonce] = [this.#sessions.get(key), traderNonces.get(key)]
    if (session === undefined || nonce === undefined) return
    await this.#modules.signer
      .registerNonce(session, nonce)
      .catch((error: unknown) => void this.#notRegistered.push(error))
  }

  /** What throws is no good signature: whoever found a way to it shall not stop the others. */
  async #check(key: AccountKey, input: AccountInput, reply: SignReply): Promise<Checked> {
    const nonces = { trader: reply.traderNonces.get(key), server: this.#nonces.get(key) }
    try {
      const check = checkSignature(input, reply.accountSigs.get(key), nonces)
      if (typeof check !== 'object') return check
      return await this.#modules.batchSignatures.partial(check, this.#signing.inputs.size)
    } catch (error) {
      this.#modules.logger.error('a signature could not be checked', { accountKey: key, error })
      return 'unchecked'
    }
  }

  /** Adds our side and checks every input against its script. @throws AuctioneerError BATCH_NOT_SEALED */
  async seal(): Promise<Transaction> {
    await Promise.all(this.#registering)
    if (this.#notRegistered.length > 0) throw this.#notRegistered[0]
    const accounts = await this.#ownSignatures()
    const master = await this.#signMaster()
    const sealed = sealTransaction(this.#signing, this.#replies, { ...accounts, master })
    if (sealed.kind === 'sealed') return sealed.transaction
    throw notSealed(`input ${sealed.input} does not satisfy its script`)
  }

  /**
   * Some at a time, and what comes back for a taproot account is checked while lnd makes the others. The first failure
   * ends it once nothing is under way any more; what does not satisfy its script is left out.
   */
  async #ownSignatures(): Promise<Omit<OwnSignatures, 'master'>> {
    const [ecdsa, combined] = [new Map<AccountKey, Uint8Array>(), new Map<AccountKey, CheckedSignature>()]
    const failures: unknown[] = []
    const failed = (error: unknown): void => void failures.push(error)
    const checks: Promise<void>[] = []
    const sign = async (key: AccountKey, input: AccountInput): Promise<void> => {
      const { output, digest } = input
      if (output.kind === 'p2wsh') return void ecdsa.set(key, await this.#signEcdsa(input, output))
      const signature = await this.#finishMuSig2(key, input)
      const job = { digest, outputKey: output.outputKey, signature }
      const check = this.#modules.batchSignatures.combined(job, this.#signing.inputs.size).then((verdict) => {
        if (verdict !== 'invalid') combined.set(key, verdict)
      })
      checks.push(check.catch(failed))
    }
    const waiting = this.#signing.inputs.entries()
    const signer = async (): Promise<void> => {
      for (const [key, input] of waiting) {
        if (failures.length > 0) return
        await sign(key, input).catch(failed)
      }
    }
    await Promise.all(Array.from({ length: SIGNED_AT_ONCE }, signer))
    await Promise.all(checks)
    if (failures.length > 0) throw failures[0]
    return { ecdsa, combined }
  }

  /** Forgets all sessions, those that are still being opened too. */
  async drop(): Promise<void> {
    this.#dropped = true
    this.#replies.clear()
    this.#joint.clear()
    await Promise.all(this.#opening)
    const sessions = [...this.#sessions.values()]
    this.#sessions.clear()
    this.#nonces.clear()
    await Promise.all(sessions.map((session) => this.#modules.signer.dropMuSig2(session)))
  }

  async #openSession(key: AccountKey, { account, output }: AccountInput): Promise<void> {
    if (output.kind === 'p2wsh') return
    const session = await this.#modules.signer.beginMuSig2({
      version: output.version,
      key: this.#modules.accountKey,
      signers: [account.before.auctioneerKey, account.before.key],
      scriptRoot: output.merkleRoot,
    })
    this.#sessions.set(key, session)
    this.#nonces.set(key, session.publicNonce)
  }

  #signEcdsa({ account }: AccountInput, output: P2wshAccountOutput): Promise<Uint8Array> {
    return this.#modules.signer.signEcdsa({
      transaction: this.#signing.batch.transaction,
      inputIndex: account.inputIndex,
      output: { value: account.before.value, script: output.script },
      witnessScript: output.witnessScript,
      key: this.#modules.accountKey,
      tweak: output.auctioneerTweak,
    })
  }

  /** Our half and the trader's as one. */
  async #finishMuSig2(key: AccountKey, { account }: AccountInput): Promise<Uint8Array> {
    const session = this.#sessions.get(key)
    const reply = this.#replies.get(account.stream.id)
    const traderHalf = reply?.accountSigs.get(key)
    const joint = this.#joint.get(key)
    if (session === undefined || traderHalf === undefined || joint === undefined) {
      throw notSealed('a session is missing')
    }
    this.#sessions.delete(key)
    return this.#modules.signer.finishMuSig2(session, traderHalf, joint)
  }

  #signMaster(): Promise<Uint8Array> {
    const { batch, master } = this.#signing
    const { tweak, witnessScript, script } = masterAccountOutput({
      auctioneerKey: master.key,
      batchKey: master.batchKey,
    })
    return this.#modules.signer.signEcdsa({
      transaction: batch.transaction,
      inputIndex: batch.masterInputIndex,
      output: { value: master.value, script },
      witnessScript,
      key: this.#modules.masterKey,
      tweak,
    })
  }
}

function notSealed(what: string): AuctioneerError {
  return new AuctioneerError({ code: 'BATCH_NOT_SEALED', what }, `the batch could not be sealed: ${what}`)
}
