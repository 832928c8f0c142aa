import { blockCount, satoshi } from '@tidepool/crypto'
import type { AccountKey } from '@tidepool/crypto'
import { openStore } from '@tidepool/store'
import { AuctioneerClient, Ledger, StoreAdapter, runTrader, traderHandlers } from '@tidepool/trader'
import type { Clock, Logger, RunningTrader, StoreChange, TraderHandlers, TraderPorts } from '@tidepool/trader'
import { RecordedChannels } from './recordedChannels.ts'
import type { RecordedChain } from '../recordedChain.ts'
import { RecordedChanges } from './recordedChanges.ts'
import { RecordedLnd } from './recordedLnd.ts'
import { RecordedServer } from './recordedServer.ts'
import { chainOf } from './traderChain.ts'
import type { TraderFacts } from '../recording/traderFacts.ts'

/** Only with the auctioneer: no recording shows blocks. */
function recoveryOf(lnd: RecordedLnd, chain: RecordedChain): RecoveryPorts {
  const never = (): Promise<never> => Promise.reject(new Error('no recording shows blocks'))
  return {
    history: {
      transactions: async () =>
        (await lnd.transactions()).map(({ tx, label }) => ({ tx, label, height: undefined, ownOutputs: new Set() })),
      keysInUse: () => Promise.resolve(lnd.keysInUse),
    },
    blocks: { bestHeight: () => Promise.resolve(chain.height), block: never },
    searchStore: { load: never, save: never },
    stopwatch: () => 0,
    breathe: () => Promise.resolve(),
    network: 'regtest',
    knownAuctioneer: undefined,
  }
}

/** Time stands still: nothing in a recording waits for a timer. */
const STILL: Clock = {
  now: () => 0n,
  sleep: (_ms, signal) => untilAborted(signal).then(() => undefined),
}

function untilAborted(signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) resolve()
    else signal?.addEventListener('abort', () => resolve(), { once: true })
  })
}

type RecoveryPorts = NonNullable<TraderPorts['recovery']>

/** Feature bits of the recorded nodes that matter: wumbo, aliases, zero-conf, taproot channels. */
const FEATURES = new Set([19, 47, 51, 181])

/** Our trader with a recorded trader's lnd and the recorded auctioneer. */
export class TraderWorld {
  readonly lnd: RecordedLnd
  readonly server: RecordedServer
  /** Warnings and errors it logged. */
  readonly complaints: string[] = []
  /** Preimages of the orders to come; an order without one gets its recorded nonce from the caller. */
  readonly preimages: Uint8Array[] = []
  /** The user's command is being served. */
  inCommand = false
  readonly #channels: RecordedChannels
  readonly #changes: RecordedChanges
  readonly #chain: RecordedChain
  readonly #facts: TraderFacts
  readonly #handshakeNonces: Uint8Array[]
  #store: StoreAdapter | undefined
  #running: RunningTrader | undefined

  constructor(trader: string, facts: TraderFacts, chain: RecordedChain, seeded: readonly AccountKey[] = []) {
    this.#facts = facts
    this.#chain = chain
    this.#channels = new RecordedChannels(facts, chain)
    this.#changes = new RecordedChanges(facts.changes)
    this.lnd = new RecordedLnd(facts, chain, seeded, (locator) => this.#channels.keyAt(locator))
    this.server = new RecordedServer(trader)
    this.#handshakeNonces = [...facts.handshakeNonces]
  }

  get running(): RunningTrader {
    if (this.#running === undefined) throw new Error('the trader is not started')
    return this.#running
  }

  get isRunning(): boolean {
    return this.#running !== undefined
  }

  get handlers(): TraderHandlers {
    const { trader } = this.running
    return traderHandlers({
      trader: () => trader,
      queries: this.server.client(),
      version: '0.1.0',
      newNodesOnly: false,
      auctioneerAddress: 'replay',
      stop: () => undefined,
    })
  }

  /** Accounts opened before the recordings begin. */
  async seed(changes: readonly StoreChange[]): Promise<void> {
    await (await this.#table()).commit(changes)
  }

  async start(): Promise<void> {
    const { lnd: wallet, server } = this
    this.#running = await runTrader(
      {
        batchVersion: undefined,
        maxExpiryAhead: blockCount(52_560),
        maxExecutionFee: { baseFee: satoshi(10_000), feeRatePpm: 10_000n },
        newNodesOnly: false,
        labelPrefix: '',
        userAgent: 'poold/v0.1.0',
        minBackoffMs: 1000,
        maxBackoffMs: 5000,
      },
      {
        ledger: await Ledger.open(await this.#table()),
        auctioneer: new AuctioneerClient(server.client(), 'recorded'),
        ...{ wallet, signer: wallet, channels: this.#channels, chain: chainOf(this.#chain) },
        ...{ changeWallet: this.#changes, changeSigner: this.#changes },
        recovery: recoveryOf(this.lnd, this.#chain),
        node: {
          nodeKey: this.#facts.nodeKey,
          addresses: [this.#facts.nodeAddress],
          version: { major: 0, minor: 20, patch: 1 },
          features: FEATURES,
        },
        clock: STILL,
        random: (length) => this.#random(length),
        logger: this.#logger,
        crash: () => undefined,
      },
    )
  }

  async stop(): Promise<void> {
    await this.#running?.stop()
    this.#running = undefined
  }

  /** Preimages while the user is at work, nonces of handshakes otherwise. */
  #random(length: number): Uint8Array {
    const known = this.inCommand ? this.preimages.shift() : this.#handshakeNonces.shift()
    return known ?? new Uint8Array(length)
  }

  async #table(): Promise<StoreAdapter> {
    this.#store ??= new StoreAdapter(await openStore({ engine: 'memory' }))
    return this.#store
  }

  get #logger(): Logger {
    const complain = (message: string, fields?: object): void => {
      // A hint for the account's owner; the recorded accounts run up to their expiry on purpose.
      if (message === 'account expires') return
      const { reason = '', codes = '' } = (fields ?? {}) as { readonly reason?: string; readonly codes?: unknown }
      this.complaints.push([message, reason, String(codes)].join(' ').trim())
    }
    return { debug: () => undefined, info: () => undefined, warn: complain, error: complain }
  }
}
