import { toHex } from '@tidepool/crypto'
import { RpcError, fillMessage } from '@tidepool/rpc'
import type { BidiStream, Client, InitOf, JsonValue, MessageName, MessageOf, poolrpc } from '@tidepool/rpc'
import { ClientStream } from './clientStream.ts'
import type { ClientInit, ServerSent } from './clientStream.ts'
import { fieldDifferences } from '../difference.ts'
import type { Difference } from '../difference.ts'
import {
  clientMessage,
  decoded,
  messageName,
  methodOf,
  ownJson,
  recordedJson,
  serverMessage,
} from '../recording/messages.ts'
import type { Method } from '../recording/messages.ts'
import type { RecordedMessage, RecordedStatus, Recording } from '../recording/recording.ts'

/** A call of the recorded trader with the answer it got. */
interface Pair {
  readonly request: RecordedMessage
  readonly response: RecordedMessage | RecordedStatus
}

/**
 * The recorded auctioneer as one trader's client sees it. Every call of ours is compared with the recorded call that is
 * most like it, and answered with the recorded answer; handshakes are answered by their commitment.
 */
export class RecordedServer {
  readonly differences: Difference[] = []
  /** Of the open stream: batch messages of ours that nobody has compared yet. */
  readonly outbox: ClientInit[] = []
  /** Answers for handshakes that no recording shows. */
  lenient = false
  /** The auctioneer knows the recorded keys alone, as when a trader looks for its accounts. */
  knowsOnlyRecorded = false
  /** In place of what the recorded Terms say. */
  termsInstead: Partial<MessageOf<'poolrpc.TermsResponse'>> = {}
  readonly #trader: string
  #file = ''
  #pairs: Pair[] = []
  #handshake: readonly RecordedMessage[] = []
  readonly #handshaken = new Set<RecordedMessage>()
  #terms: MessageOf<'poolrpc.TermsResponse'> | undefined
  #stream: ClientStream | undefined
  #streamStatus: RecordedStatus | undefined

  constructor(trader: string) {
    this.#trader = trader
  }

  /** Takes up the calls of one recording. */
  load({ file, events }: Recording): void {
    this.#file = file
    const calls = events.filter((event) => event.kind === 'message' || event.kind === 'status')
    const own = calls.filter(({ trader }) => trader === this.#trader)
    const [streamed, unary] = [own.filter(isStreamed), own.filter((one) => !isStreamed(one))]
    this.#handshake = streamed.filter((event) => event.kind === 'message')
    this.#streamStatus = streamed.find((event) => event.kind === 'status')
    this.#pairs = pairsOf(unary)
    const terms = this.#pairs.find(({ request }) => request.rpc === 'Terms')?.response
    if (terms?.kind === 'message') this.#terms = decoded(terms) as MessageOf<'poolrpc.TermsResponse'>
  }

  /** What the recording asked for and ours did not, and what ours sent beyond it. */
  finish(): readonly Difference[] {
    for (const { request } of this.#pairs.splice(0)) {
      if (request.rpc !== 'Terms') this.#report('missing', request.rpc, recordedJson(request), null)
    }
    for (const message of this.#handshake.filter(({ from }) => from === 'trader')) {
      const what = clientMessage(message).msg?.case ?? ''
      const due = what === 'subscribe' || what === 'recover' || (what === 'commit' && !this.knowsOnlyRecorded)
      if (due && !this.#handshaken.has(message)) this.#report('missing', what, recordedJson(message), null)
    }
    this.#handshake = []
    for (const { msg } of this.outbox.splice(0)) this.#report('extra', msg?.case ?? '', null, null)
    return this.differences.splice(0)
  }

  /** Only what the session and the queries call. */
  client(): Client<poolrpc.ChannelAuctioneer_Service> {
    const unary = <M extends Method>(method: M) => ((init: InitOf<MessageName>) => this.#call(method, init)) as never
    return {
      reserveAccount: unary('reserveAccount'),
      initAccount: unary('initAccount'),
      modifyAccount: unary('modifyAccount'),
      submitOrder: unary('submitOrder'),
      cancelOrder: unary('cancelOrder'),
      orderState: unary('orderState'),
      terms: unary('terms'),
      relevantBatchSnapshot: unary('relevantBatchSnapshot'),
      batchSnapshot: unary('batchSnapshot'),
      nodeRating: unary('nodeRating'),
      batchSnapshots: unary('batchSnapshots'),
      marketInfo: unary('marketInfo'),
      subscribeBatchAuction: () => this.#open(),
      subscribeSidecar: () => this.#open(),
    }
  }

  /** A recorded message of the batch reaches our stream. */
  push(message: RecordedMessage): void {
    this.#stream?.push(serverMessage(message))
  }

  /** Compares our next batch message with the recorded one. */
  compareNext(message: RecordedMessage): void {
    const what = clientMessage(message).msg?.case ?? ''
    const own = this.outbox.shift()
    if (own === undefined) this.#report('missing', what, recordedJson(message), null)
    else this.#compare(what, message, own)
  }

  #call(method: Method, init: InitOf<MessageName>): Promise<unknown> {
    const candidates = this.#pairs.filter(({ request }) => methodOf(request.rpc) === method)
    const [first] = candidates
    if (method === 'terms') {
      if (first !== undefined) this.#pairs.splice(this.#pairs.indexOf(first), 1)
      return this.#terms === undefined
        ? Promise.reject(new Error('no terms were recorded'))
        : Promise.resolve({ ...this.#terms, ...this.termsInstead })
    }
    if (first === undefined) {
      this.#report('extra', method, null, null)
      return Promise.reject(new Error(`the recording has no more ${method}`))
    }
    const ours = JSON.stringify(ownJson(messageName(first.request), init))
    const pair = candidates.find(({ request }) => JSON.stringify(recordedJson(request)) === ours) ?? first
    this.#pairs.splice(this.#pairs.indexOf(pair), 1)
    this.#compare(pair.request.rpc, pair.request, init)
    const { response } = pair
    return response.kind === 'message' ? Promise.resolve(decoded(response)) : Promise.reject(errorOf(response))
  }

  #open(): BidiStream<ClientInit, ServerSent> {
    const stream = new ClientStream((message) => this.#receive(message))
    this.#stream = stream
    return stream
  }

  #receive(message: ClientInit): void {
    const { msg } = message
    if (msg?.case === 'commit') return this.#challenge(message, toHex(msg.value.commitHash ?? new Uint8Array()))
    if (msg?.case === 'subscribe') return this.#confirm(message, toHex(msg.value.traderKey ?? new Uint8Array()))
    if (msg?.case === 'recover') return this.#recover(message)
    this.outbox.push(message)
  }

  #challenge(message: ClientInit, commitHash: string): void {
    const asked = this.#handshake.find((one) => one.from === 'trader' && commitOf(one) === commitHash)
    const answer = this.#handshake.find((one) => one.from === 'auctioneer' && challengedBy(one) === commitHash)
    if (asked !== undefined && answer !== undefined) {
      this.#compare('commit', asked, message)
      this.push(answer)
      return
    }
    if (!this.lenient) this.#report('extra', 'commit', null, commitHash)
    const challenge = { challenge: new Uint8Array(32), commitHash: Buffer.from(commitHash, 'hex') }
    this.#stream?.push({ msg: { case: 'challenge', value: challenge } })
  }

  #confirm(message: ClientInit, traderKey: string): void {
    const asked = this.#handshake.find(
      (one) => one.from === 'trader' && !this.#handshaken.has(one) && subscribedBy(one) === traderKey,
    )
    if (asked !== undefined) this.#compare('subscribe', asked, message)
    else if (!this.lenient) this.#report('extra', 'subscribe', null, traderKey)
    const refused = this.#handshake.find((one) => one.from === 'auctioneer' && refusedBy(one) === traderKey)
    if (asked !== undefined && refused !== undefined) return this.push(refused)
    const key = Buffer.from(traderKey, 'hex')
    const known = this.#handshake.some((one) => subscribedBy(one) === traderKey)
    const unknown = { errorCode: 'ACCOUNT_DOES_NOT_EXIST', error: 'no account', traderKey: key } as const
    const answer =
      known || !this.knowsOnlyRecorded
        ? ({ case: 'success', value: { traderKey: key } } as const)
        : ({ case: 'error', value: unknown } as const)
    this.#stream?.push(fillMessage('poolrpc.ServerAuctionMessage', { msg: answer }))
  }

  #recover(message: ClientInit): void {
    const asked = this.#handshake.find((one) => one.from === 'trader' && clientMessage(one).msg?.case === 'recover')
    if (asked === undefined) return this.#report('extra', 'recover', null, null)
    this.#compare('recover', asked, message)
    const account = this.#handshake.find(
      (one) => one.from === 'auctioneer' && serverMessage(one).msg?.case === 'account',
    )
    if (account !== undefined) this.push(account)
    else if (this.#streamStatus !== undefined) this.#stream?.fail(errorOf(this.#streamStatus))
  }

  #compare(what: string, message: RecordedMessage, own: InitOf<MessageName>): void {
    this.#handshaken.add(message)
    const ours = ownJson(messageName(message), own)
    this.differences.push(...fieldDifferences(this.#file, what, recordedJson(message), ours))
  }

  #report(kind: Difference['kind'], what: string, recorded: JsonValue, ours: JsonValue): void {
    this.differences.push({ file: this.#file, kind, what, path: '', recorded, ours })
  }
}

const isStreamed = ({ rpc }: { readonly rpc: string }): boolean => rpc === 'SubscribeBatchAuction'

const errorOf = ({ rpc, status, details }: RecordedStatus): RpcError =>
  new RpcError({ status: status as RpcError['status'], details, method: `/poolrpc.ChannelAuctioneer/${rpc}` })

/** Each request with the next response of the same method. */
function pairsOf(messages: readonly (RecordedMessage | RecordedStatus)[]): Pair[] {
  const open: RecordedMessage[] = []
  return messages.flatMap((message) => {
    if (message.kind === 'message' && message.from === 'trader') {
      open.push(message)
      return []
    }
    const index = open.findIndex(({ rpc }) => rpc === message.rpc)
    const [request] = index === -1 ? [] : open.splice(index, 1)
    return request === undefined ? [] : [{ request, response: message }]
  })
}

function commitOf(message: RecordedMessage): string | undefined {
  const { msg } = clientMessage(message)
  return msg?.case === 'commit' ? toHex(msg.value.commitHash) : undefined
}

function refusedBy(message: RecordedMessage): string | undefined {
  const { msg } = serverMessage(message)
  return msg?.case === 'error' ? toHex(msg.value.traderKey) : undefined
}

function subscribedBy(message: RecordedMessage): string | undefined {
  if (message.from !== 'trader') return undefined
  const { msg } = clientMessage(message)
  return msg?.case === 'subscribe' ? toHex(msg.value.traderKey) : undefined
}

function challengedBy(message: RecordedMessage): string | undefined {
  const { msg } = serverMessage(message)
  return msg?.case === 'challenge' ? toHex(msg.value.commitHash) : undefined
}
