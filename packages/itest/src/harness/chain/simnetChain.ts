import {
  decodeTx,
  encodeTx,
  satoshi,
  txid,
  txidOf,
  type OutPoint,
  type Transaction,
  type TxOutput,
  type Txid,
} from '@tidepool/crypto'
import { RpcError, STATUS, type Client, type tidepool } from '@tidepool/rpc'
import type { Chain, ChainBlock, ChainTransaction } from './chain.ts'

/** The simulated chain, through the simulator's control service. */
export class SimnetChain implements Chain {
  readonly kind = 'simnet'
  readonly #control: Client<tidepool.Simnet_Service>

  constructor(control: Client<tidepool.Simnet_Service>) {
    this.#control = control
  }

  async height(): Promise<number> {
    return (await this.#control.status({})).height
  }

  async mine(blocks: number): Promise<number> {
    return (await this.#control.mine({ blocks })).height
  }

  async mempool(): Promise<readonly Txid[]> {
    const { rawTxs } = await this.#control.getMempool({})
    return rawTxs.map((raw) => txidOf(decodeTx(raw)))
  }

  async transaction(id: Txid): Promise<ChainTransaction | undefined> {
    try {
      const found = await this.#control.getTransaction({ txid: id })
      const height = found.blockHeight === 0 ? undefined : found.blockHeight
      return { transaction: decodeTx(found.rawTx), height, confirmations: found.confirmations }
    } catch (error) {
      if (error instanceof RpcError && error.status === STATUS.NOT_FOUND) return undefined
      throw error
    }
  }

  async block(height: number): Promise<ChainBlock> {
    const { blockHash, rawTxs } = await this.#control.getBlock({ height })
    return { hash: blockHash, transactions: rawTxs.map((raw) => txidOf(decodeTx(raw))) }
  }

  async unspent(point: OutPoint): Promise<TxOutput | undefined> {
    const { exists, output, spendingTxid } = await this.#control.getOutput({ txid: point.txid, index: point.index })
    if (!exists || output === undefined || spendingTxid !== '') return undefined
    return { value: satoshi(output.value), script: output.script }
  }

  async publish(transaction: Transaction): Promise<Txid> {
    const { txid: id } = await this.#control.publish({ rawTx: encodeTx(transaction, { witness: true }) })
    return txid(id)
  }

  line(): Promise<undefined> {
    return Promise.resolve(undefined)
  }

  async reorg(depth: number): Promise<number> {
    return (await this.#control.reorg({ depth })).height
  }
}
