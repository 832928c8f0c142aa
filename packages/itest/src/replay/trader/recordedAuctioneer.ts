import { fromHex } from '@tidepool/crypto'
import type { JsonValue, poolrpc } from '@tidepool/rpc'
import type { TraderHandlers } from '@tidepool/trader'
import { fieldDifferences } from '../difference.ts'
import type { Difference } from '../difference.ts'
import { daemons, runPool } from './inProcessCli.ts'
import type { CommandResult } from './inProcessCli.ts'
import { clientMessage, serverMessage } from '../recording/messages.ts'
import type { RecordedChain } from '../recordedChain.ts'
import { batchOf } from '../recording/batchFacts.ts'
import type { RecordedCommand, RecordedEvent, RecordedMessage, Recording } from '../recording/recording.ts'
import { settle, soon } from '../settle.ts'
import { orderFact } from '../recording/traderFacts.ts'
import type { TraderFacts } from '../recording/traderFacts.ts'
import type { TraderWorld } from './traderWorld.ts'

export interface PlayedTrader {
  readonly world: TraderWorld
  readonly facts: TraderFacts
}

const BATCH_MESSAGES: ReadonlySet<string> = new Set(['prepare', 'sign', 'finalize'])
const BATCH_ANSWERS: ReadonlySet<string> = new Set(['accept', 'reject', 'sign'])

/** Plays the recorded auctioneer and the recorded user against our traders. */
export class RecordedAuctioneer {
  readonly #traders: ReadonlyMap<string, PlayedTrader>
  readonly #chain: RecordedChain
  #recording: Recording = { file: '', about: '', events: [] }
  #differences: Difference[] = []

  constructor(traders: ReadonlyMap<string, PlayedTrader>, chain: RecordedChain) {
    this.#traders = traders
    this.#chain = chain
  }

  async play(recording: Recording): Promise<readonly Difference[]> {
    this.#recording = recording
    this.#differences = []
    for (const { world } of this.#traders.values()) world.server.load(recording)
    for (const event of recording.events) await this.#event(event)
    await settle()
    for (const { world } of this.#traders.values()) this.#differences.push(...world.server.finish())
    return this.#differences
  }

  async #event(event: RecordedEvent): Promise<void> {
    switch (event.kind) {
      case 'message':
        return event.rpc === 'SubscribeBatchAuction' ? this.#streamed(event) : undefined
      case 'command':
        return this.#command(event)
      case 'daemon':
        return this.#daemon(event.trader, event.what)
      case 'mined':
        for (let i = 0; i < event.blocks; i++) {
          this.#chain.mine(1)
          await settle()
        }
        return
      case 'note':
        if (event.note === 'broadcast') this.#broadcast()
        return
      case 'stream':
      case 'status':
      case 'other':
        return
    }
  }

  async #daemon(trader: string, what: string): Promise<void> {
    const { world } = this.#played(trader)
    if (what === 'exited') await world.stop()
    if (what === 'started' && !world.isRunning) await world.start()
    await settle()
  }

  /** Handshakes answer themselves; the messages of a batch come one by one, as recorded. */
  async #streamed(message: RecordedMessage): Promise<void> {
    const { server } = this.#played(message.trader).world
    if (message.from === 'auctioneer') {
      if (!BATCH_MESSAGES.has(serverMessage(message).msg?.case ?? '')) return
      server.push(message)
      return settle()
    }
    if (!BATCH_ANSWERS.has(clientMessage(message).msg?.case ?? '')) return
    await soon(() => server.outbox.length > 0)
    server.compareNext(message)
  }

  #broadcast(): void {
    const batch = batchOf(this.#recording)
    if (batch !== undefined) this.#chain.broadcast(batch.signed)
  }

  /** The user's command, on our command line and our daemon. */
  async #command(command: RecordedCommand): Promise<void> {
    const { world } = this.#played(command.trader)
    const orders = this.#ordersOf(command)
    daemons.set(command.trader, withNonces(world.handlers, orders))
    for (const { preimage, fundingKey } of orders) {
      if (preimage !== undefined) world.preimages.push(preimage)
      world.lnd.fundingKeys.push(fundingKey)
    }
    world.inCommand = true
    world.lnd.changing = command.args[0] === 'accounts'
    const result = await runPool(command.trader, argumentsFor(command.args))
    world.inCommand = false
    world.lnd.changing = false
    world.preimages.length = 0
    world.lnd.fundingKeys.length = 0
    await settle()
    this.#differences.push(...this.#outcome(command, result))
  }

  /** How the command ended, and what it printed. */
  #outcome(command: RecordedCommand, { exit, stdout, stderr }: CommandResult): readonly Difference[] {
    const { file } = this.#recording
    const what = command.args
      .filter((arg) => !arg.startsWith('-'))
      .slice(0, 3)
      .join(' ')
    if ((exit === 0) !== (command.exit === 0)) {
      return [{ file, kind: 'outcome', what, path: '', recorded: command.exit, ours: stderr.trim() }]
    }
    return command.stdout === null ? [] : fieldDifferences(file, what, command.stdout, JSON.parse(stdout) as JsonValue)
  }

  /** Orders that a command sent. */
  #ordersOf({ trader, startedAt, at }: RecordedCommand) {
    const { facts } = this.#played(trader)
    return this.#recording.events.flatMap((event) => {
      if (event.kind !== 'message' || event.trader !== trader || event.from !== 'trader') return []
      if (event.rpc !== 'SubmitOrder' || event.at < startedAt || event.at > at) return []
      const fact = orderFact(event)
      return fact === undefined ? [] : [{ ...fact, preimage: facts.preimages.get(fact.nonce) }]
    })
  }

  #played(trader: string): PlayedTrader {
    const found = this.#traders.get(trader)
    if (found === undefined) throw new Error(`nobody plays ${trader}`)
    return found
  }
}

/**
 * Our command line asks for a script-enforced lease when no type is named, the stock one leaves the type to the peers:
 * the recorded user says so explicitly.
 */
function argumentsFor(args: readonly string[]): readonly string[] {
  const submits = args[0] === 'orders' && args[1] === 'submit'
  return submits && !args.some((arg) => arg.startsWith('--channel_type')) ? [...args, '--channel_type=legacy'] : args
}

type Submitted = { readonly nonce: string; readonly preimage: Uint8Array | undefined }

/** Orders that were never canceled have no known preimage: their nonce is given by the caller. */
function withNonces(handlers: TraderHandlers, orders: readonly Submitted[]): TraderHandlers {
  const nonces = orders.filter(({ preimage }) => preimage === undefined).map(({ nonce }) => fromHex(nonce))
  const { submitOrder } = handlers
  if (submitOrder === undefined || nonces.length === 0) return handlers
  return {
    ...handlers,
    submitOrder: (request, context) => submitOrder(named(request, nonces.shift()), context),
  }
}

function named(request: poolrpc.SubmitOrderRequest, orderNonce: Uint8Array | undefined): poolrpc.SubmitOrderRequest {
  const { details } = request
  if (details?.value.details === undefined || orderNonce === undefined) return request
  const order = { ...details.value.details, orderNonce }
  return details.case === 'ask'
    ? { ...request, details: { case: 'ask', value: { ...details.value, details: order } } }
    : { ...request, details: { case: 'bid', value: { ...details.value, details: order } } }
}
