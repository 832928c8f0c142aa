import type { BidiStream, poolrpc } from '@tidepool/rpc'

export type ClientInit = poolrpc.ClientAuctionMessageInit
export type ServerSent = poolrpc.ServerAuctionMessage

/** The trader's end of the stream, without a network. */
export class ClientStream implements BidiStream<ClientInit, ServerSent> {
  readonly #receive: (message: ClientInit) => void
  readonly #inbox: ServerSent[] = []
  #ended = false
  #failure: Error | undefined
  #wake: () => void = () => undefined

  constructor(receive: (message: ClientInit) => void) {
    this.#receive = receive
  }

  send(message: ClientInit): Promise<void> {
    this.#receive(message)
    return Promise.resolve()
  }

  end(): void {
    this.cancel()
  }

  cancel(): void {
    this.#ended = true
    this.#wake()
  }

  /** The auctioneer ends the stream with an error. */
  fail(error: Error): void {
    this.#failure = error
    this.#wake()
  }

  push(message: ServerSent): void {
    this.#inbox.push(message)
    this.#wake()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ServerSent, undefined> {
    for (;;) {
      const next = this.#inbox.shift()
      if (next !== undefined) yield next
      else if (this.#failure !== undefined) throw this.#failure
      else if (this.#ended) return undefined
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
    }
  }
}
