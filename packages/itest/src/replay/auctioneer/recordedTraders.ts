import { decodeTx, fromHex, isClmError, outPoint, satoshi, txidFromBytes } from '@tidepool/crypto'
import type { AccountKey, Transaction } from '@tidepool/crypto'
import { batchVersion } from '@tidepool/market'
import { decodeMessage, detailsFor } from '@tidepool/rpc'
import type { CallContext, InitOf, MessageName } from '@tidepool/rpc'
import type { RunRecord } from '@tidepool/auctioneer'
import type { AuctioneerWorld } from './auctioneerWorld.ts'
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
import { textIn } from '../recording/recording.ts'
import type { Fields, RecordedEvent, RecordedMessage, RecordedStatus, Recording } from '../recording/recording.ts'
import type { RecordedBatch } from '../recording/batchFacts.ts'
import { ServerStream } from './serverStream.ts'
import { settle, soon } from '../settle.ts'

/** What every recorded daemon announced. */
const RECORDED_BATCH_VERSION = 58

/** Comes between question and answer; the trader publishes the transaction after the answer. */
const CHANGE_NOTE = 'auctioneer rebuilt the transaction'
const changeOf = (data: Fields): Transaction => decodeTx(fromHex(textIn(data, 'tx_without_witness')))

/** An answer of ours that waits for its recorded counterpart. */
type Answer = { readonly init: InitOf<MessageName> } | { readonly error: unknown }

const CONTEXT: Omit<CallContext, 'signal'> = { peer: 'recorded', metadata: new Map(), method: 'recorded' }

/** Plays the recorded traders against our auctioneer's calls and compares every answer with the recorded one. */
export class RecordedTraders {
  readonly #world: AuctioneerWorld
  readonly #streams = new Map<string, { readonly stream: ServerStream; readonly gone: AbortController }>()
  readonly #answers = new Map<string, Answer[]>()
  #differences: Difference[] = []
  #file = ''
  #run: RunRecord | undefined

  constructor(world: AuctioneerWorld) {
    this.#world = world
  }

  /** Plays one recording to its end. */
  async play(recording: Recording, batch?: RecordedBatch): Promise<readonly Difference[]> {
    this.#file = recording.file
    this.#differences = []
    for (const event of recording.events) await this.#event(event, batch)
    await settle()
    if (batch !== undefined) this.#checkAuction()
    this.#reportExtras()
    return this.#differences
  }

  /** A stream whose accounts subscribed before the recording began. */
  async subscribed(trader: string, accounts: readonly AccountKey[]): Promise<void> {
    this.#open(trader)
    await settle()
    const session = this.#world.auctioneer.registry.all().at(-1)
    if (session === undefined) throw new Error('no stream')
    for (const key of accounts) {
      this.#world.auctioneer.registry.subscribe(key, session, batchVersion(RECORDED_BATCH_VERSION))
    }
  }

  async #event(event: RecordedEvent, batch: RecordedBatch | undefined): Promise<void> {
    switch (event.kind) {
      case 'message':
        return event.from === 'trader' ? this.#fromTrader(event) : this.#fromAuctioneer(event)
      case 'stream':
        return event.what === 'opened' ? this.#open(event.trader) : this.#close(event.trader)
      case 'mined':
        for (let i = 0; i < event.blocks; i++) {
          this.#world.chain.mine(1)
          await settle()
        }
        return
      case 'note':
        if (event.note === CHANGE_NOTE) this.#world.chain.broadcast(changeOf(event.data))
        return event.note === 'batch' ? this.#runAuction(batch) : undefined
      case 'status':
        return event.rpc === 'SubscribeBatchAuction' ? undefined : this.#refused(event)
      case 'command':
      case 'daemon':
      case 'other':
        return
    }
  }

  #open(trader: string): void {
    const stream = new ServerStream()
    const gone = new AbortController()
    this.#streams.set(trader, { stream, gone })
    this.#world.handlers
      .subscribeBatchAuction(stream, { ...CONTEXT, signal: gone.signal })
      .catch((error: unknown) => this.#report({ kind: 'refused', what: 'SubscribeBatchAuction', ours: nameOf(error) }))
  }

  #close(trader: string): void {
    this.#streams.get(trader)?.stream.end()
    this.#streams.delete(trader)
  }

  /** The fee rate is the operator's; the recorded one chose it batch by batch. */
  async #runAuction(batch: RecordedBatch | undefined): Promise<void> {
    if (batch === undefined) throw new Error('the batch was not read')
    this.#world.wallet.feeRate = batch.feeRate
    this.#world.wallet.batch = batch
    this.#run = undefined
    this.#world.auctioneer.auction.runNow().then(
      (run) => {
        this.#run = run
      },
      (error: unknown) => this.#report({ kind: 'outcome', what: 'auction', ours: nameOf(error) }),
    )
    await settle()
    this.#world.wallet.feeRate = 253
  }

  async #fromTrader(message: RecordedMessage): Promise<void> {
    if (message.rpc === 'SubscribeBatchAuction') {
      this.#streams.get(message.trader)?.stream.receive(clientMessage(message))
      return settle()
    }
    if (message.rpc === 'InitAccount') this.#fund(message)
    const waiting = this.#answers.get(slot(message)) ?? []
    this.#answers.set(slot(message), waiting)
    waiting.push(await this.#call(message))
  }

  async #call(message: RecordedMessage): Promise<Answer> {
    const handler = this.#world.handlers[methodOf(message.rpc)] as (
      request: unknown,
      context: CallContext,
    ) => Promise<InitOf<MessageName>>
    try {
      return { init: await handler(decoded(message), { ...CONTEXT, signal: new AbortController().signal }) }
    } catch (error) {
      return { error }
    }
  }

  async #fromAuctioneer(message: RecordedMessage): Promise<void> {
    return message.rpc === 'SubscribeBatchAuction' ? this.#streamed(message) : this.#answered(message)
  }

  #answered(message: RecordedMessage): void {
    const answer = this.#answers.get(slot(message))?.shift()
    const what = message.rpc
    if (answer === undefined) this.#report({ kind: 'missing', what })
    else if ('error' in answer) this.#report({ kind: 'refused', what, ours: nameOf(answer.error) })
    else this.#compare(what, message, answer.init)
  }

  /** Ours must be an error too, with the text that stock clients look for. */
  #refused({ trader, rpc, details }: RecordedStatus): void {
    const answer = this.#answers.get(slot({ trader, rpc }))?.shift()
    if (answer === undefined) return this.#report({ kind: 'missing', what: rpc })
    const told =
      'error' in answer && isClmError(answer.error) ? detailsFor(answer.error.code, answer.error.message) : ''
    if (!told.includes(details)) this.#report({ kind: 'outcome', what: rpc, ours: told })
  }

  async #streamed(message: RecordedMessage): Promise<void> {
    const outbox = this.#streams.get(message.trader)?.stream.outbox ?? []
    const what = serverMessage(message).msg?.case ?? ''
    if (!(await soon(() => outbox.length > 0))) return this.#report({ kind: 'missing', what })
    this.#compare(what, message, outbox.shift() ?? {})
  }

  #compare(what: string, message: RecordedMessage, own: InitOf<MessageName>): void {
    const ours = ownJson(messageName(message), own)
    this.#differences.push(...fieldDifferences(this.#file, what, recordedJson(message), ours))
  }

  #report(found: Pick<Difference, 'kind' | 'what'> & { readonly ours?: string }): void {
    const { kind, what, ours = null } = found
    this.#differences.push({ file: this.#file, kind, what, path: '', recorded: null, ours })
  }

  #checkAuction(): void {
    const run = this.#run
    const failures = run?.attempts.flatMap((attempt) => attempt.failures.map(({ failure }) => failure.kind)) ?? []
    if (run?.outcome === 'batch' && failures.length === 0) return
    const ours = run === undefined ? 'still running' : `${run.outcome}: ${[run.detail, ...failures].join(', ')}`
    this.#report({ kind: 'outcome', what: 'auction', ours })
  }

  #reportExtras(): void {
    for (const { stream } of this.#streams.values()) {
      for (const { msg } of stream.outbox.splice(0)) this.#report({ kind: 'extra', what: msg?.case ?? '' })
    }
  }

  /** The funding transaction went out before the daemon announced it. */
  #fund(message: RecordedMessage): void {
    const request = decodeMessage('poolrpc.ServerInitAccountRequest', message.raw)
    const { accountPoint, accountScript: script, accountValue } = request
    if (accountPoint === undefined) return
    const outpoint = outPoint(txidFromBytes(accountPoint.txid), accountPoint.outputIndex)
    this.#world.chain.broadcastUnseen(outpoint, { value: satoshi(accountValue), script })
  }
}

const slot = ({ trader, rpc }: Pick<RecordedMessage, 'trader' | 'rpc'>): string => `${trader} ${rpc}`

const nameOf = (error: unknown): string =>
  error instanceof Error ? ('code' in error ? String(error.code) : error.message) : String(error)
