import { formatOutPoint, txidOf } from '@tidepool/crypto'
import type { AccountKey, Transaction, Txid } from '@tidepool/crypto'
import { InvalidTransition } from '@tidepool/market'
import type { BatchProposal, BatchReject, SignRequest } from '@tidepool/market'
import { isFunded } from '../core/account.ts'
import { stagedBatch, verifiedBatch } from '../core/batch.ts'
import type { StagedBatch, VerifiedBatch } from '../core/batch.ts'
import { step } from '../core/batchSession.ts'
import type { BatchAction, BatchEvent, BatchState, StagedFate } from '../core/batchSession.ts'
import { fullReject, partialReject } from '../core/channelReject.ts'
import { errorCodes, reasonOf } from '../core/errors.ts'
import { misplacedFinalize, misplacedSignBegin } from '../core/misplaced.ts'
import type { MisplacedCode } from '../core/misplaced.ts'
import { ServerNonces } from '../core/sign/serverNonces.ts'
import { checkSignRequest } from '../core/sign/checkSignRequest.ts'
import { NextOutputs } from '../core/verify/nextOutputs.ts'
import { validateBatch } from '../core/verify/validateBatch.ts'
import type { AuctionStream, AuctionTerms, Auctioneer, ServerMessage } from '../ports/auctioneer.ts'
import type { Chain, ConfirmedSpend } from '../ports/chain.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { Signer } from '../ports/wallet.ts'
import type { BatchHandler } from './auctioneerSession.ts'
import { accountsOf, applyChanges } from './batchHistory.ts'
import { codesOf, ownRecords, rejectOf } from './batchMessages.ts'
import type { OwnSide } from './batchMessages.ts'
import { changesOf } from './batchChanges.ts'
import type { CrashHook } from './crashPoints.ts'
import type { Funding } from './funding/funding.ts'
import type { HeightWatch } from './height.ts'
import type { Ledger } from './ledger.ts'
import { Leftovers } from './leftovers.ts'
import type { CurrentBatch } from './leftovers.ts'
import { signBatch } from './signBatch.ts'
import { VoidBatches } from './voidBatches.ts'

/** Accounts whose next outputs are worked out in one go: some hundredths of a second. */
const FORESEEN_AT_ONCE = 50

export interface BatchModules {
  readonly ledger: Ledger
  readonly funding: Funding
  readonly auctioneer: Auctioneer
  readonly signer: Signer
  readonly chain: Pick<Chain, 'spend'>
  readonly height: Pick<HeightWatch, 'best' | 'passed'>
  readonly clock: Clock
  readonly logger: Logger
  readonly crash: CrashHook
  /** Accounts that their owner is changing right now; a batch with one of them is refused. */
  readonly changing: () => ReadonlySet<AccountKey>
  /** Follows an account's new output once a batch is final. */
  readonly followAccount: (key: AccountKey) => Promise<void>
}

/**
 * Drives the batch session: messages, outcomes and chain events come in one queue, each is a step that is durable
 * before its actions are performed. Pool order/manager.go, rpcserver.go
 */
export class BatchRunner implements BatchHandler {
  readonly #modules: BatchModules
  #side: OwnSide
  #state: BatchState
  #stream: AuctionStream | undefined
  #queue: Promise<unknown> = Promise.resolve()
  readonly #leftovers: Leftovers
  readonly #void: VoidBatches
  readonly #serverNonces = new ServerNonces()
  readonly #foreseen = new NextOutputs()

  constructor(side: OwnSide, modules: BatchModules) {
    this.#side = side
    this.#modules = modules
    const { staged } = modules.ledger
    this.#state = staged === undefined ? { kind: 'idle' } : { kind: 'signed', staged }
    this.#leftovers = new Leftovers(modules, () => this.#current())
    this.#void = new VoidBatches({ ...modules, cleanUp: (txid) => this.#leftovers.cleanUp(txid) })
  }

  get state(): BatchState['kind'] {
    return this.#state.kind
  }

  /** Whether an account is part of the batch at hand. */
  involves(key: AccountKey): boolean {
    const state = this.#state
    if (state.kind === 'idle') return false
    if (state.kind === 'signed') return accountsOf(state.staged).includes(key)
    return state.batch.result.accounts.some(({ before }) => before.key === key)
  }

  /** Tidies up what a crash left in lnd; what is staged waits for the auctioneer's answer or the chain. */
  start(): Promise<void> {
    return this.#enqueue(() => this.#leftovers.start())
  }

  stop(): void {
    this.#leftovers.stop()
    this.#void.stop()
  }

  /** Works out ahead, some accounts at a time, what their next outputs will be. */
  foresee(): void {
    const accounts = [...this.#modules.ledger.accounts.values()].filter(isFunded)
    this.#foreseen.foresee(accounts, FORESEEN_AT_ONCE)
  }

  /** @throws when the auctioneer does not tell what became of a staged batch; the connection must wait then */
  async connected(terms: AuctionTerms): Promise<void> {
    this.#side = { ...this.#side, limits: { ...this.#side.limits, autoRenewExtension: terms.autoRenewExtension } }
    this.foresee()
    await this.#enqueue(async () => {
      if (this.#state.kind === 'signed') await this.#askFate(this.#state.staged)
    })
  }

  handle(message: ServerMessage, stream: AuctionStream): Promise<void> {
    return this.#quietly(async () => {
      this.#stream = stream
      await this.#message(message)
    })
  }

  disconnected(): Promise<void> {
    return this.#quietly(async () => {
      this.#stream = undefined
      await this.#dispatch({ kind: 'disconnected' })
    })
  }

  /** Undoes batches that can never confirm; one under way that spends what they were to make can not either. */
  blockSeen(): Promise<void> {
    return this.#quietly(async () => {
      const gone = await this.#void.blockSeen()
      if (this.#state.kind !== 'signed') return
      const { inputs } = this.#state.staged.record.transaction
      if (!inputs.some(({ prevout }) => gone.has(prevout.txid))) return
      await this.#dispatch({ kind: 'resolved', fate: 'replaced' })
    })
  }

  /** A confirmed spend of an account's output: the staged batch, one that rules it out, or one that was dropped before. */
  batchConfirmed(spend: ConfirmedSpend): Promise<void> {
    return this.#quietly(async () => {
      const txid = txidOf(spend.tx)
      if (this.#state.kind === 'signed') {
        const { record } = this.#state.staged
        if (txid === record.txid) return this.#dispatch({ kind: 'confirmed', txid })
        if (conflicts(spend.tx, record.transaction)) await this.#dispatch({ kind: 'resolved', fate: 'replaced' })
      }
      await this.#confirmedAfterAll(txid)
    })
  }

  /** Signed, and dropped for another on the auctioneer's word: the chain is right. */
  async #confirmedAfterAll(txid: Txid): Promise<void> {
    const { ledger, clock, logger } = this.#modules
    const staged = ledger.leftovers.get(txid)?.staged
    if (staged === undefined) return
    await ledger.update(() => ({ changes: applyChanges(ledger, staged, clock.now()), result: undefined }))
    logger.error('a batch that was dropped is in the chain', { batchId: staged.record.batchId, txid })
    await this.#applied(staged)
  }

  #current(): CurrentBatch | undefined {
    const state = this.#state
    if (state.kind === 'idle') return undefined
    if (state.kind !== 'signed') return { txid: state.batch.result.txid, channels: state.batch.channels }
    const { txid, leases } = state.staged.record
    return { txid, channels: leases.map(({ channel }) => channel) }
  }

  async #message(message: ServerMessage): Promise<void> {
    switch (message.kind) {
      case 'prepare':
        return this.#prepare(message.proposal)
      case 'signBegin':
        return this.#signBegin(message.request)
      case 'finalize':
        if (this.#ignored('finalize', misplacedFinalize(this.#state, message))) return
        this.#modules.crash('before-finalize')
        return this.#dispatch({ kind: 'finalized', batchId: message.batchId, txid: message.txid })
      case 'unreadable':
        this.#modules.logger.warn('unreadable message', {
          what: message.what,
          codes: errorCodes(message.cause),
          reason: reasonOf(message.cause),
        })
        if (message.batchId === undefined || message.what === 'other') return
        return this.#unreadable(message.what, fullReject(message.batchId, 'unknown', reasonOf(message.cause)))
      default:
        this.#ignored(message.kind, 'MESSAGE_UNASKED')
    }
  }

  /** Answered like a wrong one; but what is signed stays, for nobody can say what the message was meant to replace. */
  async #unreadable(what: 'prepare' | 'signBegin', reject: BatchReject): Promise<void> {
    if (what === 'signBegin' && this.#state.kind !== 'accepted') return
    if (this.#state.kind === 'signed') await this.#send({ kind: 'reject', reject })
    else await this.#dispatch({ kind: 'refused', reject })
  }

  /** Every proposal is answered, or the auctioneer would take the answer to the next one for it. */
  async #prepare(proposal: BatchProposal): Promise<void> {
    const { ledger, logger } = this.#modules
    const verdict = await this.#verdictOn(proposal).catch((error: unknown) => {
      logger.error('batch not verified', {
        batchId: proposal.batchId,
        codes: errorCodes(error),
        reason: reasonOf(error),
      })
      return undefined
    })
    if (verdict === undefined) {
      return this.#unreadable('prepare', fullReject(proposal.batchId, 'unknown', 'the batch could not be verified'))
    }
    if (verdict.verdict === 'rejected') {
      logger.warn('batch refused', { batchId: proposal.batchId, codes: codesOf(verdict) })
      await this.#dispatch({ kind: 'refused', reject: rejectOf(proposal.batchId, verdict) }, proposal)
      return
    }
    logger.info('batch verified', {
      batchId: proposal.batchId,
      txid: verdict.result.txid,
      matches: proposal.matches.length,
    })
    // One message that came twice: no two proposals have one transaction, and what is prepared is prepared.
    if (this.#state.kind === 'accepted' && this.#state.batch.result.txid === verdict.result.txid) {
      return this.#send({ kind: 'accept', batchId: proposal.batchId })
    }
    await this.#dispatch({ kind: 'proposed', batch: verifiedBatch(proposal, verdict.result, ledger.orders) })
  }

  /** A staged batch of another id may be final by now: ask before its channels are touched. */
  async #verdictOn(proposal: BatchProposal): Promise<ReturnType<typeof validateBatch>> {
    if (this.#state.kind === 'signed' && this.#state.staged.record.batchId !== proposal.batchId) {
      await this.#askFate(this.#state.staged)
    }
    const { ledger, height } = this.#modules
    const own = ownRecords(ledger, height.best, this.#side, this.#modules.changing())
    return validateBatch(proposal, { ...own, foreseen: this.#foreseen })
  }

  #ignored(kind: string, code: MisplacedCode | undefined): boolean {
    if (code === undefined) return false
    this.#modules.logger.warn('message ignored', { kind, state: this.#state.kind, codes: [code] })
    return true
  }

  async #signBegin(request: SignRequest): Promise<void> {
    if (this.#ignored('signBegin', misplacedSignBegin(this.#state, request.batchId))) return
    this.#modules.crash('after-sign-begin')
    await this.#dispatch({ kind: 'signBegin', request })
  }

  async #dispatch(event: BatchEvent, proposal?: BatchProposal): Promise<void> {
    const { ledger, clock, logger } = this.#modules
    const before = this.#state
    const { state, actions } = step(before, event)
    await ledger.update(() => ({
      changes: changesOf({ ledger, before, event, proposal, at: clock.now() }),
      result: undefined,
    }))
    this.#state = state
    if (before.kind !== state.kind) logger.info('batch state changed', { from: before.kind, to: state.kind })
    for (const action of actions) await this.#perform(action)
  }

  async #perform(action: BatchAction): Promise<void> {
    switch (action.kind) {
      case 'prepareFunding':
        this.#modules.crash('after-prepare')
        return this.#prepareFunding(action.batch)
      case 'sendAccept':
        await this.#send({ kind: 'accept', batchId: action.batch.result.batchId })
        return this.#modules.crash('after-accept')
      case 'sendReject':
        return this.#send({ kind: 'reject', reject: action.reject })
      case 'openAndSign':
        return this.#openAndSign(action.batch, action.request)
      case 'sendSign':
        this.#modules.crash('before-sign')
        await this.#send({ kind: 'sign', reply: action.reply })
        return this.#modules.crash('after-sign')
      case 'applied':
        return this.#applied(action.staged)
      case 'cleanUp':
        return this.#leftovers.cleanUp(action.txid)
      case 'askFate':
        return this.#askFate(action.staged)
      default:
        return action satisfies never
    }
  }

  async #prepareFunding(batch: VerifiedBatch): Promise<void> {
    const { batchId } = batch.result
    try {
      const { funding, ledger } = this.#modules
      const failed = await funding.prepare(batch.channels, new Set(ledger.leftovers.keys()))
      if (failed.size === 0) await this.#dispatch({ kind: 'fundingReady' })
      else await this.#dispatch({ kind: 'fundingFailed', reject: partialReject(batchId, failed) })
    } catch (error) {
      await this.#dispatch({ kind: 'fundingFailed', reject: fullReject(batchId, 'unknown', reasonOf(error)) })
    }
  }

  async #openAndSign(batch: VerifiedBatch, request: SignRequest): Promise<void> {
    await this.#dispatch(await this.#signedOrNot(batch, request))
  }

  async #signedOrNot(
    batch: VerifiedBatch,
    request: SignRequest,
  ): Promise<BatchEvent & { readonly kind: 'signed' | 'signFailed' }> {
    const { batchId } = batch.result
    const failed = (codes: readonly string[], reject: BatchReject) => {
      this.#modules.logger.warn('batch not signed', { batchId, codes, reason: reject.reason })
      return { kind: 'signFailed', reject } as const
    }
    try {
      const verdict = checkSignRequest(request, batch.result, this.#serverNonces)
      if (verdict.verdict === 'rejected') return failed(codesOf(verdict), rejectOf(batchId, verdict))
      const { infos, failed: notOpen } = await this.#modules.funding.open(batch.channels)
      if (notOpen.size > 0) return failed(['CHANNEL_NOT_OPENED'], partialReject(batchId, notOpen))
      this.#modules.crash('after-channels')
      const reply = await signBatch({ batch, tasks: verdict.tasks, infos }, this.#modules)
      return { kind: 'signed', reply, staged: stagedBatch(batch, this.#modules.ledger.orders, request.prevOutputs) }
    } catch (error) {
      return failed(errorCodes(error), fullReject(batchId, 'unknown', reasonOf(error)))
    }
  }

  async #applied(staged: StagedBatch): Promise<void> {
    const { funding, followAccount, logger } = this.#modules
    logger.info('batch applied', { batchId: staged.record.batchId, txid: staged.record.txid })
    funding.finished(staged.record.leases.map((lease) => lease.channel))
    for (const key of accountsOf(staged)) await followAccount(key)
    this.foresee()
  }

  async #askFate(staged: StagedBatch): Promise<void> {
    const txid = await this.#modules.auctioneer.finalTransaction(staged.record.batchId)
    const fate: StagedFate = txid === undefined ? 'unknown' : txid === staged.record.txid ? 'final' : 'replaced'
    await this.#dispatch({ kind: 'resolved', fate })
  }

  /** On the stream whose message we answer; a lost one makes the answer void. */
  async #send(message: Parameters<AuctionStream['send']>[0]): Promise<void> {
    try {
      await this.#stream?.send(message)
    } catch (error) {
      this.#modules.logger.warn('answer not sent', { kind: message.kind, reason: reasonOf(error) })
    }
  }

  #enqueue<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(work)
    this.#queue = done.catch(() => undefined)
    return done
  }

  /** Nothing a peer sends may end the daemon. */
  #quietly(work: () => Promise<void>): Promise<void> {
    return this.#enqueue(work).catch((error: unknown) => {
      const level = error instanceof InvalidTransition ? 'warn' : 'error'
      this.#modules.logger[level]('batch event ignored', {
        state: this.#state.kind,
        codes: errorCodes(error),
        reason: reasonOf(error),
      })
    })
  }
}

function conflicts(a: Transaction, b: Transaction): boolean {
  const spent = new Set(a.inputs.map((input) => formatOutPoint(input.prevout)))
  return b.inputs.some((input) => spent.has(formatOutPoint(input.prevout)))
}
