import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { accountAuthMessage, accountCommitment, signMessage } from '@tidepool/crypto'
import { batchVersion, LATEST_BATCH_VERSION } from '@tidepool/market'
import { createClient, openChannel, services, watchOpenedSockets, type Channel } from '@tidepool/rpc'
import { AuctioneerClient, DIRECT_PINGS, WATCH_AUCTIONEER_MS, type ServerMessage } from '@tidepool/trader'
import { keyOf, secretOf } from '../intake/market.ts'
import { eachOf, serveCalls } from '../process.ts'

export interface ClientsTask {
  readonly address: string
  readonly certificate: string | undefined
  readonly from: number
  readonly count: number
}

export interface Counts {
  readonly subscribed: number
  /** Errors in answer to a handshake. */
  readonly refused: number
  /** Connections that did not come about at the first try. */
  readonly retries: number
  readonly lost: number
  readonly prepared: number
  readonly lastPreparedAt: number
}

const RETRY_MS = 500
const VERSION = batchVersion(LATEST_BATCH_VERSION)

/** One trader: a connection of its own, one account, the handshake of the protocol. */
class Client {
  readonly #task: ClientsTask
  readonly #key
  readonly #secret
  #channel: Channel | undefined

  constructor(task: ClientsTask, number: number) {
    this.#task = task
    this.#key = keyOf(number)
    this.#secret = secretOf(number)
  }

  /** Resolves when the account is subscribed; tries again for ever. */
  async connect(): Promise<void> {
    for (;;) {
      try {
        return await this.#subscribe()
      } catch {
        counts.retries++
        this.cut()
        await sleep(RETRY_MS)
      }
    }
  }

  cut(): void {
    this.#channel?.close()
    this.#channel = undefined
  }

  async #subscribe(): Promise<void> {
    const { address, certificate } = this.#task
    const tls =
      certificate === undefined ? ({ kind: 'insecure' } as const) : ({ kind: 'ca', pem: certificate } as const)
    const channel = openChannel({ address, tls, ...DIRECT_PINGS })
    this.#channel = channel
    const stream = new AuctioneerClient(createClient(services.poolrpc.ChannelAuctioneer, channel), address).openStream()
    const messages = messagesOf(stream)
    const nonce = new Uint8Array(randomBytes(32))
    const commitHash = accountCommitment(this.#key, nonce)
    await stream.send({ kind: 'commit', commitHash, batchVersion: VERSION })
    const challenge = await messages.next()
    if (challenge.value?.kind !== 'challenge') throw refusal(challenge.value)
    const signature = signMessage(accountAuthMessage(commitHash, challenge.value.challenge), this.#secret)
    await stream.send({ kind: 'subscribe', key: this.#key, nonce, signature })
    const outcome = await messages.next()
    if (outcome.value?.kind !== 'success') throw refusal(outcome.value)
    counts.subscribed++
    void this.#listen(channel, messages)
  }

  async #listen(channel: Channel, messages: Messages): Promise<void> {
    try {
      for (let next = await messages.next(); next.done !== true; next = await messages.next()) {
        if (next.value.kind !== 'prepare') continue
        counts.prepared++
        counts.lastPreparedAt = Date.now()
      }
    } catch {
      // The connection was cut.
    }
    if (this.#channel === channel) counts.lost++
  }
}

type Messages = AsyncGenerator<ServerMessage, undefined>

async function* messagesOf(stream: AsyncIterable<ServerMessage>): Messages {
  for await (const message of stream) yield message
  return undefined
}

const counts = { subscribed: 0, refused: 0, retries: 0, prepared: 0, lastPreparedAt: 0, lost: 0 }
let clients: readonly Client[] = []

/** An answer that says no is counted apart from a connection that broke. */
function refusal(answer: { readonly kind: string } | undefined): Error {
  if (answer !== undefined) counts.refused++
  return new Error('not subscribed')
}

serveCalls({
  connect: async (task: ClientsTask & { readonly atOnce: number }) => {
    watchOpenedSockets(WATCH_AUCTIONEER_MS)
    clients = Array.from({ length: task.count }, (_, number) => new Client(task, task.from + number))
    await eachOf(clients, task.atOnce, (client) => client.connect())
    return counts
  },
  /** All connections are gone at once, and everyone comes back at once. */
  reconnect: async () => {
    Object.assign(counts, { subscribed: 0, refused: 0, retries: 0, lost: 0 })
    for (const client of clients) client.cut()
    await Promise.all(clients.map((client) => client.connect()))
    return counts
  },
  counts: () => counts,
})
