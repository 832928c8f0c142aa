import type { PackedOutputs, TxList, TxOutput } from '@tidepool/crypto'
import { packOutputs } from '@tidepool/crypto'

/**
 * Finds outputs by value and script without looking at all of them for each channel. Outputs share a slot when the last
 * bytes of their scripts agree, which are parts of hashes or keys: whoever makes them agree gains a slower search.
 */
export class OutputIndex {
  readonly #outputs: PackedOutputs
  /** Per slot the first output's number plus one, and for each output the next in its slot. */
  readonly #first: Int32Array
  readonly #next: Int32Array

  constructor(outputs: TxList<TxOutput>) {
    this.#outputs = packOutputs(outputs)
    this.#first = new Int32Array(2 ** Math.ceil(Math.log2(outputs.length + 1)))
    this.#next = new Int32Array(outputs.length)
    for (let index = outputs.length - 1; index >= 0; index--) {
      const slot = this.#slotOf(this.#outputs, index)
      this.#next[index] = this.#first[slot] ?? 0
      this.#first[slot] = index + 1
    }
  }

  /** Indexes of the outputs exactly like this one, ascending. */
  find(wanted: TxOutput): readonly number[] {
    const found: number[] = []
    let at = this.#first[this.#slotOf(packOutputs([wanted]), 0)] ?? 0
    for (; at > 0; at = this.#next[at - 1] ?? 0) {
      if (this.#outputs.isAt(at - 1, wanted)) found.push(at - 1)
    }
    return found
  }

  #slotOf(outputs: PackedOutputs, index: number): number {
    return outputs.scriptEnd(index) & (this.#first.length - 1)
  }
}
