import type { TxOutput } from '@tidepool/crypto'
import { equalBytes } from '@tidepool/crypto'

/**
 * Finds outputs by value and script without looking at all of them for each channel. Outputs share a slot when the last
 * bytes of their scripts agree, which are parts of hashes or keys: whoever makes them agree gains a slower search.
 */
export class OutputIndex {
  readonly #outputs: readonly TxOutput[]
  /** Per slot the first output's number plus one, and for each output the next in its slot. */
  readonly #first: Int32Array
  readonly #next: Int32Array

  constructor(outputs: readonly TxOutput[]) {
    this.#outputs = outputs
    this.#first = new Int32Array(2 ** Math.ceil(Math.log2(outputs.length + 1)))
    this.#next = new Int32Array(outputs.length)
    for (let index = outputs.length - 1; index >= 0; index--) {
      const slot = this.#slotOf(outputs[index]?.script)
      this.#next[index] = this.#first[slot] ?? 0
      this.#first[slot] = index + 1
    }
  }

  /** Indexes of the outputs exactly like this one, ascending. */
  find(wanted: TxOutput): readonly number[] {
    const found: number[] = []
    let at = this.#first[this.#slotOf(wanted.script)] ?? 0
    for (; at > 0; at = this.#next[at - 1] ?? 0) {
      const output = this.#outputs[at - 1]
      if (output?.value === wanted.value && equalBytes(output.script, wanted.script)) found.push(at - 1)
    }
    return found
  }

  #slotOf(script: Uint8Array = new Uint8Array()): number {
    const last = script.length - 1
    const bits = (script[last] ?? 0) | ((script[last - 1] ?? 0) << 8) | ((script[last - 2] ?? 0) << 16)
    return bits & (this.#first.length - 1)
  }
}
