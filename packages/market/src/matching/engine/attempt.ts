import type { AccountKey, NodeKey } from '@tidepool/crypto'
import { supportsUnannounced, supportsZeroConf } from '../../batchVersion.ts'
import type { BookBid, BookOrder, NodePair, StreamId } from '../../book.ts'
import type { MatchContext } from '../types.ts'
import type { Interner, NodeLists } from './interner.ts'
import { GONE } from './lazyReasons.ts'
import type { Rows } from './rows.ts'
import type { Scratch } from './scratch.ts'
import { DEAD, INACTIVE, NEEDS_UNANNOUNCED, NEEDS_ZERO_CONF, SIDECAR } from './traits.ts'

/** What the rows' numbers stand for. */
export interface Numbers {
  readonly accounts: Interner<AccountKey>
  readonly nodes: Interner<NodeKey>
  readonly lists: NodeLists
}

const READY = 1
const CARRIES_UNANNOUNCED = 2
const CARRIES_ZERO_CONF = 4
/** Nobody's. */
export const NO_STREAM = -1
const UINT32_MAX = 0xffffffff

/** A context looked up once per account and node instead of once per order (matching §5.3). */
export class Attempt {
  readonly context: MatchContext
  readonly lists: NodeLists
  readonly scratch: Scratch
  /** Stream number per account. */
  readonly streams: Int32Array
  /** Rating per node. */
  readonly tiers: Uint8Array
  readonly #streamNumbers = new Map<StreamId, number>()
  readonly #accountStates: Uint8Array
  readonly #bannedNodes: Uint8Array
  readonly #conflicts: ReadonlyMap<number, ReadonlySet<number>>

  constructor(context: MatchContext, numbers: Numbers, scratch: Scratch) {
    this.scratch = scratch
    const { accounts, nodes, lists } = numbers
    this.context = context
    this.lists = lists
    this.streams = new Int32Array(accounts.keys.length).fill(NO_STREAM)
    this.#accountStates = new Uint8Array(accounts.keys.length)
    for (const [number, key] of accounts.keys.entries()) this.#readAccount(number, key)
    this.tiers = new Uint8Array(nodes.keys.length).fill(context.defaultTier)
    for (const [node, tier] of context.tiers) {
      const number = nodes.known(node)
      if (number !== undefined) this.tiers[number] = tier
    }
    this.#bannedNodes = new Uint8Array(nodes.keys.length)
    for (const node of context.bannedNodes) {
      const number = nodes.known(node)
      if (number !== undefined) this.#bannedNodes[number] = 1
    }
    this.#conflicts = conflictNumbers(context.conflicts, nodes)
  }

  #readAccount(number: number, key: AccountKey): void {
    const { context } = this
    const known = context.accounts.get(key)
    if (known?.stream === undefined) return
    const { id, batchVersion } = known.stream
    this.streams[number] = this.streamNumber(id)
    const ready =
      known.ready &&
      known.account.expiry > context.height + context.expiryMargin &&
      !context.bannedAccounts.has(key) &&
      !context.silentAccounts.has(key) &&
      !context.excludedAccounts.has(key)
    this.#accountStates[number] =
      (ready ? READY : 0) |
      (supportsUnannounced(batchVersion) ? CARRIES_UNANNOUNCED : 0) |
      (supportsZeroConf(batchVersion) ? CARRIES_ZERO_CONF : 0)
  }

  streamNumber(id: StreamId): number {
    const known = this.#streamNumbers.get(id)
    if (known !== undefined) return known
    this.#streamNumbers.set(id, this.#streamNumbers.size)
    return this.#streamNumbers.size - 1
  }

  /** Stream of a sidecar bid's recipient, or of nobody. */
  recipientOf({ order }: BookBid): number {
    const recipient = order.isSidecar ? this.context.sidecarRecipients.get(order.multiSigKey) : undefined
    return recipient === undefined ? NO_STREAM : this.streamNumber(recipient.id)
  }

  /** Which of the two features the account's batch version carries, 0 to 3. */
  carries(account: number): number {
    return (this.#accountStates[account] as number) >> 1
  }

  /** P11: the nodes in conflict with one. */
  conflictsOf(node: number): ReadonlySet<number> | undefined {
    return this.#conflicts.get(node)
  }

  /** By row: 1 where all filters pass, `GONE` where the order has left. */
  admitted(rows: Rows, isOpen: boolean): Uint8Array {
    const mask = new Uint8Array(rows.length)
    const { maxFeeRate, account, node, traits } = rows
    const { feeRate } = this.context
    const fee = Number(feeRate < UINT32_MAX ? feeRate : UINT32_MAX)
    const [states, banned] = [this.#accountStates, this.#bannedNodes]
    for (let row = 0; row < rows.length; row++) {
      const own = traits[row] as number
      const state = states[account[row] as number] as number
      if ((own & DEAD) !== 0) mask[row] = GONE
      if (!isOpen || (own & (INACTIVE | DEAD)) !== 0 || (state & READY) === 0) continue
      if ((maxFeeRate[row] as number) < fee || banned[node[row] as number] === 1) continue
      if ((own & NEEDS_UNANNOUNCED) !== 0 && (state & CARRIES_UNANNOUNCED) === 0) continue
      if ((own & NEEDS_ZERO_CONF) !== 0 && (state & CARRIES_ZERO_CONF) === 0) continue
      if ((own & SIDECAR) !== 0 && !this.#recipientLive(rows.entries[row])) continue
      mask[row] = 1
    }
    this.#excludeByName(rows, mask)
    return mask
  }

  #recipientLive(entry: BookOrder | undefined): boolean {
    return entry?.order.kind !== 'bid' || this.context.sidecarRecipients.has(entry.order.multiSigKey)
  }

  /** Orders named in the context, and fee limits beyond 32 bits. */
  #excludeByName(rows: Rows, mask: Uint8Array): void {
    const { excludedOrders, feeRate } = this.context
    if (excludedOrders.size === 0 && feeRate < UINT32_MAX) return
    for (let row = 0; row < rows.length; row++) {
      const order = rows.entries[row]?.order
      if (order === undefined) continue
      const out = excludedOrders.has(order.nonce) || order.maxBatchFeeRate < feeRate
      if (out && mask[row] === 1) mask[row] = 0
    }
  }
}

function conflictNumbers(
  pairs: ReadonlySet<NodePair>,
  nodes: Interner<NodeKey>,
): ReadonlyMap<number, ReadonlySet<number>> {
  const conflicts = new Map<number, Set<number>>()
  const note = (one: number, other: number): void => {
    const known = conflicts.get(one) ?? new Set()
    conflicts.set(one, known.add(other))
  }
  for (const pair of pairs) {
    const [a, b] = pair.split('|').map((key) => nodes.known(key as NodeKey))
    if (a === undefined || b === undefined) continue
    note(a, b)
    note(b, a)
  }
  return conflicts
}
