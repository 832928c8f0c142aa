import {
  decodeTx,
  encodeTx,
  fromHex,
  outPoint,
  satoshi,
  toHex,
  txid,
  type OutPoint,
  type Transaction,
  type TxOutput,
  type Txid,
} from '@tidepool/crypto'
import { HarnessError } from '../errors.ts'
import { until } from '../until.ts'
import { BlockIndex } from './blockIndex.ts'
import type { Chain, ChainBlock, ChainTransaction, MempoolLine } from './chain.ts'
import type { JsonRpc } from './jsonRpc.ts'
import { buildFiller, buildPayment, burnAddress, isMinerOutput, MINER_ADDRESS, type Coin } from './minerWallet.ts'

/** Below this height btcd refuses witnesses (spec of regtest there), and coinbases are not mature. */
const USABLE_HEIGHT = 450
const COINBASE_MATURITY = 100
/** Enough at once for any funding of a test. */
const COIN_SEARCH = 5

/** More than the smallest mempool of a bitcoind can hold. */
const MOST_FILLERS = 60

const SAT_PER_COIN = 1e8

/** Of a bitcoind's getmempoolentry; fees in whole coins. */
interface MempoolEntry {
  readonly ancestorcount: number
  readonly ancestorsize: number
  readonly fees: { readonly ancestor: number }
}

/** Chain over the calls btcd and bitcoind share; they differ in how a block is asked for. */
export class RpcChain implements Chain {
  readonly kind: 'btcd' | 'bitcoind'
  readonly #rpc: JsonRpc
  readonly #index: BlockIndex

  constructor(kind: 'btcd' | 'bitcoind', rpc: JsonRpc) {
    this.kind = kind
    this.#rpc = rpc
    this.#index = new BlockIndex(rpc)
  }

  height(): Promise<number> {
    return this.#rpc.call<number>('getblockcount')
  }

  async mine(blocks: number): Promise<number> {
    const target = (await this.height()) + blocks
    if (this.kind === 'btcd') await this.#rpc.call('generate', [blocks])
    else await this.#rpc.call('generatetoaddress', [blocks, MINER_ADDRESS])
    return until('the mined blocks', async () => (await this.height()) >= target && target)
  }

  /** Enough blocks for witnesses and mature coins; on an old chain one, so that its tip counts as recent. */
  async prepare(): Promise<number> {
    const height = await until('the chain daemon', () => this.height())
    return this.mine(Math.max(1, USABLE_HEIGHT - height))
  }

  async mempool(): Promise<readonly Txid[]> {
    return (await this.#rpc.call<readonly string[]>('getrawmempool')).map(txid)
  }

  async transaction(id: Txid): Promise<ChainTransaction | undefined> {
    const tip = await this.#index.update()
    const height = this.#index.heightOf(id)
    if (height !== undefined) {
      const transaction = this.#index.transactionAt(height, id)
      if (transaction !== undefined) return { transaction, height, confirmations: tip - height + 1 }
    }
    if (!(await this.mempool()).includes(id)) return undefined
    const hex = await this.#rpc.call<string>('getrawtransaction', [id, 0])
    return { transaction: decodeTx(fromHex(hex)), height: undefined, confirmations: 0 }
  }

  async block(height: number): Promise<ChainBlock> {
    await this.#index.update()
    const block = this.#index.block(height)
    if (block === undefined) {
      throw new HarnessError({ code: 'CHAIN_RPC', method: 'getblock', rpcCode: 0 }, `no block at height ${height}`)
    }
    return { hash: block.hash, transactions: [...block.hexByTxid.keys()] }
  }

  async unspent(point: OutPoint): Promise<TxOutput | undefined> {
    const found = await this.#rpc.call<unknown>('gettxout', [point.txid, point.index, true])
    if (found === null) return undefined
    return (await this.transaction(point.txid))?.transaction.outputs.at(point.index)
  }

  async publish(transaction: Transaction): Promise<Txid> {
    return txid(await this.#rpc.call<string>('sendrawtransaction', [toHex(encodeTx(transaction, { witness: true }))]))
  }

  async line(id: Txid): Promise<MempoolLine | undefined> {
    if (this.kind === 'btcd') return undefined
    const entry = await this.#rpc.call<MempoolEntry>('getmempoolentry', [id])
    const fees = BigInt(Math.round(entry.fees.ancestor * SAT_PER_COIN))
    return { transactions: entry.ancestorcount, virtualSize: entry.ancestorsize, fees }
  }

  async reorg(depth: number): Promise<number> {
    const height = await this.height()
    const hash = await this.#rpc.call<string>('getblockhash', [height - depth + 1])
    await this.#rpc.call('invalidateblock', [hash])
    if (this.kind === 'btcd') return this.mine(depth + 1)
    // The same coins at the same time in the same place make the same block, which is invalid now: this one pays elsewhere.
    await this.#rpc.call('generatetoaddress', [1, burnAddress(fromHex(hash))])
    return this.mine(depth)
  }

  /** Pays from the miner's coins; not yet in a block. @throws HarnessError OUT_OF_COINS */
  async pay(outputs: readonly TxOutput[]): Promise<Txid> {
    return this.publish(buildPayment(await this.#coins(), outputs))
  }

  /**
   * Pays from the miner's coins until the mempool takes no more at this rate: what pays less has left it by then. Each
   * filler is as large as a standard transaction may be and has a coin of its own.
   */
  async fill(satPerVByte: bigint): Promise<void> {
    for (const coin of await this.#coins(MOST_FILLERS)) {
      try {
        await this.publish(buildFiller(coin, satPerVByte))
      } catch (error) {
        if (error instanceof HarnessError && /mempool (full|min fee not met)/.test(error.message)) return
        throw error
      }
    }
    throw new HarnessError({ code: 'OUT_OF_COINS', wanted: satPerVByte }, 'the mempool does not get full')
  }

  /** The oldest coins of the miner that are still there; the early ones are worth most. */
  async #coins(atLeast = COIN_SEARCH): Promise<readonly Coin[]> {
    const tip = await this.#index.update()
    const coins: Coin[] = []
    for (let height = 1; height <= tip && coins.length < atLeast; height++) {
      for (const [position, id] of [...(this.#index.block(height)?.hexByTxid.keys() ?? [])].entries()) {
        if (position === 0 && tip - height < COINBASE_MATURITY) continue
        coins.push(...(await this.#coinsOf(height, id)))
      }
    }
    return coins
  }

  async #coinsOf(height: number, id: Txid): Promise<readonly Coin[]> {
    const outputs = this.#index.transactionAt(height, id)?.outputs ?? []
    const coins: Coin[] = []
    for (const [index, output] of outputs.entries()) {
      const point = outPoint(id, index)
      if (!isMinerOutput(output) || output.value === satoshi(0)) continue
      if ((await this.#rpc.call<unknown>('gettxout', [id, index, true])) !== null) coins.push({ point, output })
    }
    return coins
  }
}
