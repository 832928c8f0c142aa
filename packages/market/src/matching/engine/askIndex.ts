import type { BookAsk, BookBid } from '../../book.ts'
import { CLASS_RULES } from '../pairRules.ts'
import type { MatchContext } from '../types.ts'
import { AskTrees } from './askTrees.ts'
import type { Attempt } from './attempt.ts'
import { ANY_NODE, type NodeLists } from './interner.ts'
import type { Rows } from './rows.ts'
import { TRAITS_MASK } from './traits.ts'

/** Nodes with a bit of their own; all others share the last. */
const BUSY_NODES = 31
const OTHER_NODES = 1 << 31
const NO_LEAF = 0xffffffff

/**
 * The asks of one market that a pass may reach: classes under trees, asks with an allow list by the nodes they allow,
 * and, once a bid with an allow list needs it, all asks by node.
 */
export class AskIndex {
  readonly trees: AskTrees
  /** Amount left, by row; 0 for asks that take no part. */
  readonly left: Uint32Array
  /** Class number, by row. */
  readonly kinds: Uint32Array
  readonly #attempt: Attempt
  readonly #asks: Rows<BookAsk>
  /** Leaf in the class's tree, by row; asks with an allow list have none. */
  readonly #leaves: Uint32Array
  /** A row of each class. */
  readonly #examples: readonly number[]
  readonly #groupOf: Int32Array
  readonly #busy: readonly number[]
  readonly #allowing = new Map<number, AskQueue>()
  readonly #admitted = new Map<number, Uint8Array>()
  readonly #groupsOfList = new Map<number, number>()
  #byNode: ReadonlyMap<number, readonly number[]> | undefined
  readonly #ofList = new Map<number, AskQueue>()

  /** Asks before the first row that no bid reaches; `left` is 0 for those that take no part. */
  constructor(asks: Rows<BookAsk>, left: Uint32Array, attempt: Attempt) {
    this.#attempt = attempt
    this.#asks = asks
    this.left = left
    this.kinds = attempt.scratch.column('kinds', left.length)
    this.#leaves = attempt.scratch.column('leaves', left.length)
    this.#busy = busiestNodes(asks, left)
    this.#groupOf = new Int32Array(attempt.tiers.length).fill(OTHER_NODES)
    for (const [bit, node] of this.#busy.entries()) this.#groupOf[node] = 1 << bit
    const { counts, examples } = this.#classify()
    this.#examples = examples
    this.trees = new AskTrees(counts, attempt.scratch)
    this.#plant()
  }

  #classify(): { readonly counts: readonly number[]; readonly examples: readonly number[] } {
    const { traits, node, account, list } = this.#asks
    const { tiers, lists } = this.#attempt
    const known = new Int16Array(2048).fill(-1)
    const counts: number[] = []
    const examples: number[] = []
    for (let row = 0; row < this.left.length; row++) {
      if (this.left[row] === 0) continue
      const tier = tiers[node[row] as number] as number
      const key =
        ((traits[row] as number) & TRAITS_MASK) | (tier << 8) | (this.#attempt.carries(account[row] as number) << 9)
      let kind = known[key] as number
      if (kind < 0) {
        kind = counts.push(0) - 1
        known[key] = kind
        examples.push(row)
      }
      this.kinds[row] = kind
      const own = list[row] as number
      if (own !== ANY_NODE && lists.isAllowList(own)) this.#allow(row, own, lists)
      else {
        const leaf = counts[kind] as number
        this.#leaves[row] = leaf
        counts[kind] = leaf + 1
      }
    }
    return { counts, examples }
  }

  #allow(row: number, list: number, lists: NodeLists): void {
    this.#leaves[row] = NO_LEAF
    for (const node of lists.members(list)) {
      const known = this.#allowing.get(node)
      if (known === undefined) this.#allowing.set(node, { rows: [row], first: 0 })
      else known.rows.push(row)
    }
  }

  #plant(): void {
    const { min, node } = this.#asks
    for (let row = 0; row < this.left.length; row++) {
      const left = this.left[row] as number
      const leaf = this.#leaves[row] as number
      if (left === 0 || leaf === NO_LEAF) continue
      const group = this.#groupOf[node[row] as number] as number
      this.trees.place(this.kinds[row] as number, leaf, row, left, min[row] as number, group)
    }
    this.trees.build()
  }

  /** Takes what a match used, and the ask out once too little is left for another. */
  take(row: number, units: number): void {
    const left = (this.left[row] as number) - units
    const alive = left > 0 && left >= (this.#asks.min[row] as number) ? left : 0
    this.left[row] = alive
    const leaf = this.#leaves[row] as number
    if (leaf !== NO_LEAF) this.trees.update(this.kinds[row] as number, leaf, alive)
  }

  /** One for each class that a bid like this may meet, as the rules themselves say of an example. */
  admittedKinds(signature: number, bid: BookBid, context: MatchContext): Uint8Array {
    const known = this.#admitted.get(signature)
    if (known !== undefined) return known
    const admitted = Uint8Array.from(this.#examples, (row) => {
      const ask = this.#asks.entries[row] as BookAsk
      return CLASS_RULES.every((rule) => rule(ask.order, bid.order, context) === undefined) ? 1 : 0
    })
    this.#admitted.set(signature, admitted)
    return admitted
  }

  /** Bits of the groups a bid may meet: not its own node's, nor those of busy nodes it denies. */
  groupsFor(node: number, list: number): number {
    const own = this.#groupOf[node] as number
    const except = own === OTHER_NODES ? 0 : own
    if (list === ANY_NODE) return ~except
    let denied = this.#groupsOfList.get(list)
    if (denied === undefined) {
      denied = 0
      for (const [bit, busy] of this.#busy.entries()) if (!this.#attempt.lists.admits(list, busy)) denied |= 1 << bit
      this.#groupsOfList.set(list, denied)
    }
    return ~(except | denied)
  }

  /** Asks that have an allow list with this node. */
  allowing(node: number): AskQueue {
    const queue = this.#allowing.get(node)
    return queue === undefined ? NO_ASKS : this.#advance(queue)
  }

  /** Asks of the nodes that an allow list names. */
  ofList(list: number): AskQueue {
    const known = this.#ofList.get(list)
    if (known !== undefined) return this.#advance(known)
    this.#byNode ??= rowsByNode(this.#asks, this.left)
    const rows: number[] = []
    for (const node of this.#attempt.lists.members(list)) for (const row of this.#byNode.get(node) ?? []) rows.push(row)
    const queue = { rows: rows.sort((a, b) => a - b), first: 0 }
    this.#ofList.set(list, queue)
    return this.#advance(queue)
  }

  #advance(queue: AskQueue): AskQueue {
    while (queue.first < queue.rows.length && this.left[queue.rows[queue.first] as number] === 0) queue.first++
    return queue
  }
}

/** Rows of some asks, best first; those before `first` have nothing left. */
export interface AskQueue {
  readonly rows: number[]
  first: number
}

const NO_ASKS: AskQueue = { rows: [], first: 0 }

function busiestNodes(asks: Rows<BookAsk>, left: Uint32Array): readonly number[] {
  const counts = new Map<number, number>()
  for (let row = 0; row < left.length; row++) {
    if (left[row] === 0) continue
    const node = asks.node[row] as number
    counts.set(node, (counts.get(node) ?? 0) + 1)
  }
  return [...counts]
    .toSorted(([a, many], [b, more]) => more - many || a - b)
    .slice(0, BUSY_NODES)
    .map(([node]) => node)
}

function rowsByNode(asks: Rows<BookAsk>, left: Uint32Array): ReadonlyMap<number, readonly number[]> {
  const byNode = new Map<number, number[]>()
  for (let row = 0; row < left.length; row++) {
    if (left[row] === 0) continue
    const node = asks.node[row] as number
    const known = byNode.get(node)
    if (known === undefined) byNode.set(node, [row])
    else known.push(row)
  }
  return byNode
}
