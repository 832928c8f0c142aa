import type { OutPoint, PackedInputs, PackedOutputs, Transaction, TxList, TxOutput } from '@tidepool/crypto'
import { packInputs, packOutputs, satoshi } from '@tidepool/crypto'

/** An output that a batch spends, as the auctioneer told when it asked for signatures. */
export interface SpentOutput {
  readonly outpoint: OutPoint
  readonly script: Uint8Array
}

/**
 * Everything a batch spends, in its order: as many as it has inputs, so what the transaction and the auctioneer's list have
 * in common with all traders stays in serialised form.
 */
export class SpentOutputs implements Iterable<SpentOutput> {
  readonly #inputs: PackedInputs
  readonly #outputs: PackedOutputs

  /** The output of each input, in the same order. */
  constructor(transaction: Pick<Transaction, 'inputs'>, outputs: TxList<TxOutput>) {
    this.#inputs = packInputs(transaction.inputs)
    this.#outputs = packOutputs(outputs)
  }

  static of(spent: readonly SpentOutput[]): SpentOutputs {
    const inputs = spent.map(({ outpoint }) => ({ prevout: outpoint, scriptSig: NOTHING, sequence: 0, witness: [] }))
    return new SpentOutputs(
      { inputs },
      spent.map(({ script }) => ({ value: satoshi(0), script })),
    )
  }

  get inputs(): PackedInputs {
    return this.#inputs
  }

  get outputs(): PackedOutputs {
    return this.#outputs
  }

  get length(): number {
    return Math.min(this.#inputs.length, this.#outputs.length)
  }

  *[Symbol.iterator](): Generator<SpentOutput, undefined> {
    for (let index = 0; index < this.length; index++) {
      yield { outpoint: this.#inputs.prevout(index), script: this.#outputs.script(index) }
    }
    return undefined
  }

  /** How they are stored by themselves: as a transaction that spends them and has them for its outputs. */
  asTransaction(): Transaction {
    return { version: 0, inputs: this.#inputs, outputs: this.#outputs, lockTime: 0 }
  }
}

const NOTHING = new Uint8Array()
