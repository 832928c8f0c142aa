import type * as auctioneer from '@tidepool/auctioneer'
import type * as trader from '@tidepool/trader'
import { Inbox } from '../kernel/inbox.ts'
import type { Life } from '../kernel/life.ts'
import type { Scheduler } from '../kernel/scheduler.ts'

/** A message on its way, either way. */
export type Letter =
  | { readonly way: 'up'; readonly message: auctioneer.ClientMessage }
  | { readonly way: 'down'; readonly message: auctioneer.ServerMessage }

/** What happens to a message when it arrives. */
export interface Delivery {
  /** Nothing: it is lost without a trace. */
  readonly letter: Letter | undefined
  /** Just before it would arrive, even if it then does not, because the stream or the reader is gone. */
  readonly before?: () => void
  /** It is delivered once more. */
  readonly twice?: boolean
  readonly after?: () => void
  /** What the trader gets in place of a message to it. */
  readonly instead?: readonly trader.ServerMessage[]
  /** What the auctioneer gets in place of a message of the trader. */
  readonly insteadUp?: readonly auctioneer.ClientMessage[]
  /** Held back, and everything after it on the stream, for so long. */
  readonly delayMs?: number
}

/** Sees every message when a trader sends it, when it would arrive, and when a trader gets it. */
export interface Postman {
  sent(trader: string, message: trader.ClientMessage, stream: SimStream): void
  /** What the auctioneer said, in the moment it would arrive. */
  told(trader: string, message: auctioneer.ServerMessage, stream: SimStream): void
  /** Something else arrives than was sent. */
  meddled(stream: SimStream): void
  /** The auctioneer ends a stream and has not said that the trader shall come back. */
  ended(trader: string, stream: SimStream, why: string): void
  arrives(trader: string, letter: Letter, stream: SimStream): Delivery
  got(trader: string, message: trader.ServerMessage): void
  /** The auctioneer ends the stream over a message. */
  refused(trader: string, error: unknown): void
  /** What a call's answer becomes on its way to a trader. */
  answers<T>(trader: string, call: string, answer: T): T
}

interface Ends {
  readonly trader: Life
  readonly auctioneer: Life
}

/** One auction stream: two queues of messages in order, which end together. */
export class SimStream implements trader.AuctionStream {
  readonly #inbox = new Inbox<trader.ServerMessage>()
  readonly #lives: Ends
  readonly #scheduler: Scheduler
  readonly #postman: Postman
  readonly #id: number
  readonly #ended: () => void
  readonly #held = new Map<Letter['way'], Letter[]>()
  #session: auctioneer.TraderSession | undefined
  #reading: Promise<void> = Promise.resolve()
  #open = true
  #goodbye = false

  constructor(id: number, lives: Ends, scheduler: Scheduler, postman: Postman, ended: () => void) {
    this.#id = id
    this.#lives = lives
    this.#scheduler = scheduler
    this.#postman = postman
    this.#ended = ended
    lives.trader.onKill(() => this.cut())
    lives.auctioneer.onKill(() => this.cut())
  }

  /** Asks the auctioneer to take the stream; messages queue behind. */
  offer(open: (stream: auctioneer.TraderStream) => auctioneer.TraderSession): void {
    const take = (): void => {
      if (!this.#open || !this.#lives.auctioneer.alive) return
      this.#session = open({
        send: (message) => this.#down(message),
        end: (why) => {
          if (!this.#goodbye) this.#postman.ended(this.#lives.trader.name, this, why)
          this.#end(new Error(`stream ended: ${why}`))
        },
      })
    }
    this.#scheduler.post(`${this.#lives.trader.name} reaches the auctioneer`, take, this.#lane('up'))
  }

  send(message: trader.ClientMessage): Promise<void> {
    if (!this.#open) return Promise.reject(new Error('the stream is gone'))
    this.#postman.sent(this.#lives.trader.name, message, this)
    this.#carry({ way: 'up', message: toAuctioneer(message) })
    return Promise.resolve()
  }

  close(): void {
    this.#end()
  }

  /** The connection breaks: either side hears of it in its own time. */
  cut(): void {
    this.#end(new Error('connection reset'))
  }

  [Symbol.asyncIterator](): AsyncIterator<trader.ServerMessage> {
    return this.#inbox[Symbol.asyncIterator]()
  }

  #down(message: auctioneer.ServerMessage): Promise<void> {
    if (!this.#open) return Promise.reject(new Error('the stream is gone'))
    if (message.kind === 'shutdown') this.#goodbye = true
    this.#carry({ way: 'down', message })
    return Promise.resolve()
  }

  #carry(letter: Letter): void {
    const arrive = (): void => this.#arrive(letter)
    this.#scheduler.post(
      `${this.#lives.trader.name} ${letter.way} ${letter.message.kind}`,
      arrive,
      this.#lane(letter.way),
    )
  }

  #lane(way: Letter['way']): string {
    return `stream ${this.#id} ${way}`
  }

  #arrive(letter: Letter): void {
    if (!this.#open) return
    if (letter.way === 'down') this.#postman.told(this.#lives.trader.name, letter.message, this)
    const held = this.#held.get(letter.way)
    if (held !== undefined) {
      held.push(letter)
      return
    }
    const delivery = this.#postman.arrives(this.#lives.trader.name, letter, this)
    const { instead, insteadUp, twice } = delivery
    if (delivery.letter !== letter || twice === true || instead !== undefined || insteadUp !== undefined)
      this.#postman.meddled(this)
    delivery.before?.()
    if (delivery.instead !== undefined) for (const message of delivery.instead) this.#tell(message)
    else if (delivery.insteadUp !== undefined) for (const message of delivery.insteadUp) this.#receive(message)
    else if (delivery.delayMs !== undefined) this.#hold(letter, delivery.delayMs)
    else if (delivery.letter !== undefined) {
      this.#deliver(delivery.letter)
      if (delivery.twice === true) this.#deliver(delivery.letter)
    }
    delivery.after?.()
  }

  #hold(letter: Letter, ms: number): void {
    this.#held.set(letter.way, [letter])
    this.#scheduler.after(ms, () => {
      const held = this.#held.get(letter.way) ?? []
      this.#held.delete(letter.way)
      for (const each of held) this.#deliver(each)
    })
  }

  #deliver(letter: Letter): void {
    if (!this.#open) return
    if (letter.way === 'up') return this.#receive(letter.message)
    this.#tell(toTrader(letter.message))
  }

  #tell(message: trader.ServerMessage): void {
    if (!this.#open) return
    this.#postman.got(this.#lives.trader.name, message)
    this.#inbox.push(message)
  }

  /** One message after the other, as the server reads them; one it refuses ends the stream. */
  #receive(message: auctioneer.ClientMessage): void {
    this.#reading = this.#reading.then(async () => {
      try {
        await this.#session?.receive(message)
      } catch (error) {
        this.#postman.refused(this.#lives.trader.name, error)
        this.#postman.ended(this.#lives.trader.name, this, String(error))
        this.#end(error instanceof Error ? error : new Error(String(error)))
      }
    })
  }

  #end(error?: Error): void {
    if (!this.#open) return
    this.#open = false
    this.#ended()
    this.#lives.trader.deliver('hears the end of its stream', () => this.#inbox.end(error))
    this.#lives.auctioneer.deliver(`hears the end of ${this.#lives.trader.name}`, () => this.#session?.closed())
  }
}

function toAuctioneer(message: trader.ClientMessage): auctioneer.ClientMessage {
  if (message.kind === 'recover') return { kind: 'recover', traderKey: message.key }
  if (message.kind !== 'subscribe') return message
  const { key: traderKey, nonce: commitNonce, signature: authSig } = message
  return { kind: 'subscribe', traderKey, commitNonce, authSig }
}

function toTrader(message: auctioneer.ServerMessage): trader.ServerMessage {
  switch (message.kind) {
    case 'success':
      return { kind: 'success', key: message.traderKey }
    case 'accountUnknown':
      return { kind: 'error', code: 'accountDoesNotExist', key: message.traderKey, text: 'account not found' }
    case 'accountReserved':
      return {
        kind: 'error',
        code: 'incompleteReservation',
        key: message.traderKey,
        text: 'only reserved',
        reservation: message.reservation,
      }
    case 'shutdown':
      return { kind: 'error', code: 'serverShutdown', key: undefined, text: 'shutting down' }
    case 'account':
      return { kind: 'account', account: message.account }
    default:
      return message
  }
}
