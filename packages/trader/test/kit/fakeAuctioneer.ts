import { INITIAL_BATCH_KEY, blockCount, satoshi } from '@tidepool/crypto'
import type { AccountKey, BatchId, BatchKey, NodeKey, OrderNonce, PubKey, Txid } from '@tidepool/crypto'
import type { Account, ModifyRequest, Order } from '@tidepool/market'
import type {
  AuctionStream,
  AuctionTerms,
  Auctioneer,
  ChangeSignature,
  ClientMessage,
  FundedReservation,
  RemoteOrderState,
  ServerMessage,
  SubmitOutcome,
} from '../../src/ports/auctioneer.ts'
import { coSign } from './coSign.ts'
import { keyOf } from './samples.ts'

export const TERMS: AuctionTerms = {
  maxAccountValue: satoshi(1_000_000_000),
  executionFee: { baseFee: satoshi(1), feeRatePpm: 1000n },
  buckets: new Map([
    [blockCount(2016), 'open'],
    [blockCount(4032), 'acceptingOrders'],
    [blockCount(1008), 'closed'],
  ]),
  autoRenewExtension: blockCount(3024),
}

/** A stream whose server side the test plays. */
export class FakeStream implements AuctionStream {
  readonly sent: ClientMessage[] = []
  readonly #incoming: (ServerMessage | Error | undefined)[] = []
  #wake: () => void = () => undefined
  closed = false
  /** Answers handshakes by itself. */
  autoAnswer = true

  async send(message: ClientMessage): Promise<void> {
    if (this.closed) throw new Error('the stream has ended')
    this.sent.push(message)
    if (!this.autoAnswer) return
    if (message.kind === 'commit') {
      this.push({ kind: 'challenge', challenge: new Uint8Array(32).fill(7), commitHash: message.commitHash })
    }
    if (message.kind === 'subscribe') this.push({ kind: 'success', key: message.key })
  }

  push(message: ServerMessage): void {
    this.#incoming.push(message)
    this.#wake()
  }

  break(error: Error): void {
    this.#incoming.push(error)
    this.#wake()
  }

  close(): void {
    this.closed = true
    this.#incoming.push(undefined)
    this.#wake()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ServerMessage, undefined> {
    for (;;) {
      while (this.#incoming.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve))
      const next = this.#incoming.shift()
      if (next === undefined) return undefined
      if (next instanceof Error) throw next
      yield next
    }
  }
}

/** An auctioneer that agrees to everything, unless told otherwise; keeps what it was asked. */
export class FakeAuctioneer implements Auctioneer {
  readonly calls: string[] = []
  readonly streams: FakeStream[] = []
  readonly orders: { readonly order: Order; readonly signature: Uint8Array; readonly userAgent: string }[] = []
  readonly inits: FundedReservation[] = []
  readonly changes: ModifyRequest[] = []
  /** Accounts as the auctioneer knows them before their next change. */
  readonly known = new Map<AccountKey, Account>()
  /** What becomes of its signature on the way. */
  spoil: (signature: ChangeSignature) => ChangeSignature = (signature) => signature
  readonly finals = new Map<BatchId, Txid>()
  readonly orderStates = new Map<OrderNonce, RemoteOrderState>()
  times: readonly bigint[] = []
  /** New streams answer no handshake by themselves. */
  quiet = false
  submitOutcome: SubmitOutcome = { kind: 'accepted' }
  /** Thrown by the call of that name, until removed. */
  readonly failures = new Map<string, Error>()
  currentTerms: AuctionTerms = TERMS

  async terms(): Promise<AuctionTerms> {
    this.#called('terms')
    return this.currentTerms
  }

  async reserveAccount(): Promise<{ auctioneerKey: PubKey; batchKey: BatchKey }> {
    this.#called('reserveAccount')
    return { auctioneerKey: keyOf('auctioneer'), batchKey: INITIAL_BATCH_KEY }
  }

  async initAccount(request: FundedReservation): Promise<void> {
    this.#called('initAccount')
    this.inits.push(request)
  }

  /** Signs with its own key what the request says, as long as it knows the account. */
  async modifyAccount(request: ModifyRequest): Promise<ChangeSignature> {
    this.#called('modifyAccount')
    this.changes.push(request)
    const account = this.known.get(request.traderKey)
    if (account === undefined) throw new Error('unknown account')
    const signed = coSign(account, request, this.changes.length)
    return this.spoil(signed)
  }

  async submitOrder(order: Order, signature: Uint8Array, userAgent: string): Promise<SubmitOutcome> {
    this.#called('submitOrder')
    this.orders.push({ order, signature, userAgent })
    return this.submitOutcome
  }

  async cancelOrder(): Promise<void> {
    this.#called('cancelOrder')
  }

  async orderState(nonce: OrderNonce): Promise<RemoteOrderState | undefined> {
    this.#called('orderState')
    return this.orderStates.get(nonce)
  }

  async finalTransaction(batchId: BatchId): Promise<Txid | undefined> {
    this.#called('finalTransaction')
    return this.finals.get(batchId)
  }

  async batchTimes(): Promise<readonly bigint[]> {
    this.#called('batchTimes')
    return this.times
  }

  async nodeTiers(nodes: readonly NodeKey[]): Promise<ReadonlyMap<NodeKey, number>> {
    this.#called('nodeTiers')
    return new Map(nodes.map((node) => [node, 2]))
  }

  openStream(): FakeStream {
    this.#called('openStream')
    const stream = new FakeStream()
    stream.autoAnswer = !this.quiet
    this.streams.push(stream)
    return stream
  }

  #called(name: string): void {
    this.calls.push(name)
    const failure = this.failures.get(name)
    if (failure !== undefined) throw failure
  }
}
