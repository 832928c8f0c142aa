import { satoshi } from '@tidepool/crypto'
import type { AccountKey, NodeKey } from '@tidepool/crypto'
import type { BookAccount, MasterOutput, MatchContext, StreamId } from '@tidepool/market'
import { mayTrade } from '../core/account.ts'
import { buildAttempt } from '../core/buildAttempt.ts'
import type { AttemptInput, AttemptOutcome } from '../core/buildAttempt.ts'
import type { ConflictMemory } from '../core/conflictMemory.ts'
import { AuctioneerError } from '../core/errors.ts'
import type { Exclusions } from '../core/exclusions.ts'
import { chainInOrder, linkOf, totalsOf, whyNoRoom } from '../core/unconfirmedChain.ts'
import type { ChainTotals } from '../core/unconfirmedChain.ts'
import type { ChainWatcher } from '../ports/chain.ts'
import type { Matcher } from '../ports/matcher.ts'
import type { LocatedKey } from '../ports/wallet.ts'
import type { BatchPublisher } from './batchPublisher.ts'
import type { BanService } from './bans.ts'
import type { DurationService } from './durations.ts'
import type { FeeRates } from './feeRates.ts'
import type { Ledger } from './ledger.ts'
import type { AuctioneerOptions } from './options.ts'
import type { NodeRatings } from './ratings.ts'
import type { SessionRegistry } from './sessionRegistry.ts'
import type { SilenceService } from './silences.ts'

interface Modules {
  readonly ledger: Ledger
  readonly registry: SessionRegistry
  readonly chain: ChainWatcher
  readonly fees: FeeRates
  readonly ratings: NodeRatings
  readonly masterKey: LocatedKey
  readonly durations: DurationService
  readonly bans: BanService
  readonly silences: Pick<SilenceService, 'leftOut'>
  readonly publisher: Pick<BatchPublisher, 'refusal' | 'republish'>
  /** Builds in the caller's thread where there is none. */
  readonly matcher: Matcher | undefined
}

/** Who takes no part in an attempt. */
export interface LeftOut {
  readonly exclusions: Exclusions
  /** Of streams that failed in this run, whichever stream speaks for them now. */
  readonly accounts: readonly AccountKey[]
  readonly memory: ConflictMemory
}

/** Takes the snapshot an attempt is built from, and builds it. */
export class AttemptBuilder {
  readonly #options: AuctioneerOptions
  readonly #modules: Modules

  constructor(options: AuctioneerOptions, modules: Modules) {
    this.#options = options
    this.#modules = modules
  }

  /** @throws BatchBuildError, AuctioneerError MASTER_ACCOUNT_* */
  async build(attempt: number, left: LeftOut): Promise<AttemptOutcome> {
    const feeRate = await this.#modules.fees.refresh()
    const { ledger, matcher } = this.#modules
    const heldBack = await this.#heldBack()
    if (heldBack !== undefined) return { attempt: undefined, heldBack, resting: new Map(), feeRate }
    // The snapshot is taken at once; an order canceled after it makes the proposal void.
    const snapshot = (): Omit<AttemptInput, 'book'> => this.#snapshot(attempt, left)
    if (matcher !== undefined) return matcher.build(ledger.openOrders, snapshot)
    return buildAttempt({ ...snapshot(), book: [...ledger.openOrders.values()] })
  }

  /** What was refused with the last block may be taken by now. */
  async #heldBack(): Promise<string | undefined> {
    const { publisher } = this.#modules
    if (publisher.refusal !== undefined) await publisher.republish()
    return publisher.refusal ?? whyNoRoom(this.#unconfirmed(), 0, this.#options.chainLimits)
  }

  #snapshot(attempt: number, left: LeftOut): Omit<AttemptInput, 'book'> {
    const { ledger, chain, fees } = this.#modules
    const { maxFeeRate, autoRenewExtension, upgradeTo, chainLimits } = this.#options
    return {
      attempt,
      match: {
        feeRate: fees.current,
        height: chain.bestHeight(),
        ...this.#setting(),
        ...this.#left(left),
      },
      construct: {
        batchId: ledger.auction.batchKey,
        extendExpiry: autoRenewExtension,
        upgradeTo,
        extraFee: satoshi(ledger.auction.proposals),
      },
      master: this.#master(),
      unconfirmed: this.#unconfirmed(),
      chainLimits,
      maxFeeRate,
    }
  }

  #setting(): Pick<
    MatchContext,
    | 'expiryMargin'
    | 'accounts'
    | 'sidecarRecipients'
    | 'openDurations'
    | 'tiers'
    | 'defaultTier'
    | 'bannedAccounts'
    | 'bannedNodes'
    | 'silentAccounts'
    | 'pendingChannels'
    | 'rules'
  > {
    const { expiryMargin, defaultTier, rules } = this.#options
    return {
      expiryMargin,
      accounts: this.#accounts(),
      sidecarRecipients: new Map(),
      openDurations: this.#modules.durations.open,
      tiers: this.#modules.ratings.tiers,
      defaultTier,
      bannedAccounts: this.#modules.bans.keys as ReadonlySet<AccountKey>,
      bannedNodes: this.#modules.bans.keys as ReadonlySet<NodeKey>,
      silentAccounts: this.#modules.silences.leftOut,
      pendingChannels: this.#pendingChannels(),
      rules,
    }
  }

  #left({
    exclusions,
    memory,
    accounts,
  }: LeftOut): Pick<MatchContext, 'conflicts' | 'excludedOrders' | 'excludedAccounts'> {
    const streams = [...exclusions.streams.keys(), ...memory.streams]
    return {
      conflicts: new Set([...exclusions.pairs, ...memory.pairs.keys()]),
      excludedOrders: new Set(),
      excludedAccounts: new Set([
        ...accounts,
        ...streams.flatMap((stream) => this.#modules.registry.accountsOf(stream)),
      ]),
    }
  }

  #accounts(): ReadonlyMap<AccountKey, BookAccount> {
    const { ledger, registry } = this.#modules
    const accounts = new Map<AccountKey, BookAccount>()
    const waiting = this.#missingFinalize()
    const waits = (key: AccountKey, stream: StreamId | undefined): boolean =>
      (stream !== undefined && waiting.streams.has(stream)) ||
      (waiting.nodes.size > 0 && ledger.ordersOf(key).some(({ order }) => waiting.nodes.has(order.nodeKey)))
    for (const [key, { account, state }] of ledger.accounts) {
      const stream = registry.streamOf(key)
      accounts.set(key, { account, ready: mayTrade(state) && !waits(key, stream?.id), stream })
    }
    return accounts
  }

  /**
   * A daemon that missed a Finalize would abandon its new channels at the next proposal, whichever account it is for. It
   * proves its accounts one after the other, so it is known by its node too.
   */
  #missingFinalize(): { readonly streams: ReadonlySet<StreamId>; readonly nodes: ReadonlySet<NodeKey> } {
    const { ledger, registry } = this.#modules
    const keys = new Set<AccountKey>()
    const streams = new Set<StreamId>()
    for (const [key, { state }] of ledger.accounts) {
      if (state.kind !== 'pendingBatch' || state.finalizeDelivered) continue
      keys.add(key)
      const session = registry.sessionOf(key)
      if (session !== undefined) streams.add(session.id)
    }
    const nodes = new Set<NodeKey>()
    const matches = keys.size === 0 ? [] : [...ledger.unconfirmedBatches.values()].flatMap((batch) => batch.matches)
    for (const { askAccount, askNode, bidAccount, bidNode } of matches) {
      if (keys.has(askAccount)) nodes.add(askNode)
      if (keys.has(bidAccount)) nodes.add(bidNode)
    }
    return { streams, nodes }
  }

  #pendingChannels(): ReadonlyMap<NodeKey, number> {
    const pending = new Map<NodeKey, number>()
    for (const { matches } of this.#modules.ledger.unconfirmedBatches.values()) {
      for (const node of matches.flatMap(({ askNode, bidNode }) => [askNode, bidNode])) {
        pending.set(node, (pending.get(node) ?? 0) + 1)
      }
    }
    return pending
  }

  #unconfirmed(): ChainTotals {
    const { unconfirmedBatches, auction } = this.#modules.ledger
    return totalsOf(chainInOrder(unconfirmedBatches.values(), auction.bumps).map(linkOf))
  }

  #master(): MasterOutput {
    const { master } = this.#modules.ledger.auction
    if (master === undefined) {
      throw new AuctioneerError({ code: 'MASTER_ACCOUNT_MISSING' }, 'the auctioneer has no funds: run auctionctl init')
    }
    if (master.kind !== 'ready') {
      throw new AuctioneerError({ code: 'MASTER_ACCOUNT_UNCONFIRMED' }, 'the master account waits for its confirmation')
    }
    const { batchKey, outpoint, value } = master
    return { key: this.#modules.masterKey.key, batchKey, outpoint, value }
  }
}
