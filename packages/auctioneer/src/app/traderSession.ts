import type { AccountKey, BatchId } from '@tidepool/crypto'
import type { BatchProposal, BatchReject, BatchVersion, SignReply, SignRequest, StreamId } from '@tidepool/market'
import { LATEST_BATCH_VERSION } from '@tidepool/market'
import { AuctioneerError } from '../core/errors.ts'
import { NO_HANDSHAKES, challengeCommitment, verifySubscription } from '../core/handshake.ts'
import type { Handshakes } from '../core/handshake.ts'
import type { StepName } from '../core/batchExecution.ts'
import type { AuctionAccountView, ClientMessage, ServerMessage } from '../core/messages.ts'
import type { Clock, Entropy, Logger } from '../ports/system.ts'
import type { StreamEnd, TraderStream } from '../ports/traderStream.ts'
import { ProposalHold } from './proposalHold.ts'
import type { Strangers } from './strangers.ts'

/** What a session asks about accounts. */
export interface AccountDirectory {
  /** undefined when the key is neither an account nor reserved. */
  find(
    key: AccountKey,
  ):
    | { readonly kind: 'account'; readonly view: AuctionAccountView }
    | { readonly kind: 'reservation'; readonly view: AuctionAccountView }
    | undefined
  /** Cancels the open orders of a trader that lost its data. */
  recovering(key: AccountKey): Promise<void>
}

export type Answer =
  | { readonly kind: 'accept' }
  | { readonly kind: 'reject'; readonly reject: BatchReject }
  | { readonly kind: 'sign'; readonly reply: SignReply }

/** Where answers to batch messages go. */
export interface AnswerSink {
  answered(stream: StreamId, attempt: number, step: StepName, answer: Answer): void
  /** `finalizedAt`: when the stream was last told that a batch is final, in Unix milliseconds. */
  streamLost(stream: StreamId, accounts: readonly AccountKey[], finalizedAt: number | undefined): void
  subscribed(stream: StreamId, key: AccountKey): void
  /** It took an empty proposal: nothing of an earlier one is left with it. */
  cleanedUp(stream: StreamId): void
}

/** Where a session says what it speaks for. */
export interface SessionRegister {
  add(session: TraderSession): void
  /** Gives the accounts it spoke for. */
  remove(session: TraderSession): readonly AccountKey[]
  subscribe(key: AccountKey, session: TraderSession, batchVersion: BatchVersion): void
}

export interface SessionModules {
  readonly registry: SessionRegister
  readonly accounts: AccountDirectory
  readonly answers: AnswerSink
  readonly strangers: Strangers
  /** After a step of a handshake nothing is proposed for so long. */
  readonly quietMs: number
  readonly entropy: Entropy
  readonly clock: Clock
  readonly logger: Logger
}

/** A question that the trader will answer exactly once, in order. */
interface Outstanding {
  readonly step: StepName | 'cleanUp'
  readonly attempt: number
  readonly batchId: BatchId
}

/**
 * The protocol with one trader on one stream: handshakes, then batch messages. Takes messages one by one and sends
 * through the stream given; every step gets exactly one answer, because a stock trader goes deaf at a second one.
 */
export class TraderSession {
  readonly id: StreamId
  /** The connection it came over, as the transport names it. */
  readonly peer: string
  readonly #stream: TraderStream
  readonly #modules: SessionModules
  readonly #hold: ProposalHold
  #handshakes: Handshakes = NO_HANDSHAKES
  #batchVersion: BatchVersion = LATEST_BATCH_VERSION
  readonly #proven = new Set<AccountKey>()
  readonly #outstanding: Outstanding[] = []
  #silent = false
  #closed = false
  #heard = false
  #leaving = false
  #finalizedAt: number | undefined

  constructor(id: StreamId, stream: TraderStream, modules: SessionModules, peer = '') {
    this.id = id
    this.peer = peer
    this.#stream = stream
    this.#modules = modules
    this.#hold = new ProposalHold(modules.clock, modules.quietMs)
    modules.registry.add(this)
    modules.strangers.add(this)
  }

  /** As announced by the stream's last subscription. */
  get batchVersion(): BatchVersion {
    return this.#batchVersion
  }

  /** It let a step pass without an answer and has not caught up since. */
  get isSilent(): boolean {
    return this.#silent
  }

  /** One message of the trader. @throws HandshakeError, AuctioneerError STREAM_PROTOCOL: end the stream */
  async receive(message: ClientMessage): Promise<void> {
    this.#heard = true
    switch (message.kind) {
      case 'commit':
        if (this.#leaving) return this.shutdown()
        return this.#commit(message.commitHash, message.batchVersion)
      case 'subscribe':
        return this.#subscribe(message)
      case 'recover':
        return this.#recover(message.traderKey)
      case 'accept':
        return this.#answer(message.batchId, { kind: 'accept' })
      case 'reject':
        return this.#answer(message.reject.batchId, message)
      case 'sign':
        return this.#answer(message.reply.batchId, message)
    }
  }

  prepare(attempt: number, proposal: BatchProposal): Promise<void> {
    return this.#propose({ step: 'prepare', attempt, batchId: proposal.batchId }, proposal)
  }

  /** The attempt is over: a proposal that still waits for the end of the handshakes is not sent. */
  withdraw(): void {
    this.#hold.drop()
  }

  /** An empty proposal, whose answer nobody waits for. */
  cleanUp(proposal: BatchProposal): Promise<void> {
    return this.#propose({ step: 'cleanUp', attempt: 0, batchId: proposal.batchId }, proposal)
  }

  signBegin(attempt: number, request: SignRequest): Promise<void> {
    return this.#ask({ step: 'sign', attempt, batchId: request.batchId }, { kind: 'signBegin', request })
  }

  /** Nothing answers it. @throws when it could not be handed to the transport */
  async finalize(message: Extract<ServerMessage, { kind: 'finalize' }>): Promise<void> {
    await this.#send(message)
    this.#finalizedAt = this.#modules.clock.now()
  }

  /** The time of a step is over; tells whether an answer is missing. */
  markSilent(): boolean {
    if (this.#outstanding.length > 0) this.#silent = true
    return this.#silent
  }

  /**
   * Tells the trader to come back later, then ends the stream. One that has not said anything yet is told in answer to
   * its first step: a stock trader takes that for a reason to try again, any other end of a handshake for the last word.
   */
  async shutdown(): Promise<void> {
    this.#leaving = true
    if (!this.#heard) return
    this.#handshakes = NO_HANDSHAKES
    try {
      await this.#send({ kind: 'shutdown' })
    } catch {
      // the stream is gone already
    }
    this.end('shutdown', 'the auctioneer stops')
  }

  /** In the middle of a handshake the trader is told to come back first: a stock one does not after any other end. */
  end(why: StreamEnd, details: string): void {
    if (this.#closed) return
    const end = (): void => this.#stream.end(why, details)
    if (this.#handshakes.size === 0) end()
    else void this.#stream.send({ kind: 'shutdown' }).then(end, end)
    this.closed()
  }

  /** The stream is over, whoever ended it. */
  closed(): void {
    if (this.#closed) return
    this.#closed = true
    this.#hold.drop()
    this.#modules.strangers.remove(this)
    const accounts = this.#modules.registry.remove(this)
    this.#outstanding.length = 0
    this.#modules.answers.streamLost(this.id, accounts, this.#finalizedAt)
  }

  async #commit(commitHash: Uint8Array, batchVersion: BatchVersion): Promise<void> {
    const serverNonce = this.#modules.entropy.bytes(32)
    const { open, challenge } = challengeCommitment(this.#handshakes, commitHash, batchVersion, serverNonce)
    this.#handshakes = open
    this.#hold.handshakeStep()
    await this.#send({ kind: 'challenge', challenge, commitHash })
  }

  async #subscribe(message: Extract<ClientMessage, { kind: 'subscribe' }>): Promise<void> {
    const { traderKey } = message
    const { open, batchVersion } = verifySubscription(this.#handshakes, message)
    this.#handshakes = open
    this.#hold.handshakeStep()
    const { strangers } = this.#modules
    if (strangers.has(this)) strangers.add(this)
    const found = this.#modules.accounts.find(traderKey)
    if (found === undefined) return this.#send({ kind: 'accountUnknown', traderKey })
    if (found.kind === 'reservation') {
      return this.#send({ kind: 'accountReserved', traderKey, reservation: found.view })
    }
    strangers.remove(this)
    this.#proven.add(traderKey)
    this.#batchVersion = batchVersion
    this.#modules.registry.subscribe(traderKey, this, batchVersion)
    await this.#send({ kind: 'success', traderKey })
    this.#modules.logger.info('account subscribed', { accountKey: traderKey, stream: this.id, batchVersion })
    this.#modules.answers.subscribed(this.id, traderKey)
  }

  async #recover(traderKey: AccountKey): Promise<void> {
    if (!this.#proven.has(traderKey)) throw protocol('recover needs a finished handshake')
    await this.#modules.accounts.recovering(traderKey)
    const found = this.#modules.accounts.find(traderKey)
    if (found?.kind !== 'account') throw protocol('nothing to recover')
    await this.#send({ kind: 'account', account: found.view })
  }

  /** Answers are matched by order: those to an older proposal carry the same batch id as those to the newest. */
  #answer(batchId: BatchId, answer: Answer): void {
    const question = this.#outstanding[0]
    const expected = question?.step === 'sign' ? 'sign' : 'accept'
    if (
      question === undefined ||
      question.batchId !== batchId ||
      (answer.kind !== 'reject' && answer.kind !== expected)
    ) {
      this.#modules.logger.warn('unasked batch answer ignored', {
        stream: this.id,
        answer: answer.kind,
        code: 'ANSWER_UNASKED',
      })
      return
    }
    this.#outstanding.shift()
    if (this.#outstanding.length === 0) this.#silent = false
    const { answers } = this.#modules
    if (question.step !== 'cleanUp') answers.answered(this.id, question.attempt, question.step, answer)
    else if (answer.kind === 'accept') answers.cleanedUp(this.id)
  }

  async #propose(question: Outstanding, proposal: BatchProposal): Promise<void> {
    const inHandshake = (): boolean => this.#handshakes.size > 0
    try {
      await this.#hold.when(inHandshake, () => this.#ask(question, { kind: 'prepare', proposal }))
    } catch (error) {
      if (inHandshake()) this.end('unauthenticated', 'a handshake was not finished in time')
      throw error
    }
  }

  async #ask(question: Outstanding, message: ServerMessage): Promise<void> {
    this.#outstanding.push(question)
    await this.#send(message)
  }

  async #send(message: ServerMessage): Promise<void> {
    if (this.#closed) throw protocol('the stream is closed')
    await this.#stream.send(message)
  }
}

function protocol(what: string): AuctioneerError {
  return new AuctioneerError({ code: 'STREAM_PROTOCOL', what }, what)
}
