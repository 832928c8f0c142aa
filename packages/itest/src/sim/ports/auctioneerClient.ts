import { satoshi } from '@tidepool/crypto'
import type { BatchId, NodeKey, OrderNonce, Txid } from '@tidepool/crypto'
import type { Auctioneer } from '@tidepool/auctioneer'
import { ClmError } from '@tidepool/crypto'
import { OrderError } from '@tidepool/market'
import type { ModifyRequest, Order } from '@tidepool/market'
import { StartupError } from '@tidepool/trader'
import type * as trader from '@tidepool/trader'
import type { Life } from '../kernel/life.ts'
import type { Scheduler } from '../kernel/scheduler.ts'
import { SimStream } from './stream.ts'
import type { Postman } from './stream.ts'

/** The auctioneer's process as clients find it: undefined while it is down. */
export interface Server {
  current(): { readonly auctioneer: Auctioneer; readonly life: Life } | undefined
  nextStream(): number
}

/** The calls of one trader process, in memory: a request may find nobody, an answer may not come back. */
export class SimAuctioneerClient implements trader.Auctioneer {
  readonly #server: Server
  readonly #life: Life
  readonly #scheduler: Scheduler
  readonly #postman: Postman
  readonly #streams: Set<SimStream>

  constructor(server: Server, life: Life, scheduler: Scheduler, postman: Postman, streams: Set<SimStream>) {
    this.#server = server
    this.#life = life
    this.#scheduler = scheduler
    this.#postman = postman
    this.#streams = streams
  }

  terms(): Promise<trader.AuctionTerms> {
    return this.#call('terms', ({ queries }) => {
      const terms = queries.terms()
      return Promise.resolve({ ...terms, maxAccountValue: satoshi(terms.maxAccountValue) })
    })
  }

  reserveAccount(request: trader.AccountReservation) {
    return this.#call('reserveAccount', ({ accounts }) => accounts.reserve({ ...request, traderKey: request.key }))
  }

  initAccount(request: trader.FundedReservation): Promise<void> {
    return this.#call('initAccount', ({ accounts }) => accounts.init({ ...request, traderKey: request.key }))
  }

  modifyAccount(request: ModifyRequest): Promise<trader.ChangeSignature> {
    return this.#call('modifyAccount', async ({ changes }) => {
      const { signature, serverNonces: nonces } = await changes.modify(request, this.#life.name)
      return { signature, nonces }
    })
  }

  submitOrder(order: Order, signature: Uint8Array, userAgent: string): Promise<trader.SubmitOutcome> {
    return this.#call('submitOrder', async ({ orders }) => {
      try {
        await orders.submit({ order, signature, userAgent })
        return { kind: 'accepted' } as const
      } catch (error) {
        if (error instanceof OrderError) return { kind: 'invalid', reason: error.message } as const
        throw error
      }
    })
  }

  cancelOrder(preimage: Uint8Array): Promise<void> {
    return this.#call('cancelOrder', ({ orders }) => orders.cancel(preimage))
  }

  orderState(nonce: OrderNonce): Promise<trader.RemoteOrderState | undefined> {
    return this.#call('orderState', ({ orders }) => known('ORDER_NOT_FOUND', orders.state(nonce)))
  }

  finalTransaction(batchId: BatchId): Promise<Txid | undefined> {
    return this.#call('finalTransaction', async ({ queries }) => {
      const snapshot = await known('BATCH_NOT_FOUND', queries.batchSnapshot(batchId))
      return snapshot?.batch.txid
    })
  }

  batchTimes(): Promise<readonly bigint[]> {
    return this.#call('batchTimes', async ({ queries }) => {
      const batches = await queries.batchSnapshots(undefined, 100)
      return batches.map(({ batch }) => batch.createdAtNs)
    })
  }

  nodeTiers(nodes: readonly NodeKey[]): Promise<ReadonlyMap<NodeKey, number>> {
    return Promise.resolve(new Map(nodes.map((node) => [node, 2])))
  }

  openStream(): trader.AuctionStream {
    const server = this.#server.current()
    const trader = this.#life
    const lives = { trader, auctioneer: server?.life ?? trader }
    const stream = new SimStream(this.#server.nextStream(), lives, this.#scheduler, this.#postman, () =>
      this.#streams.delete(stream),
    )
    this.#streams.add(stream)
    if (server === undefined) stream.cut()
    else stream.offer((end) => server.auctioneer.openSession(end, trader.name))
    return stream
  }

  #call<T>(what: string, ask: (auctioneer: Auctioneer) => Promise<T>): Promise<T> {
    return this.#life.call(`asks ${what}`, () => {
      const server = this.#server.current()
      if (server === undefined) throw unreachable()
      return new Promise<T>((resolve, reject) => {
        const forget = server.life.onKill(() => reject(unreachable()))
        const answered = (answer: T): void => resolve(this.#postman.answers(this.#life.name, what, answer))
        ask(server.auctioneer).then(answered).catch(reject).finally(forget)
      })
    })
  }
}

/** undefined in place of the error that says there is no such thing. */
async function known<T>(code: string, answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof ClmError && error.code === code) return undefined
    throw error
  }
}

function unreachable(): StartupError {
  return new StartupError(
    { code: 'AUCTIONEER_UNREACHABLE', server: 'sim', reason: 'it is down' },
    'the auctioneer does not answer',
  )
}
