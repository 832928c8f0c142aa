import { decodeTx, fromHex, type Transaction, type Txid, txid } from '@tidepool/crypto'
import type { JsonRpc } from './jsonRpc.ts'

interface WireTransaction {
  readonly txid: string
  readonly hex: string
}

interface WireBlock {
  readonly hash: string
  readonly previousblockhash?: string
  readonly tx?: readonly WireTransaction[]
  /** btcd's name for the list. */
  readonly rawtx?: readonly WireTransaction[]
}

interface IndexedBlock {
  readonly hash: string
  readonly hexByTxid: ReadonlyMap<Txid, string>
}

/**
 * What is in which block, so that the daemons need no transaction index: lnd must find its transactions without one, and
 * with one its wrong height hints would go unnoticed.
 */
export class BlockIndex {
  readonly #rpc: JsonRpc
  readonly #blocks: IndexedBlock[] = []
  readonly #heights = new Map<Txid, number>()

  constructor(rpc: JsonRpc) {
    this.#rpc = rpc
  }

  /** Follows the chain to its tip, across reorganisations. Resolves to the height. */
  async update(): Promise<number> {
    const tip = await this.#rpc.call<number>('getblockcount')
    while (this.#blocks.length > 0 && !(await this.#stillThere(this.#blocks.length - 1))) this.#drop()
    for (let height = this.#blocks.length; height <= tip; height++) await this.#add(height)
    return this.#blocks.length - 1
  }

  heightOf(id: Txid): number | undefined {
    return this.#heights.get(id)
  }

  block(height: number): IndexedBlock | undefined {
    return this.#blocks[height]
  }

  transactionAt(height: number, id: Txid): Transaction | undefined {
    const hex = this.#blocks[height]?.hexByTxid.get(id)
    return hex === undefined ? undefined : decodeTx(fromHex(hex))
  }

  async #stillThere(height: number): Promise<boolean> {
    const tip = await this.#rpc.call<number>('getblockcount')
    if (height > tip) return false
    return (await this.#rpc.call<string>('getblockhash', [height])) === this.#blocks[height]?.hash
  }

  async #add(height: number): Promise<void> {
    const hash = await this.#rpc.call<string>('getblockhash', [height])
    const block = await this.#rpc.call<WireBlock>('getblock', [hash, 2])
    const list = block.tx ?? block.rawtx ?? []
    this.#blocks[height] = { hash, hexByTxid: new Map(list.map((tx) => [txid(tx.txid), tx.hex])) }
    for (const tx of list) this.#heights.set(txid(tx.txid), height)
  }

  #drop(): void {
    for (const id of this.#blocks.pop()?.hexByTxid.keys() ?? []) this.#heights.delete(id)
  }
}
