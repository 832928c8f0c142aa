import { blockCount, satPerKWeight, satoshi, sha256 } from '@tidepool/crypto'
import { Auctioneer, NodeRatings, TableStore, traderHandlers } from '@tidepool/auctioneer'
import type { AccountRecord, AuctioneerOptions, AuctionRecord, Change, Clock, Logger } from '@tidepool/auctioneer'
import { DEFAULT_MATCH_RULES } from '@tidepool/market'
import { openStore } from '@tidepool/store'
import type { RecordedChain } from '../recordedChain.ts'
import { watcherOf } from './chainWatcher.ts'
import { RecordedAuctioneerWallet } from './recordedAuctioneerWallet.ts'

/** `next_batch_clear_timestamp` of every recorded Terms, in milliseconds. */
const CLEAR_AT_MS = 1_900_000_000_000
const INTERVAL_MS = 600_000

/** The recorded auctioneer's terms, and a cap on the fee rate: without it an unconfirmed batch is pulled along. */
const optionsWith = (maxFeeRate: number): AuctioneerOptions => ({
  maxAccountValue: satoshi(1_000_000_000),
  executionFee: { baseFee: satoshi(1), feeRatePpm: 1000n },
  buckets: new Map([
    [blockCount(1008), 'closed'],
    [blockCount(2016), 'open'],
    [blockCount(4032), 'acceptingOrders'],
  ]),
  caps: {
    orderAmount: satoshi(1_000_000_000),
    channelCapacity: satoshi(1_000_000_000),
    ordersPerAccount: 1000,
  },
  autoRenewExtension: blockCount(3024),
  expiryMargin: blockCount(72),
  upgradeTo: undefined,
  confTarget: 6,
  minFeeRate: satPerKWeight(253),
  maxFeeRate: satPerKWeight(maxFeeRate),
  chainLimits: { transactions: 20, virtualSize: 100_500 },
  intervalMs: INTERVAL_MS,
  stepTimeoutMs: 60_000,
  quietMs: 0,
  conflictCooldown: 3,
  silenceLimitMs: 86_400_000,
  defaultTier: 1,
  rules: DEFAULT_MATCH_RULES,
})

/** Time stands still; no timer of ours ever fires in a recording. */
class StillClock implements Clock {
  ms = CLEAR_AT_MS - INTERVAL_MS

  now(): number {
    return this.ms
  }

  after(): () => void {
    return () => undefined
  }
}

/** Our auctioneer with the recorded one's keys, terms and chain. */
export class AuctioneerWorld {
  readonly chain: RecordedChain
  readonly wallet: RecordedAuctioneerWallet
  /** Warnings and errors it logged. */
  readonly complaints: string[] = []
  readonly #clock = new StillClock()
  #store: TableStore | undefined
  #running: Auctioneer | undefined

  constructor(chain: RecordedChain) {
    this.chain = chain
    this.wallet = new RecordedAuctioneerWallet(chain)
  }

  get auctioneer(): Auctioneer {
    if (this.#running === undefined) throw new Error('the auctioneer is not started')
    return this.#running
  }

  get handlers(): ReturnType<typeof traderHandlers> {
    return traderHandlers(this.auctioneer, this.#logger)
  }

  /** What the recordings do not show: accounts opened before, and the auctioneer's own output. */
  async seed(accounts: readonly AccountRecord[], auction: AuctionRecord): Promise<void> {
    const store = await this.#table()
    await store.commit([
      { kind: 'auction', auction },
      ...accounts.map((record) => ({ kind: 'account', record }) as const),
    ])
  }

  /** Accounts and reservations from before a recording, of an auctioneer that has made no batch. */
  async know(changes: readonly (Change & { readonly kind: 'account' | 'reservation' })[]): Promise<void> {
    await (await this.#table()).commit(changes)
  }

  async start(maxFeeRate = 100_000): Promise<void> {
    const { wallet, chain } = this
    this.#clock.ms = CLEAR_AT_MS - INTERVAL_MS
    this.#running = await Auctioneer.open(optionsWith(maxFeeRate), {
      store: await this.#table(),
      wallet,
      signer: wallet,
      chain: watcherOf(chain),
      clock: this.#clock,
      entropy: { bytes: (length) => sha256(Buffer.from('no recording shows it')).subarray(0, length) },
      faults: { reach: () => undefined, uncertain: () => undefined },
      ratings: new NodeRatings(new Map(), 1),
      logger: this.#logger,
    })
    await this.#running.start()
    await this.#trustFinalize()
  }

  /** One process was recorded: between two files nothing was on its way when it ended. */
  async #trustFinalize(): Promise<void> {
    const { ledger } = this.auctioneer
    const heard = [...ledger.accounts.values()].flatMap((record) => {
      if (record.state.kind !== 'pendingBatch') return []
      return [{ kind: 'account', record: { ...record, state: { ...record.state, finalizeDelivered: true } } } as const]
    })
    await ledger.exclusively(() => ledger.commit(heard))
  }

  /** The recorded auctioneer chose its matches by hand: what no later batch takes up is taken off the book. */
  async keepOrders(nonces: ReadonlySet<string>): Promise<void> {
    const { ledger } = this.auctioneer
    const rest = [...ledger.openOrders.values()].filter(({ order }) => !nonces.has(order.nonce))
    await ledger.exclusively(() =>
      ledger.commit(rest.map((record) => ({ kind: 'order', record: { ...record, state: 'canceled' } }) as const)),
    )
  }

  /** A stream that ends right after a Finalize may not have read it; ours have. */
  async stop(): Promise<void> {
    this.#clock.ms += 60_000
    await this.auctioneer.stop()
  }

  async #table(): Promise<TableStore> {
    this.#store ??= new TableStore(await openStore({ engine: 'memory' }))
    return this.#store
  }

  get #logger(): Logger {
    const complain = (message: string, fields?: object): void => {
      const { error } = (fields ?? {}) as { readonly error?: unknown }
      this.complaints.push(error instanceof Error ? `${message}: ${error.message}` : message)
    }
    return { debug: () => undefined, info: () => undefined, warn: complain, error: complain }
  }
}
