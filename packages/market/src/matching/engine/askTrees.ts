import type { Scratch } from './scratch.ts'

/** Row of no ask, after all rows. */
export const NO_ROW = 0x7fffffff
/** Numbers per tree node: largest amount left, smallest minimum, bits of the nodes' groups, one spare. */
const WIDTH = 4
const UINT32_MAX = 0xffffffff

/** What a bid wants of an ask, as far as the trees know. */
export interface Wish {
  /** An ask must have this much left. */
  need: number
  /** An ask's minimum may be this much. */
  cap: number
  /** Bits of the node groups that will do. */
  groups: number
}

const ANY_ASK: Wish = { need: 1, cap: UINT32_MAX, groups: -1 }

/**
 * Asks by class, each class in priority order under a flat binary tree (matching §5.1). A subtree without an ask that
 * is large enough, or without one that is small enough, or only of groups that will not do, is passed over at once.
 */
export class AskTrees {
  readonly #cells: Uint32Array
  /** Per class: first cell of its tree, number of leaves, index of its first leaf's row. */
  readonly #cellAt: Int32Array
  readonly #leaves: Int32Array
  readonly #rowAt: Int32Array
  readonly #rows: Uint32Array
  /** Per class: no ask before this leaf has anything left. */
  readonly #alive: Int32Array

  /** For classes of so many asks each. */
  constructor(counts: readonly number[], scratch: Scratch) {
    this.#cellAt = new Int32Array(counts.length)
    this.#leaves = new Int32Array(counts.length)
    this.#rowAt = new Int32Array(counts.length)
    this.#alive = new Int32Array(counts.length)
    let [cells, rows] = [0, 0]
    for (const [index, count] of counts.entries()) {
      let leaves = 1
      while (leaves < count) leaves *= 2
      this.#leaves[index] = leaves
      this.#cellAt[index] = cells
      this.#rowAt[index] = rows
      cells += 2 * leaves * WIDTH
      rows += leaves + 1
    }
    this.#cells = scratch.column('cells', cells)
    for (let cell = 1; cell < cells; cell += WIDTH) this.#cells[cell] = UINT32_MAX
    this.#rows = scratch.column('leafRows', rows).fill(NO_ROW)
  }

  /** Fills a leaf before `build`. */
  place(kind: number, leaf: number, row: number, left: number, min: number, group: number): void {
    this.#rows[(this.#rowAt[kind] as number) + leaf] = row
    const cell = this.#cellOf(kind, leaf)
    this.#cells[cell] = left
    this.#cells[cell + 1] = min
    this.#cells[cell + 2] = group
  }

  build(): void {
    const cells = this.#cells
    for (let kind = 0; kind < this.#leaves.length; kind++) {
      const root = this.#cellAt[kind] as number
      for (let i = (this.#leaves[kind] as number) - 1; i >= 1; i--) join(cells, root + i * WIDTH, root + 2 * i * WIDTH)
    }
  }

  #cellOf(kind: number, leaf: number): number {
    return (this.#cellAt[kind] as number) + ((this.#leaves[kind] as number) + leaf) * WIDTH
  }

  /** Row of a leaf, `NO_ROW` behind the last. */
  rowOf(kind: number, leaf: number): number {
    return this.#rows[(this.#rowAt[kind] as number) + leaf] as number
  }

  /** First leaf that may have anything left. */
  firstAlive(kind: number): number {
    return this.#alive[kind] as number
  }

  /**
   * First leaf from here on that fits the wish, or the one behind the last. Gives up at a row from `bound` on: no leaf
   * before the one returned then fits.
   */
  next(kind: number, leaf: number, wish: Wish, bound: number): number {
    const cells = this.#cells
    const leaves = this.#leaves[kind] as number
    if (leaf >= leaves) return leaves
    const root = this.#cellAt[kind] as number
    const rowAt = this.#rowAt[kind] as number
    const { need, cap, groups } = wish
    let [i, level] = [leaves + leaf, 0]
    for (;;) {
      const cell = root + i * WIDTH
      const fits =
        (cells[cell] as number) >= need &&
        (cells[cell + 1] as number) <= cap &&
        ((cells[cell + 2] as number) & groups) !== 0
      if (fits) {
        const first = (i << level) - leaves
        if (level === 0 || (this.#rows[rowAt + first] as number) >= bound) return first
        i *= 2
        level -= 1
      } else {
        while ((i & 1) === 1) {
          i >>= 1
          level += 1
        }
        if (i === 0) return leaves
        i += 1
      }
    }
  }

  /** Takes the new amount left of a leaf into its tree; 0 takes the ask out. */
  update(kind: number, leaf: number, left: number): void {
    const cells = this.#cells
    const cell = this.#cellOf(kind, leaf)
    cells[cell] = left
    if (left === 0) {
      cells[cell + 1] = UINT32_MAX
      cells[cell + 2] = 0
    }
    const root = this.#cellAt[kind] as number
    for (let i = ((this.#leaves[kind] as number) + leaf) >> 1; i >= 1; i >>= 1) {
      if (!join(cells, root + i * WIDTH, root + 2 * i * WIDTH)) break
    }
    if (left === 0 && leaf === this.#alive[kind]) this.#alive[kind] = this.next(kind, leaf + 1, ANY_ASK, NO_ROW)
  }
}

/** Joins two neighbouring cells into their parent; whether that changed anything. */
function join(cells: Uint32Array, parent: number, child: number): boolean {
  const other = child + WIDTH
  const left = Math.max(cells[child] as number, cells[other] as number)
  const min = Math.min(cells[child + 1] as number, cells[other + 1] as number)
  const groups = ((cells[child + 2] as number) | (cells[other + 2] as number)) >>> 0
  if (cells[parent] === left && cells[parent + 1] === min && cells[parent + 2] === groups) return false
  cells[parent] = left
  cells[parent + 1] = min
  cells[parent + 2] = groups
  return true
}
