import type { NodeKey } from '@tidepool/crypto'
import type { NodeFilter } from '../../order.ts'

/** Small numbers for keys, handed out in order of first sight. No outcome depends on them. */
export class Interner<K extends string> {
  readonly #numbers = new Map<K, number>()
  readonly keys: K[] = []

  of(key: K): number {
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    this.#numbers.set(key, this.keys.length)
    return this.keys.push(key) - 1
  }

  /** undefined for a key never seen. */
  known(key: K): number | undefined {
    return this.#numbers.get(key)
  }
}

/** Number of the list that admits everyone. */
export const ANY_NODE = 0

/** Node lists, each distinct one kept once: traders use the same list for many orders. */
export class NodeLists {
  readonly #nodes: Interner<NodeKey>
  readonly #numbers = new Map<string, number>([['any', ANY_NODE]])
  readonly #members: Int32Array[] = [new Int32Array(0)]
  readonly #allows: boolean[] = [false]
  /** Most orders of a trader hold the very same list: then its members need not be looked at again. */
  readonly #known = new WeakMap<NodeFilter, number>()

  constructor(nodes: Interner<NodeKey>) {
    this.#nodes = nodes
  }

  get size(): number {
    return this.#members.length
  }

  of(filter: NodeFilter): number {
    if (filter.kind === 'any' || (filter.kind === 'deny' && filter.nodes.length === 0)) return ANY_NODE
    const before = this.#known.get(filter)
    if (before !== undefined) return before
    const number = this.#numberOf(filter)
    this.#known.set(filter, number)
    return number
  }

  #numberOf(filter: Exclude<NodeFilter, { readonly kind: 'any' }>): number {
    const members = Int32Array.from(new Set(filter.nodes), (node) => this.#nodes.of(node)).sort()
    const text = `${filter.kind} ${members.join(' ')}`
    const known = this.#numbers.get(text)
    if (known !== undefined) return known
    this.#numbers.set(text, this.#members.length)
    this.#allows.push(filter.kind === 'allow')
    return this.#members.push(members) - 1
  }

  isAllowList(list: number): boolean {
    return this.#allows[list] as boolean
  }

  /** Ascending. */
  members(list: number): Int32Array {
    return this.#members[list] as Int32Array
  }

  /** P7, one direction. */
  admits(list: number, node: number): boolean {
    const members = this.#members[list] as Int32Array
    let [low, high] = [0, members.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((members[middle] as number) < node) low = middle + 1
      else high = middle
    }
    return (members[low] === node) === this.#allows[list]
  }
}
