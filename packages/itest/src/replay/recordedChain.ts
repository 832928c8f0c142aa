import { blockHeight, formatOutPoint, txid, txidOf } from '@tidepool/crypto'
import type { BlockHeight, OutPoint, Transaction, TxOutput, Txid } from '@tidepool/crypto'

export interface InBlock {
  readonly transaction: Transaction
  readonly height: BlockHeight
}

/** The chain as a recording tells it: blocks come when it says, with everything broadcast until then. */
export class RecordedChain {
  #height: number
  readonly #waiting = new Map<Txid, Transaction>()
  readonly #blocks = new Map<Txid, InBlock>()
  readonly #listeners = new Set<() => void>()

  constructor(height: number) {
    this.#height = height
  }

  get height(): BlockHeight {
    return blockHeight(this.#height)
  }

  broadcast(transaction: Transaction, id: Txid = txidOf(transaction)): void {
    if (!this.#blocks.has(id)) this.#waiting.set(id, transaction)
  }

  /** A transaction the recording names without showing it: as far as known, it has this one output. */
  broadcastUnseen(outpoint: OutPoint, output: TxOutput): void {
    const outputs = Array.from({ length: outpoint.index + 1 }, () => output)
    const prevout = { txid: txid('00'.repeat(32)), index: outpoint.index }
    const inputs = [{ prevout, scriptSig: new Uint8Array(), sequence: 0, witness: [] }]
    this.broadcast({ version: 2, inputs, outputs, lockTime: 0 }, outpoint.txid)
  }

  mine(blocks: number): void {
    for (let i = 0; i < blocks; i++) {
      this.#height += 1
      for (const [id, transaction] of this.#waiting) this.#blocks.set(id, { transaction, height: this.height })
      this.#waiting.clear()
      for (const listener of [...this.#listeners]) listener()
    }
  }

  /** To a height that was reached between two recordings. */
  mineTo(height: number): void {
    if (height > this.#height) this.mine(height - this.#height)
  }

  /** Called after every block; the result ends it. */
  onBlock(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  confirmed(id: Txid, confirmations: number): InBlock | undefined {
    const found = this.#blocks.get(id)
    return found !== undefined && this.#height - found.height + 1 >= confirmations ? found : undefined
  }

  spender(outpoint: OutPoint): (InBlock & { readonly inputIndex: number }) | undefined {
    const wanted = formatOutPoint(outpoint)
    for (const found of this.#blocks.values()) {
      const inputIndex = found.transaction.inputs.findIndex(({ prevout }) => formatOutPoint(prevout) === wanted)
      if (inputIndex !== -1) return { ...found, inputIndex }
    }
    return undefined
  }
}
