import type { AccountKey } from '@tidepool/crypto'
import type { BatchVersion } from '@tidepool/market'
import { TraderError, errorCodes, reasonOf } from '../core/errors.ts'
import type { MisplacedCode } from '../core/misplaced.ts'
import { isSubscribed } from '../core/account.ts'
import { isOpenOrder } from '../core/orderRecord.ts'
import type { AuctionStream, AuctionTerms, Auctioneer, ServerMessage } from '../ports/auctioneer.ts'
import type { Logger } from '../ports/logger.ts'
import { Backoff } from './backoff.ts'
import { Connection } from './connection.ts'
import type { Outage } from './connection.ts'
import { doneOrEnded } from './doneOrEnded.ts'
import { Handshakes, isHandshakeAnswer } from './handshakes.ts'
import type { HandshakeModules } from './handshakes.ts'
import type { Ledger } from './ledger.ts'

export interface SessionOptions {
  readonly batchVersion: BatchVersion
  readonly minBackoffMs: number
  readonly maxBackoffMs: number
  readonly handshakeTimeoutMs: number
}

/** Messages of the batch itself, and the life of the stream they come on. */
export interface BatchHandler {
  /** A stream is open: settle what was staged before any account is subscribed. */
  connected(terms: AuctionTerms): Promise<void>
  handle(message: ServerMessage, stream: AuctionStream): Promise<void>
  disconnected(): Promise<void>
}

export interface SessionModules extends HandshakeModules {
  /** Told when the auctioneer is back after an outage. */
  readonly regained: (outage: Outage) => Promise<void>
  readonly auctioneer: Auctioneer
  readonly ledger: Ledger
  readonly logger: Logger
  readonly batches: BatchHandler
  /** Tells the auctioneer where a funded account's output is. */
  readonly announce: (key: AccountKey) => Promise<void>
}

/**
 * The auction stream: opened for the first account, reopened for ever. Accounts are subscribed one after another and
 * batch messages handled strictly in order. Pool auctioneer/client.go
 */
export class AuctioneerSession {
  readonly #options: SessionOptions
  readonly #modules: SessionModules
  readonly connection = new Connection()
  readonly #wanted = new Set<AccountKey>()
  readonly #refusals = new Map<AccountKey, string>()
  readonly #subscribed = new Set<AccountKey>()
  #wake: () => void = () => undefined
  #current: { readonly stream: AuctionStream; readonly handshakes: Handshakes } | undefined
  #subscribing: Promise<void> = Promise.resolve()
  #ended: AbortSignal | undefined
  #handshake: Promise<unknown> = Promise.resolve()
  #aside: Promise<unknown> = Promise.resolve()

  constructor(options: SessionOptions, modules: SessionModules) {
    this.#options = options
    this.#modules = modules
  }

  /** Accounts the auctioneer has confirmed on the present stream. */
  get subscribed(): ReadonlySet<AccountKey> {
    return this.#subscribed
  }

  /** Why the auctioneer would not subscribe an account when it was last asked. */
  refusalOf(key: AccountKey): string | undefined {
    return this.#refusals.get(key)
  }

  /** Subscribes an account now or with the next connection; again is harmless. */
  subscribe(key: AccountKey): void {
    this.#wanted.add(key)
    this.#wake()
    const connection = this.#current
    if (connection !== undefined) this.#enqueue(connection, key)
  }

  /**
   * Work that speaks for our accounts on a stream of its own: the auctioneer ends ours for it, and a new one of ours
   * would end that. It begins between two handshakes; until it is done no stream is opened and no account subscribed.
   */
  aside<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#handshake.then(work)
    this.#aside = result.catch(() => undefined)
    return result
  }

  async run(signal: AbortSignal): Promise<void> {
    this.#ended = signal
    const backoff = new Backoff(
      { minMs: this.#options.minBackoffMs, maxMs: this.#options.maxBackoffMs },
      this.#modules.clock,
    )
    while (!signal.aborted) {
      await this.#untilWanted(signal)
      await doneOrEnded(this.#aside, signal)
      if (signal.aborted) return
      this.connection.wanted(this.#modules.clock.now())
      await this.#connect(signal, backoff)
      if (signal.aborted) return
      this.connection.waits(this.#modules.clock.now() + BigInt(backoff.nextMs) * 1_000_000n)
      await backoff.wait(signal)
    }
  }

  async #untilWanted(signal: AbortSignal): Promise<void> {
    if (this.#wanted.size > 0) return
    await doneOrEnded(new Promise<void>((resolve) => (this.#wake = resolve)), signal)
  }

  /** One connection from probe to end; whatever ends it is logged and tried again. */
  async #connect(signal: AbortSignal, backoff: Backoff): Promise<void> {
    const { auctioneer, batches } = this.#modules
    try {
      await batches.connected(await auctioneer.terms())
    } catch (error) {
      this.#lost(reasonOf(error), errorCodes(error))
      return
    }
    const stream = auctioneer.openStream()
    const end = (): void => stream.close()
    signal.addEventListener('abort', end, { once: true })
    try {
      const why = await this.#serve(stream, backoff)
      if (!signal.aborted) this.#lost(why)
    } catch (error) {
      if (!signal.aborted) this.#lost(reasonOf(error), errorCodes(error))
    } finally {
      signal.removeEventListener('abort', end)
      stream.close()
      this.#current?.handshakes.abandon()
      this.#current = undefined
      this.#subscribed.clear()
      await this.#subscribing
      await batches.disconnected()
    }
  }

  /** Why it ended. */
  async #serve(stream: AuctionStream, backoff: Backoff): Promise<string> {
    const connection = { stream, handshakes: new Handshakes(stream, this.#modules), backoff }
    this.#current = connection
    for (const key of this.#wanted) this.#enqueue(connection, key)
    void this.#subscribing.then(() => {
      if (this.#current === connection) this.#regained()
    })
    for await (const message of stream) {
      if (message.kind === 'error' && message.code === 'serverShutdown') {
        return 'the auctioneer shuts down'
      }
      if (isHandshakeAnswer(message)) {
        if (!connection.handshakes.deliver(message)) {
          this.#modules.logger.warn('answer to no handshake ignored', {
            kind: message.kind,
            codes: ['MESSAGE_UNASKED' satisfies MisplacedCode],
          })
        } else if (message.kind === 'success') backoff.reset()
      } else {
        void this.#modules.batches.handle(message, stream)
      }
    }
    return 'the auction stream ended'
  }

  /** Says so once, with what is at stake; tries that fail after that are for the curious. */
  #lost(reason: string, codes: readonly string[] = []): void {
    const { clock, logger, ledger } = this.#modules
    const orders = [...ledger.orders.values()].filter(isOpenOrder).length
    const news = this.connection.offline(clock.now(), reason)
    if (news)
      logger.warn('offline: open orders miss every batch until the auctioneer is back', { codes, reason, orders })
    else logger.debug('still offline', { codes, reason })
  }

  #regained(): void {
    const { clock, logger, regained } = this.#modules
    const outage = this.connection.online(clock.now())
    if (outage === undefined) return
    logger.info('online again', { seconds: Number((outage.toNs - outage.fromNs) / 1_000_000_000n) })
    void regained(outage)
  }

  /** One handshake at a time; a refused account is tried again later, the others go on. */
  #enqueue(connection: { readonly stream: AuctionStream; readonly handshakes: Handshakes }, key: AccountKey): void {
    this.#subscribing = this.#subscribing.then(async () => {
      await doneOrEnded(this.#aside, this.#ended)
      if (this.#current?.stream !== connection.stream || this.#subscribed.has(key)) return
      const account = this.#modules.ledger.accounts.get(key)
      if (account === undefined || !isSubscribed(account)) return
      const { batchVersion, handshakeTimeoutMs: timeoutMs } = this.#options
      const { keyIndex } = account
      const handshake = connection.handshakes.subscribe({ key, keyIndex, batchVersion, timeoutMs })
      this.#handshake = handshake.catch(() => undefined)
      try {
        await handshake
        this.#subscribed.add(key)
        this.#refusals.delete(key)
        this.#modules.logger.info('account subscribed', { account: key })
      } catch (error) {
        this.#failed(connection.stream, key, error)
      }
    })
  }

  #failed(stream: AuctionStream, key: AccountKey, error: unknown): void {
    const detail = error instanceof TraderError ? error.detail : undefined
    const refused = detail?.code === 'SUBSCRIPTION_REFUSED'
    this.#modules.logger.error('account not subscribed', {
      account: key,
      codes: errorCodes(error),
      reason: reasonOf(error),
    })
    if (refused) this.#refusals.set(key, reasonOf(error))
    // A refusal concerns one account; anything else spoils the stream for all of them.
    if (refused && detail.onlyReserved) void this.#announced(stream, key)
    else if (refused) void this.#againLater(stream, key)
    else if (this.#current?.stream === stream) stream.close()
  }

  /** It opened while the auctioneer was away, or the auctioneer's records are older than the account. */
  async #announced(stream: AuctionStream, key: AccountKey): Promise<void> {
    try {
      await this.#modules.announce(key)
    } catch (error) {
      this.#modules.logger.warn('account not announced', { account: key, reason: reasonOf(error) })
    }
    await this.#againLater(stream, key)
  }

  /** The auctioneer may not have heard of the account yet, or not seen it confirmed. */
  async #againLater(stream: AuctionStream, key: AccountKey): Promise<void> {
    await this.#modules.clock.sleep(this.#options.maxBackoffMs, this.#ended)
    if (this.#current?.stream === stream) this.subscribe(key)
  }
}
