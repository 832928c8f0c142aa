import type { ServerMessage } from '@tidepool/auctioneer'
import { toHex, txidOf } from '@tidepool/crypto'
import type { AccountKey, NodeKey, OrderNonce, Txid } from '@tidepool/crypto'
import type { AccountVersion, BatchProposal, BatchVersion, SignRequest } from '@tidepool/market'
import type { ClientMessage } from '@tidepool/trader'

/** What the ears ask of the world. */
export interface Surroundings {
  readonly note: (violation: string) => void
  readonly nodeKeyOf: (trader: string) => NodeKey
  readonly knowsOrder: (trader: string, nonce: OrderNonce) => boolean
  readonly versionOf: (trader: string, key: AccountKey) => AccountVersion | undefined
  /** The auctioneer has made this batch durable, and it may still confirm but has not. */
  readonly isUnconfirmedBatch: (txid: Txid) => boolean
}

/** What a stock daemon would have in mind of one stream. */
interface Hearing {
  batchVersion: BatchVersion | undefined
  /** Commitments without a challenge yet. */
  readonly commitments: Set<string>
  /** Keys whose subscription is not answered yet. */
  readonly subscriptions: Set<AccountKey>
  readonly recoveries: Set<AccountKey>
  readonly unanswered: BatchProposal[]
  accepted: BatchProposal | undefined
  signed: boolean
  /** Somebody meddled with the messages: what follows says nothing of the auctioneer. */
  deaf: boolean
}

/**
 * Listens as the stock trader daemon does and notes what would end it, make it deaf or cost it channels: answers nobody
 * asked for, steps out of order, messages that it reads without care. docs/traps.md lists them.
 */
export class StockEars {
  readonly #around: Surroundings
  readonly #streams = new WeakMap<object, Hearing>()
  readonly #owners = new WeakMap<object, string>()
  readonly #ignored = new Set<string>()
  /** What each daemon has signed and was not told the end of; on its disk. */
  readonly #staged = new Map<string, Txid>()

  constructor(around: Surroundings) {
    this.#around = around
  }

  /** For traders who are no stock daemons at all. */
  ignore(trader: string): void {
    this.#ignored.add(trader)
  }

  /** What the trader has signed on it is as good as unknown: nobody hears the end of that. */
  meddled(stream: object): void {
    this.#hearing(stream).deaf = true
    this.#staged.delete(this.#owners.get(stream) ?? '')
  }

  sent(trader: string, stream: object, message: ClientMessage): void {
    this.#owners.set(stream, trader)
    const hearing = this.#hearing(stream)
    switch (message.kind) {
      case 'commit':
        hearing.batchVersion = message.batchVersion
        hearing.commitments.add(toHex(message.commitHash))
        return
      case 'subscribe':
        hearing.subscriptions.add(message.key)
        return
      case 'recover':
        hearing.recoveries.add(message.key)
        this.#staged.delete(trader)
        return
      case 'accept':
        hearing.accepted = hearing.unanswered.shift()
        return
      case 'reject':
        hearing.unanswered.shift()
        hearing.accepted = undefined
        return
      case 'sign':
        hearing.signed = true
        // Of what somebody meddled with, nobody hears the end either.
        if (hearing.accepted !== undefined && !hearing.deaf)
          this.#staged.set(trader, txidOf(hearing.accepted.transaction))
    }
  }

  /** A message of the auctioneer reaches a trader. */
  told(trader: string, stream: object, message: ServerMessage): void {
    const hearing = this.#hearing(stream)
    if (hearing.deaf || this.#ignored.has(trader)) return
    for (const trap of this.#traps(trader, hearing, message)) this.#around.note(`stock ${trader}: ${trap}`)
  }

  /** The auctioneer ends a stream without a word. */
  ended(trader: string, stream: object, why: string): void {
    const { deaf, commitments, subscriptions } = this.#hearing(stream)
    if (deaf || this.#ignored.has(trader) || commitments.size + subscriptions.size === 0) return
    this.#around.note(`stock ${trader}: a handshake ended with ${why} and is never tried again`)
  }

  #traps(trader: string, hearing: Hearing, message: ServerMessage): readonly string[] {
    switch (message.kind) {
      case 'challenge':
        if (message.challenge.length !== 32) return ['a challenge that is no hash']
        return hearing.commitments.delete(toHex(message.commitHash)) ? [] : ['a challenge for no commitment']
      case 'success':
      case 'accountUnknown':
      case 'accountReserved':
        return hearing.subscriptions.delete(message.traderKey) ? [] : [`${message.kind} that answers no subscription`]
      case 'account': {
        const { traderKey, outpoint, latestTx, state } = message.account
        if (!hearing.recoveries.delete(traderKey)) return ['an account nobody asked for']
        return outpoint === undefined || (latestTx.length === 0 && state !== 'pendingOpen')
          ? ['a recovered account without output or transaction']
          : []
      }
      case 'prepare':
        return this.#trapsOfProposal(trader, hearing, message.proposal)
      case 'signBegin':
        return this.#trapsOfRequest(trader, hearing, message.request)
      case 'finalize': {
        const { accepted, signed } = hearing
        hearing.accepted = undefined
        this.#staged.delete(trader)
        if (!signed || accepted === undefined) return ['Finalize of what it has not signed']
        return accepted.batchId === message.batchId && txidOf(accepted.transaction) === message.txid
          ? []
          : ['Finalize of another batch than it signed']
      }
      case 'shutdown':
        return []
    }
  }

  #trapsOfProposal(trader: string, hearing: Hearing, proposal: BatchProposal): readonly string[] {
    const inHandshake = hearing.commitments.size + hearing.subscriptions.size > 0
    hearing.unanswered.push(proposal)
    hearing.signed = false
    const staged = this.#staged.get(trader)
    this.#staged.delete(trader)
    const own = this.#around.nodeKeyOf(trader)
    const traps: string[] = []
    if (staged !== undefined && this.#around.isUnconfirmedBatch(staged)) {
      traps.push('a proposal before the batch it signed, and was not told of, is confirmed: it abandons live channels')
    }
    if (inHandshake) traps.push('a proposal in a handshake: a daemon that starts waits for ever')
    if (proposal.batchVersion !== hearing.batchVersion) traps.push('another batch version than it announced')
    for (const { ownNonce, counterpart } of proposal.matches) {
      if (counterpart.nodeKey === own) traps.push('a match with its own node')
      if (!this.#around.knowsOrder(trader, ownNonce)) traps.push('a match of an order it does not know')
    }
    return traps
  }

  #trapsOfRequest(trader: string, { accepted, unanswered }: Hearing, request: SignRequest): readonly string[] {
    if (accepted === undefined || unanswered.length > 0) return ['SignBegin for what it has not accepted']
    const traps: string[] = []
    if (accepted.batchId !== request.batchId) traps.push('SignBegin for another batch')
    if (request.prevOutputs.length !== accepted.transaction.inputs.length) traps.push('SignBegin without every output')
    const taproot = accepted.accountDiffs
      .map(({ accountKey }) => accountKey)
      .filter((key) => this.#around.versionOf(trader, key) !== 0)
    if (taproot.toSorted().join() !== [...request.serverNonces.keys()].toSorted().join()) {
      traps.push('SignBegin without a nonce for every taproot account, or with one too many')
    }
    if ([...request.serverNonces.values()].some((nonce) => nonce.length !== 66))
      traps.push('a nonce that is not 66 bytes')
    return traps
  }

  #hearing(stream: object): Hearing {
    const known = this.#streams.get(stream)
    if (known !== undefined) return known
    const hearing: Hearing = {
      batchVersion: undefined,
      commitments: new Set(),
      subscriptions: new Set(),
      recoveries: new Set(),
      unanswered: [],
      accepted: undefined,
      signed: false,
      deaf: false,
    }
    this.#streams.set(stream, hearing)
    return hearing
  }
}
