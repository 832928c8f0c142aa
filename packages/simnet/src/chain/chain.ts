import { Transaction } from 'bitcoinjs-lib'
import { fromHex, reversed } from '@tidepool/crypto'
import { assembleBlock, type Block } from './block.ts'
import { coinKey, inputKey, txidOf, type Coin, type OutPointKey } from './coin.ts'
import { Ledger, type Mined, type Spend } from './ledger.ts'
import { Mempool, type AcceptContext, type MempoolEntry } from './mempool.ts'
import { ChainError, rejected } from './rejection.ts'
import { failingInput, type ScriptCheck } from './scriptCheck.ts'

/** Blocks that left and blocks that joined the active chain, both in order of height. */
export interface ChainChange {
  readonly disconnected: readonly Block[]
  readonly connected: readonly Block[]
}

export interface ChainOptions {
  /** Seconds since 1970; used for block times only. */
  readonly now: () => number
  /** Script that receives the coinbases. */
  readonly payTo: Uint8Array
  /** Judges scripts in place of the interpreter, for runs of thousands of transactions. */
  readonly checkScripts?: ScriptCheck
}

export interface ReorgOptions {
  /** Blocks of the new branch; must exceed the depth. Default: one more than the depth. */
  readonly blocks?: number
  /** Leave the new branch empty, so that undone transactions stay in the mempool. */
  readonly empty?: boolean
}

/** A regtest: blocks, unspent outputs, mempool. Synchronous; listeners run before a call returns. */
export class Chain {
  readonly ledger = new Ledger()
  readonly mempool = new Mempool()
  private readonly options: ChainOptions
  private readonly blocks: Block[] = []
  private readonly byHash = new Map<string, Block>()
  private readonly listeners = new Set<(change: ChainChange) => void>()
  private branch = 0

  constructor(options: ChainOptions) {
    this.options = options
    this.append([])
  }

  /** A chain of its own with the same past. Listeners stay behind. */
  fork(options: ChainOptions): Chain {
    const fork = new Chain(options)
    fork.blocks.splice(0, fork.blocks.length, ...this.blocks)
    fork.byHash.clear()
    for (const [hash, block] of this.byHash) fork.byHash.set(hash, block)
    fork.ledger.takeOver(this.ledger)
    fork.mempool.takeOver(this.mempool)
    fork.branch = this.branch
    return fork
  }

  get tip(): Block {
    const tip = this.blocks.at(-1)
    if (tip === undefined) throw new Error('a chain has at least its first block')
    return tip
  }

  get height(): number {
    return this.tip.height
  }

  blockAt(height: number): Block | undefined {
    return this.blocks[height]
  }

  /** By display-order hash, blocks of left branches included. */
  blockByHash(hash: string): Block | undefined {
    return this.byHash.get(hash)
  }

  isActive(block: Block): boolean {
    return this.blocks[block.height]?.hash === block.hash
  }

  onChange(listener: (change: ChainChange) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** Confirmed or not. */
  transaction(txid: string): Mined | MempoolEntry | undefined {
    return this.ledger.transaction(txid) ?? this.mempool.get(txid)
  }

  /** Unspent output, confirmed or not; undefined too when the mempool spends it. */
  unspent(key: OutPointKey): Coin | undefined {
    if (this.mempool.spenderOf(key) !== undefined) return undefined
    return this.ledger.coin(key) ?? this.mempool.coin(key)
  }

  /** Unspent outputs of scripts (hex), unconfirmed ones last. */
  unspentOf(scripts: ReadonlySet<string>): readonly Coin[] {
    const confirmed = [...scripts].flatMap((script) => [...this.ledger.unspentOf(script)])
    const waiting = [...scripts].flatMap((script) => [...this.mempool.coinsOf(script)])
    return [...confirmed, ...waiting].filter(
      (coin) => this.mempool.spenderOf(coinKey(coin.txid, coin.index)) === undefined,
    )
  }

  spendOf(key: OutPointKey): Spend | undefined {
    return this.ledger.spendOf(key)
  }

  /** Offers a transaction to the mempool; a known one is accepted silently. @throws ChainError TX_REJECTED */
  publish(tx: Transaction): void {
    const txid = tx.getId()
    if (this.mempool.get(txid) !== undefined || this.hasUnspentOutput(txid)) return
    this.mempool.accept(tx, this.acceptContext())
  }

  /** Empties the mempool: nodes forget transactions that pay too little. Whoever wants one publishes it again. */
  evict(): readonly string[] {
    return this.mempool.drain().map(txidOf)
  }

  /** Mines everything in the mempool into the first of `count` blocks. */
  mine(count: number): readonly Block[] {
    const mined: Block[] = []
    for (let i = 0; i < count; i++) {
      const block = this.append(this.mempool.list())
      mined.push(block)
      this.announce({ disconnected: [], connected: [block] })
    }
    return mined
  }

  /**
   * Mines a spend of a confirmed output without asking for its signature. What else spends it is forgotten.
   * @throws ChainError TX_REJECTED
   */
  take(key: OutPointKey): Transaction {
    const tx = new Transaction()
    tx.version = 2
    const coin = this.ledger.coin(key)
    if (coin === undefined) throw rejected('missing-inputs', key)
    tx.addInput(reversed(fromHex(coin.txid)), coin.index)
    tx.addOutput(this.options.payTo, coin.value)
    const rival = this.mempool.spenderOf(key)
    if (rival !== undefined) this.mempool.removeWithDescendants(rival)
    const entry = { tx, txid: tx.getId(), fee: 0n, virtualSize: tx.virtualSize(), coins: [coin] }
    this.announce({ disconnected: [], connected: [this.append([entry, ...this.mempool.list()])] })
    return tx
  }

  /** Replaces the last `depth` blocks by a longer branch. @throws ChainError REORG_TOO_DEEP */
  reorg(depth: number, options: ReorgOptions = {}): void {
    if (depth < 1 || depth > this.height) {
      throw new ChainError({ code: 'REORG_TOO_DEEP', depth, height: this.height }, `cannot undo ${depth} blocks`)
    }
    const disconnected = this.blocks.splice(this.blocks.length - depth, depth)
    const undone = disconnected.flatMap((block) => block.transactions.filter((tx) => !tx.isCoinbase()))
    for (const block of [...disconnected].reverse()) this.ledger.disconnect(block)
    const waiting = this.mempool.drain()
    for (const tx of [...undone, ...waiting]) this.offerAgain(tx)
    this.branch++
    const count = Math.max(options.blocks ?? depth + 1, depth + 1)
    const connected: Block[] = []
    for (let i = 0; i < count; i++) connected.push(this.append(options.empty === true ? [] : this.mempool.list()))
    this.announce({ disconnected, connected })
  }

  /** Median of the last eleven block times up to a height (BIP-113). */
  medianTimeAt(height: number): number {
    const times = this.blocks.slice(Math.max(0, height - 10), height + 1).map((block) => block.time)
    times.sort((a, b) => a - b)
    return times[Math.floor(times.length / 2)] ?? 0
  }

  private hasUnspentOutput(txid: string): boolean {
    const mined = this.ledger.transaction(txid)
    return mined !== undefined && mined.tx.outs.some((_, i) => this.ledger.coin(coinKey(txid, i)) !== undefined)
  }

  private acceptContext(): AcceptContext {
    return {
      ledger: this.ledger,
      next: { height: this.height + 1, medianTime: this.medianTimeAt(this.height) },
      medianTimeAt: (height) => this.medianTimeAt(height),
      checkScripts: this.options.checkScripts ?? failingInput,
    }
  }

  private offerAgain(tx: Transaction): void {
    try {
      this.publish(tx)
    } catch (error) {
      if (!(error instanceof ChainError)) throw error
    }
  }

  private append(entries: readonly MempoolEntry[]): Block {
    const previous = this.blocks.at(-1)
    const block = assembleBlock({
      previous,
      time: Math.max((previous?.time ?? 0) + 1, this.options.now()),
      transactions: entries.map((entry) => entry.tx),
      fees: entries.reduce((sum, entry) => sum + entry.fee, 0n),
      payTo: this.options.payTo,
      branch: this.branch,
    })
    this.blocks.push(block)
    this.byHash.set(block.hash, block)
    this.ledger.connect(block)
    this.mempool.confirm(block.transactions)
    return block
  }

  private announce(change: ChainChange): void {
    for (const listener of this.listeners) listener(change)
  }
}

/** Outputs a transaction spends, from wherever they are known. */
export function spentOutputs(chain: Chain, tx: Transaction): readonly (Coin | undefined)[] {
  return tx.ins.map((input) => {
    const key = inputKey(input)
    return chain.ledger.anyCoin(key) ?? chain.mempool.coin(key)
  })
}
