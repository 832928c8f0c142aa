import type { AccountKey, NodeKey, OrderNonce, OutPointText, Transaction } from '@tidepool/crypto'
import type { ChannelInfoType, SignReply, StreamId } from '@tidepool/market'
import { mayTrade } from '../core/account.ts'
import type { ExecutionEvent, Plan } from '../core/batchExecution.ts'
import type { Attempt } from '../core/buildAttempt.ts'
import type { ConflictMemory } from '../core/conflictMemory.ts'
import { AuctioneerError } from '../core/errors.ts'
import type { Exclusions, Failure } from '../core/exclusions.ts'
import { newVerdicts, verdictsOf } from '../core/orderVerdict.ts'
import type { VerdictRecord } from '../core/orderVerdict.ts'
import { EMPTY_JOURNAL, addStale } from '../core/journal.ts'
import type { AttemptRecord, RunRecord } from '../core/records.ts'
import { settle } from '../core/settlement.ts'
import type { ChainWatcher } from '../ports/chain.ts'
import type { BatchSignatureChecker } from '../ports/signatures.ts'
import type { Change } from '../ports/store.ts'
import type { Clock, FaultPoint, Logger } from '../ports/system.ts'
import type { LocatedKey, Signer } from '../ports/wallet.ts'
import type { AccountLifecycle } from './accountLifecycle.ts'
import type { AttemptBuilder } from './attemptBuilder.ts'
import type { BatchPublisher } from './batchPublisher.ts'
import { BatchSigner } from './batchSigner.ts'
import type { FeeRates } from './feeRates.ts'
import type { Ledger } from './ledger.ts'
import type { AuctioneerOptions } from './options.ts'
import { RunLog } from './runLog.ts'
import type { SessionRegistry } from './sessionRegistry.ts'
import type { SilenceService } from './silences.ts'
import type { StaleTraders } from './staleTraders.ts'

export interface RunModules {
  readonly ledger: Ledger
  readonly registry: SessionRegistry
  readonly builder: AttemptBuilder
  readonly signer: Signer
  readonly batchSignatures: BatchSignatureChecker
  readonly accountKey: LocatedKey
  readonly masterKey: LocatedKey
  readonly lifecycle: AccountLifecycle
  readonly stale: StaleTraders
  readonly silences: SilenceService
  readonly publisher: BatchPublisher
  readonly fees: FeeRates
  readonly chain: ChainWatcher
  readonly clock: Clock
  readonly faults: FaultPoint
  readonly logger: Logger
}

/** Time a transport has to take a Finalize; then it counts as not delivered. */
const FINALIZE_TIMEOUT_MS = 5_000
/** More batches than the deepest reorganisation ever seen could undo. */
const UNDOS_KEPT = 200

/** Outcome of building, as the state machine takes it. */
type Built = Extract<ExecutionEvent, { readonly kind: 'built' | 'nothingToMatch' | 'heldBack' }>

interface Sealed {
  readonly transaction: Transaction
  readonly channelTypes: ReadonlyMap<OutPointText, ChannelInfoType>
}

/** What one run of the auction holds in memory, and the work its actions ask for. */
export class BatchRun {
  readonly #options: AuctioneerOptions
  readonly #modules: RunModules
  readonly #memory: ConflictMemory
  readonly startedAtNs: bigint
  readonly batchId: RunRecord['batchId']
  readonly #log: RunLog
  #resting: ReadonlyMap<OrderNonce, string> = new Map()
  #attempt: Attempt | undefined
  #nonces: ReadonlySet<OrderNonce> = new Set()
  #signer: BatchSigner | undefined
  #sealed: Sealed | undefined
  /** Accounts of the durable batch whose new outputs nobody watches yet. */
  #unfollowed: readonly AccountKey[] = []

  constructor(options: AuctioneerOptions, modules: RunModules, memory: ConflictMemory) {
    this.#options = options
    this.#modules = modules
    this.#memory = memory
    this.startedAtNs = nowNs(modules.clock)
    this.batchId = modules.ledger.auction.batchKey
    this.#log = new RunLog(this, modules.registry.accountsOf.bind(modules.registry))
  }

  get attempt(): Attempt | undefined {
    return this.#attempt
  }

  get replies(): ReadonlyMap<StreamId, SignReply> {
    return this.#signer?.replies ?? new Map()
  }

  get failures(): readonly Failure[] {
    return this.#log.failures
  }

  proposes(nonce: OrderNonce): boolean {
    return this.#nonces.has(nonce)
  }

  involves(key: AccountKey): boolean {
    return this.#nonces.size > 0 && (this.#attempt?.batch.accounts.has(key) ?? false)
  }

  /** Of the stream, in what it was asked last. */
  accountsOf(stream: StreamId): readonly AccountKey[] {
    return this.#log.accountsOf(stream)
  }

  nodesOf(stream: StreamId): readonly NodeKey[] {
    return this.#log.nodesOf(stream)
  }

  async build(attempt: number, exclusions: Exclusions): Promise<Built> {
    const outcome = await this.#modules.builder.build(attempt, {
      memory: this.#memory,
      exclusions,
      accounts: this.#log.accountsLeftOut(exclusions),
    })
    this.#resting = outcome.resting
    this.#attempt = outcome.attempt
    const matches = outcome.attempt?.market.matches ?? []
    this.#nonces = new Set(this.#proposed())
    if (outcome.heldBack !== undefined) return { kind: 'heldBack', reason: outcome.heldBack }
    if (outcome.attempt === undefined) return { kind: 'nothingToMatch', reason: 'no orders match' }
    this.#log.note(outcome.attempt)
    this.#modules.batchSignatures.expect(outcome.attempt.batch.accounts.size)
    await this.#countProposal()
    const { batch, plan } = outcome.attempt
    this.#modules.logger.info('batch proposed', {
      batchId: batch.batchId,
      attempt,
      matches: matches.length,
      streams: plan.participants.size,
      feeRate: batch.feeRate,
    })
    return { kind: 'built', plan }
  }

  /** Sends every stream its part, at once, without waiting for slow transports. */
  sendPrepare(lost: (stream: StreamId) => void): void {
    const attempt = this.#current()
    this.#signer = new BatchSigner(attempt.signing, this.#modules)
    const sent = this.#toEach(attempt.plan, lost, (session, stream) => {
      const proposal = attempt.batch.proposals.get(stream)
      return proposal === undefined ? undefined : session.prepare(attempt.plan.attempt, proposal)
    })
    void sent.then(() => this.#modules.faults.reach('after-prepare'))
  }

  openSessions(stream: StreamId): void {
    this.#signer?.open(stream)
  }

  /** All sessions first, then SignBegin to all close together: a bidder waits 15 s from its own. */
  async beginSigning(lost: (stream: StreamId) => void): Promise<void> {
    const { plan } = this.#current()
    const batchSigner = this.#signer
    if (batchSigner === undefined) throw new AuctioneerError({ code: 'BATCH_NOT_SEALED', what: 'order' }, 'not sent')
    await batchSigner.opened()
    await this.#noteSigning()
    const sent = this.#toEach(plan, lost, (session, stream) =>
      session.signBegin(plan.attempt, batchSigner.requestFor(stream)),
    )
    void sent.then(() => this.#modules.faults.reach('after-sign-begin'))
  }

  /** Undefined when nobody waits for them. */
  takeSignatures(stream: StreamId, reply: SignReply): Promise<Failure | undefined> | undefined {
    return this.#signer?.take(stream, reply)
  }

  async seal(channelTypes: Sealed['channelTypes']): Promise<void> {
    const transaction = await this.#signer?.seal()
    if (transaction === undefined) throw new AuctioneerError({ code: 'BATCH_NOT_SEALED', what: 'order' }, 'not signed')
    this.#sealed = { transaction, channelTypes }
  }

  /** The one moment at which the batch comes to be: everything it changes, in one durable commit. */
  async commit(): Promise<void> {
    const { batch, market, plan } = this.#current()
    const sealed = this.#sealed
    if (sealed === undefined) throw new AuctioneerError({ code: 'BATCH_NOT_SEALED', what: 'order' }, 'not sealed')
    const { ledger, faults, silences, clock, logger } = this.#modules
    const signers = [...batch.accounts.keys()]
    await ledger.exclusively(async () => {
      if (!this.stands()) {
        throw new AuctioneerError({ code: 'BATCH_NOT_SEALED', what: 'accounts' }, 'what it spends is no longer there')
      }
      const settled = settle({
        batch,
        market,
        ...sealed,
        accounts: ledger.accounts,
        orders: ledger.openOrders,
        auction: ledger.auction,
        executionFee: this.#options.executionFee,
        attempts: [...this.#log.attempts, this.#log.attempt(this.#numbers(plan.attempt), 'done', [])],
        resting: this.#resting,
        startedAtNs: this.startedAtNs,
        nowNs: nowNs(clock),
      })
      const verdicts = await this.#news(verdictsOf(this.#resting, this.#proposed(), 'matched'))
      faults.reach('before-commit')
      const stored = ledger.commit([
        { kind: 'auction', auction: settled.auction },
        { kind: 'batch', record: settled.batch },
        { kind: 'undo', undo: settled.undo },
        // Who signed an earlier attempt asks for this batch and finds another transaction.
        { kind: 'journal', journal: EMPTY_JOURNAL },
        ...(await this.#outdatedUndo(settled.batch.sequence)),
        ...silences.forgiven(signers),
        ...settled.accounts.map((record) => ({ kind: 'account', record }) as const),
        ...settled.steps.map((step) => ({ kind: 'accountStep', step }) as const),
        ...verdicts.map((record) => ({ kind: 'verdict', record }) as const),
        ...settled.orders.map((record) => ({ kind: 'order', record }) as const),
      ])
      await stored.catch((error: unknown) => {
        faults.uncertain(error)
        throw error
      })
      faults.reach('after-commit')
    })
    logger.info('batch committed', { batchId: batch.batchId, txid: batch.txid, fee: batch.fees.minerFee })
    silences.completed(signers)
    this.#unfollowed = signers
  }

  /** Watches the new outputs, some at a time; until their turn comes, the old ones are watched. */
  follow(): void {
    const { lifecycle, logger } = this.#modules
    const signers = this.#unfollowed
    this.#unfollowed = []
    lifecycle.followAll(signers).catch((error: unknown) => {
      logger.error('accounts of a batch are not watched: restart', { batchId: this.batchId, error })
    })
  }

  /** Tells the streams that signed. Accounts of those that could not be told wait for confirmations. */
  async finalize(): Promise<void> {
    const { batch, plan } = this.#current()
    const { lifecycle, logger, faults } = this.#modules
    faults.reach('after-publish')
    const message = { kind: 'finalize', batchId: batch.batchId, txid: batch.txid } as const
    const told = new Set<StreamId>()
    await this.#toEach(
      plan,
      (stream) => logger.warn('finalize could not be delivered', { stream, batchId: batch.batchId }),
      async (session, stream) => {
        await this.#within(FINALIZE_TIMEOUT_MS, session.finalize(message))
        told.add(stream)
      },
    )
    for (const [key, account] of batch.accounts) {
      if (told.has(account.stream.id)) await lifecycle.dispatch(key, { kind: 'finalizeDelivered' })
    }
  }

  /** Forgets at once; lnd hears of it when it can. */
  discard(): void {
    const signer = this.#signer
    this.#signer = undefined
    this.#sealed = undefined
    this.#nonces = new Set()
    signer?.drop().catch((error: unknown) => {
      this.#modules.logger.warn('signing sessions not dropped in lnd', { batchId: this.batchId, error })
    })
    for (const stream of this.#attempt?.plan.participants.keys() ?? []) this.#modules.registry.get(stream)?.withdraw()
  }

  record(attempt: number, endedIn: string, failures: readonly Failure[]): AttemptRecord {
    const ended = this.#log.add(this.#numbers(attempt), endedIn, failures)
    for (const failure of failures) {
      this.#modules.logger.warn('attempt failure', { attempt, endedIn, failure: failure.kind })
      this.#modules.logger.debug('attempt failure', { failure })
    }
    return ended
  }

  /** What this run says of orders, as far as it is news; a batch has said it with its commit already. */
  verdicts(outcome: RunRecord['outcome']): Promise<readonly VerdictRecord[]> {
    if (outcome === 'batch') return Promise.resolve([])
    return this.#news(verdictsOf(this.#resting, this.#proposed(), 'batchFailed'))
  }

  finish(outcome: RunRecord['outcome'], detail: string): RunRecord {
    return this.#log.finish(outcome, detail, nowNs(this.#modules.clock), this.#resting)
  }

  async #toEach(
    plan: Plan,
    lost: (stream: StreamId) => void,
    send: (session: NonNullable<ReturnType<SessionRegistry['get']>>, stream: StreamId) => Promise<void> | undefined,
  ): Promise<void> {
    await Promise.all(
      [...plan.participants.keys()].map(async (stream) => {
        const session = this.#modules.registry.get(stream)
        if (session === undefined) return lost(stream)
        try {
          await send(session, stream)
        } catch (error) {
          this.#modules.logger.debug('stream took no message', { stream, error })
          lost(stream)
        }
      }),
    )
  }

  /** Durable before anyone sees the proposal: nodes remember the outpoints of abandoned ones for ever. */
  async #countProposal(): Promise<void> {
    const { ledger } = this.#modules
    await ledger.exclusively(() => {
      const { auction } = ledger
      return ledger.commit([
        { kind: 'auction', auction: { ...auction, proposals: auction.proposals + 1 } },
        { kind: 'journal', journal: { ...ledger.journal, run: this.#log.journal(this.#current(), 'prepare') } },
      ])
    })
  }

  /** Orders canceled and accounts lost while the proposal was on its way out of the builder make it void. */
  stands(): boolean {
    const { ledger } = this.#modules
    const { master } = ledger.auction
    const spent = this.#attempt?.signing.master.outpoint.txid
    if (spent !== undefined && (master?.kind !== 'ready' || master.outpoint.txid !== spent)) return false
    return (this.#attempt?.market.matches ?? []).every(({ ask, bid }) =>
      [ask, bid].every(({ order }) => {
        const account = ledger.accounts.get(order.accountKey)
        return ledger.openOrders.has(order.nonce) && account !== undefined && mayTrade(account.state)
      }),
    )
  }

  /** Batches this deep are never undone. */
  async #outdatedUndo(sequence: number): Promise<readonly Change[]> {
    const [old] = sequence > UNDOS_KEPT ? await this.#modules.ledger.store.batches(sequence - UNDOS_KEPT, 1) : []
    return old?.state === 'confirmed' ? [{ kind: 'dropUndo', batchId: old.batchId }] : []
  }

  /** Durable before anyone is asked to sign. */
  async #noteSigning(): Promise<void> {
    const { ledger } = this.#modules
    const keys = this.#current().batch.accounts.keys()
    await ledger.exclusively(() => {
      const journal = { run: this.#log.journal(this.#current(), 'sign'), stale: addStale(ledger.journal, keys) }
      return ledger.commit([{ kind: 'journal', journal }])
    })
  }

  #within<T>(ms: number, work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const cancel = this.#modules.clock.after(ms, () => reject(new Error('no answer of the transport in time')))
      work.then(resolve, reject).finally(cancel)
    })
  }

  #proposed(): readonly OrderNonce[] {
    return (this.#attempt?.market.matches ?? []).flatMap(({ ask, bid }) => [ask.order.nonce, bid.order.nonce])
  }

  async #news(said: ReadonlyMap<OrderNonce, string>): Promise<readonly VerdictRecord[]> {
    const known = await this.#modules.ledger.verdicts([...said.keys()])
    return newVerdicts((nonce) => known.get(nonce), said, { sinceNs: this.startedAtNs, batchId: this.batchId })
  }

  #numbers(number: number): Pick<AttemptRecord, 'number' | 'feeRate' | 'matches'> {
    return {
      number,
      feeRate: this.#attempt?.batch.feeRate ?? this.#modules.fees.current,
      matches: this.#attempt?.market.matches.length ?? 0,
    }
  }

  #current(): Attempt {
    if (this.#attempt === undefined)
      throw new AuctioneerError({ code: 'BATCH_NOT_SEALED', what: 'plan' }, 'no proposal')
    return this.#attempt
  }
}

const nowNs = (clock: Clock): bigint => BigInt(clock.now()) * 1_000_000n
