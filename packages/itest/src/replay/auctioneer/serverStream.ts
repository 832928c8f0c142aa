import { Encoded, decodeMessage } from '@tidepool/rpc'
import type { InitOf, ServerBidi, Status, poolrpc } from '@tidepool/rpc'

type Sent = InitOf<'poolrpc.ServerAuctionMessage'>

/** A trader's stream at the auctioneer's end, without a network. */
export class ServerStream implements ServerBidi<poolrpc.ClientAuctionMessage, Sent> {
  /** What the auctioneer sent and nobody has taken yet. */
  readonly outbox: Sent[] = []
  failure: { readonly status: Status; readonly details: string } | undefined
  readonly #inbox: poolrpc.ClientAuctionMessage[] = []
  #wake: () => void = () => undefined
  #ended = false

  receive(message: poolrpc.ClientAuctionMessage): void {
    this.#inbox.push(message)
    this.#wake()
  }

  end(): void {
    this.#ended = true
    this.#wake()
  }

  send(message: Sent | Encoded): Promise<void> {
    const isEncoded = message instanceof Encoded
    this.outbox.push(isEncoded ? decodeMessage('poolrpc.ServerAuctionMessage', message.bytes) : message)
    return Promise.resolve()
  }

  fail(status: Status, details: string): void {
    this.failure = { status, details }
    this.end()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<poolrpc.ClientAuctionMessage, undefined> {
    for (;;) {
      const next = this.#inbox.shift()
      if (next !== undefined) yield next
      else if (this.#ended) return undefined
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
    }
  }
}
