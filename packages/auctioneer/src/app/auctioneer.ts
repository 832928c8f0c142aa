import type { BlockHeight, Satoshi } from '@tidepool/crypto'
import { streamId } from '@tidepool/market'
import type { StreamId } from '@tidepool/market'
import { AuctioneerError } from '../core/errors.ts'
import { interruptedRun } from '../core/journal.ts'
import { OpenInterest } from '../core/openInterest.ts'
import type { ChainWatcher, Watch } from '../ports/chain.ts'
import type { Matcher } from '../ports/matcher.ts'
import { checkHere, checkBatchHere } from '../ports/signatures.ts'
import type { BatchSignatureChecker, SignatureChecker } from '../ports/signatures.ts'
import type { AuctioneerStore } from '../ports/store.ts'
import type { Clock, Entropy, FaultPoint, Logger } from '../ports/system.ts'
import type { TraderStream } from '../ports/traderStream.ts'
import type { LocatedKey, Signer, Wallet } from '../ports/wallet.ts'
import { AccountChangeService } from './accountChanges.ts'
import { AccountLifecycle } from './accountLifecycle.ts'
import { AccountService } from './accounts.ts'
import { AttemptBuilder } from './attemptBuilder.ts'
import { Auction } from './auction.ts'
import { BatchExecutor } from './batchExecutor.ts'
import { BatchPublisher } from './batchPublisher.ts'
import { Conflicts } from './conflicts.ts'
import { BanService } from './bans.ts'
import { DurationService } from './durations.ts'
import { FeeBumpService } from './feeBumps.ts'
import { FeeRates } from './feeRates.ts'
import { Ledger } from './ledger.ts'
import { MasterAccountService } from './masterAccount.ts'
import { MasterChangeService } from './masterChanges.ts'
import { ACCOUNT_KEY_LOCATOR, MASTER_KEY_LOCATOR } from './options.ts'
import type { AuctioneerOptions } from './options.ts'
import { OrderAnswers } from './orderAnswers.ts'
import { OrderIntake } from './orderIntake.ts'
import { OrderService } from './orders.ts'
import type { ProposalGuard } from './proposalGuard.ts'
import { Queries } from './queries.ts'
import type { NodeRatings } from './ratings.ts'
import { Reserves } from './reserves.ts'
import { SessionRegistry } from './sessionRegistry.ts'
import { SilenceService } from './silences.ts'
import { StaleTraders } from './staleTraders.ts'
import { Strangers } from './strangers.ts'
import { TraderSession } from './traderSession.ts'

/** How long a stop waits for streams that were just opened: some round trips. */
const LAST_WORDS = 10
const LAST_WORDS_PAUSE_MS = 100

/** The outside world, as the auctioneer needs it. */
export interface AuctioneerPorts {
  readonly store: AuctioneerStore
  readonly wallet: Wallet
  readonly signer: Signer
  readonly chain: ChainWatcher
  readonly clock: Clock
  readonly entropy: Entropy
  readonly faults: FaultPoint
  readonly ratings: NodeRatings
  /** Builds attempts elsewhere; without it they are built in this thread. */
  readonly matcher?: Matcher
  /** Checks signatures of orders elsewhere; without it they are checked in this thread. */
  readonly signatures?: SignatureChecker
  /** The same for signatures of batches. */
  readonly batchSignatures?: BatchSignatureChecker
  readonly logger: Logger
}

/** All services of one auctioneer, wired. Trades once `start` has resolved. */
export class Auctioneer {
  readonly options: AuctioneerOptions
  readonly ledger: Ledger
  readonly registry = new SessionRegistry()
  readonly strangers: Strangers
  readonly accountKey: LocatedKey
  readonly masterKey: LocatedKey
  readonly fees: FeeRates
  readonly accounts: AccountService
  readonly changes: AccountChangeService
  readonly orders: OrderService
  readonly durations: DurationService
  readonly bans: BanService
  readonly silences: SilenceService
  readonly answers: OrderAnswers
  readonly queries: Queries
  readonly master: MasterAccountService
  readonly masterChanges: MasterChangeService
  readonly feeBumps: FeeBumpService
  readonly publisher: BatchPublisher
  readonly executor: BatchExecutor
  readonly auction: Auction
  readonly #ports: AuctioneerPorts
  readonly #lifecycle: AccountLifecycle
  #blocks: Watch | undefined
  #streams = 0
  #stopping = false

  /** Reads the store and our keys. @throws StoreError, LndError, AuctioneerError WRONG_WALLET */
  static async open(options: AuctioneerOptions, ports: AuctioneerPorts): Promise<Auctioneer> {
    const interest = new OpenInterest((node) => ports.ratings.tierOf(node))
    const ledger = await Ledger.open(ports.store, (found) => interest.found(found))
    ledger.onOrder((before, after) => interest.changed(before, after))
    const accountKey = await ports.wallet.deriveKey(ACCOUNT_KEY_LOCATOR)
    const masterKey = await ports.wallet.deriveKey(MASTER_KEY_LOCATOR)
    await checkWallet(ledger, accountKey)
    return new Auctioneer(options, ports, ledger, interest, accountKey, masterKey)
  }

  private constructor(
    options: AuctioneerOptions,
    ports: AuctioneerPorts,
    ledger: Ledger,
    interest: OpenInterest,
    accountKey: LocatedKey,
    masterKey: LocatedKey,
  ) {
    const { wallet, signer, chain, clock, faults, ratings, matcher, logger } = ports
    const { signatures = checkHere, batchSignatures = checkBatchHere } = ports
    const { registry } = this
    this.#ports = ports
    this.options = options
    this.ledger = ledger
    this.strangers = new Strangers(clock)
    this.accountKey = accountKey
    this.masterKey = masterKey
    this.fees = new FeeRates(options, wallet, logger)
    const guard: ProposalGuard = {
      isBeingSigned: (nonce) => this.executor.isBeingSigned(nonce),
      bookChanged: (reason, orders) => this.executor.bookChanged(reason, orders),
    }
    this.durations = new DurationService(options, { ledger, interest, guard, logger })
    this.bans = new BanService({ ledger, interest, chain, guard, logger })
    this.silences = new SilenceService(options, { ledger, registry, clock, logger })
    const lifecycle = new AccountLifecycle(options, { ledger, chain, book: guard, logger })
    const conflicts = new Conflicts({ ledger, chain, lifecycle, book: guard, masterKey, logger })
    const publisher = new BatchPublisher({ ledger, wallet, chain, conflicts, logger })
    const { fees, durations, bans, silences } = this
    const common = { ledger, registry, chain, fees, masterKey, logger }
    const builder = new AttemptBuilder(options, { ...common, ratings, durations, bans, silences, publisher, matcher })
    if (matcher !== undefined) ledger.onOrder((_, { order }) => matcher.orderChanged(order.nonce))
    const stale = new StaleTraders(options, common)
    this.executor = new BatchExecutor(options, {
      ...{ ...common, builder, signer, batchSignatures, accountKey, lifecycle },
      ...{ publisher, clock, faults, stale, silences },
    })
    this.auction = new Auction(options, { executor: this.executor, clock, logger })
    this.accounts = new AccountService(options, { ledger, wallet, chain, lifecycle, key: accountKey, logger })
    const inBatch = this.executor.involves.bind(this.executor)
    this.changes = new AccountChangeService(options, {
      ...{ ledger, chain, signer, registry, lifecycle, key: accountKey, inBatch, logger },
    })
    const batchVersionOf = registry.batchVersionOf.bind(registry)
    const reserves = new Reserves(ledger, options.executionFee)
    const intake = new OrderIntake(options, {
      ...{ ledger, reserves, signatures, chain, clock, durations, bans, batchVersionOf, logger },
    })
    this.orders = new OrderService(options, { ledger, guard, intake, reserves, logger })
    const { auction, orders } = this
    this.answers = new OrderAnswers({ ledger, orders, registry })
    const height = (): BlockHeight => chain.bestHeight()
    this.queries = new Queries(options, { ledger, fees, auction, ratings, orders, durations, interest, height })
    this.master = new MasterAccountService({ ledger, wallet, chain, fees, key: masterKey, logger })
    const owner = { ledger, signer, chain, fees, key: masterKey, logger, busy: () => this.executor.isRunning }
    this.masterChanges = new MasterChangeService({ ...owner, wallet, master: this.master })
    this.feeBumps = new FeeBumpService({ ...owner, publisher })
    this.#lifecycle = lifecycle
    this.publisher = publisher
  }

  get height(): BlockHeight {
    return this.#ports.chain.bestHeight()
  }

  /** Confirmed coins of the lnd wallet. */
  walletBalance(): Promise<Satoshi> {
    return this.#ports.wallet.balance()
  }

  /**
   * Who was told of the last batch may not have heard it: when a process ends, so do its streams, whatever was on them.
   * A stock trader would abandon the batch's channels on the next proposal, so its accounts wait for a block.
   */
  async #doubtFinalize(): Promise<void> {
    const { auction, unconfirmedBatches, accounts } = this.ledger
    const last = auction.lastBatchId && unconfirmedBatches.get(auction.lastBatchId)
    if (last === undefined) return
    for (const [key, { account, state }] of accounts) {
      if (state.kind !== 'pendingBatch' || account.outpoint.txid !== last.txid) continue
      await this.#lifecycle.dispatch(key, { kind: 'finalizeDoubtful' })
    }
  }

  /** Goes on where the last process stopped, then starts the ticker. */
  async start(): Promise<void> {
    const { chain, logger } = this.#ports
    await this.#closeJournal()
    await this.fees.refresh()
    await this.publisher.start()
    await this.#lifecycle.start()
    await this.#doubtFinalize()
    await this.orders.expire(chain.bestHeight())
    await this.master.start()
    await this.masterChanges.start()
    this.#blocks = chain.onBlock((height) => {
      this.#block(height).catch((error: unknown) => logger.error('block could not be handled', { height, error }))
    })
    this.auction.start()
  }

  /** The protocol with a trader that opened a stream over the connection named. While we stop it is told to come back. */
  openSession(stream: TraderStream, peer = ''): TraderSession {
    const { entropy, clock, logger } = this.#ports
    const { registry, strangers, queries: accounts, executor: answers } = this
    const { quietMs } = this.options
    this.#streams += 1
    const id: StreamId = streamId(String(this.#streams))
    const session = new TraderSession(
      id,
      stream,
      { registry, strangers, quietMs, accounts, answers, entropy, clock, logger },
      peer,
    )
    if (this.#stopping) void session.shutdown()
    return session
  }

  /** Finishes or abandons the batch under way, then tells every trader to come back later. */
  async stop(): Promise<void> {
    this.#stopping = true
    await this.auction.stop()
    this.silences.stop()
    await Promise.all(this.registry.all().map((session) => session.shutdown()))
    await this.#lastWords()
    this.#blocks?.cancel()
    this.master.stop()
    this.publisher.stop()
    this.#lifecycle.stop()
  }

  /** Streams that were opened a moment ago may say their first word, to be told the same. */
  async #lastWords(): Promise<void> {
    const { clock } = this.#ports
    for (let i = 0; i < LAST_WORDS && this.registry.openStreams > 0; i++) {
      await new Promise<void>((resolve) => clock.after(LAST_WORDS_PAUSE_MS, resolve))
    }
  }

  /** A run that the end of the last process cut off is recorded; what it proposed can never be completed. */
  async #closeJournal(): Promise<void> {
    const { clock, logger } = this.#ports
    const { run } = this.ledger.journal
    if (run === undefined) return
    const record = interruptedRun(run, BigInt(clock.now()) * 1_000_000n)
    await this.ledger.commit([
      { kind: 'run', run: record },
      { kind: 'journal', journal: { ...this.ledger.journal, run: undefined } },
    ])
    logger.warn('an auction was cut off by the end of the process', { batchId: run.batchId, txid: run.attempt.txid })
  }

  async #block(height: Parameters<Parameters<ChainWatcher['onBlock']>[0]>[0]): Promise<void> {
    await this.#lifecycle.heightReached(height)
    await this.orders.expire(height)
    await this.accounts.dropExpiredReservations(height)
    await this.fees.refresh()
    await this.publisher.republish()
    await this.master.publishPending()
  }
}

/** Data and wallet stay together from the first start on. */
async function checkWallet(ledger: Ledger, { key }: LocatedKey): Promise<void> {
  const { accountKey } = ledger.auction
  if (accountKey === key) return
  if (accountKey === undefined) {
    return ledger.commit([{ kind: 'auction', auction: { ...ledger.auction, accountKey: key } }])
  }
  throw new AuctioneerError(
    { code: 'WRONG_WALLET', what: 'account key' },
    'the stored data were made with another lnd wallet: point the daemon at that one, or at its own data folder',
  )
}
