import type { Transaction } from 'bitcoinjs-lib'
import { toHex } from '@tidepool/crypto'
import type { Block } from './block.ts'
import { coinKey, coinsOf, inputKey, txidOf, type Coin, type OutPointKey } from './coin.ts'
import { CoinsByScript } from './coinsByScript.ts'

/** A transaction in a block. */
export interface Mined {
  readonly tx: Transaction
  readonly height: number
  readonly position: number
}

export interface Spend {
  readonly tx: Transaction
  readonly inputIndex: number
  readonly height: number
}

/** What the blocks of the active chain say: unspent coins, who spent the others, transactions by id and script. */
export class Ledger {
  private readonly coins = new Map<OutPointKey, Coin>()
  private readonly spentCoins = new Map<OutPointKey, Coin>()
  private readonly spends = new Map<OutPointKey, Spend>()
  private readonly mined = new Map<string, Mined>()
  private readonly byScript = new Map<string, Set<string>>()
  private readonly unspent = new CoinsByScript()

  /** Becomes a copy of another. */
  takeOver(other: Ledger): void {
    replaceBy(this.coins, other.coins)
    this.unspent.takeOver(this.coins.values())
    replaceBy(this.spentCoins, other.spentCoins)
    replaceBy(this.spends, other.spends)
    replaceBy(this.mined, other.mined)
    this.byScript.clear()
    for (const [script, txids] of other.byScript) this.byScript.set(script, new Set(txids))
  }

  coin(key: OutPointKey): Coin | undefined {
    return this.coins.get(key)
  }

  /** Every unspent coin. */
  unspentCoins(): Iterable<Coin> {
    return this.coins.values()
  }

  /** Those that pay a script (hex). */
  unspentOf(scriptHex: string): Iterable<Coin> {
    return this.unspent.of(scriptHex)
  }

  /** The coin even if spent since. */
  anyCoin(key: OutPointKey): Coin | undefined {
    return this.coins.get(key) ?? this.spentCoins.get(key)
  }

  spendOf(key: OutPointKey): Spend | undefined {
    return this.spends.get(key)
  }

  transaction(txid: string): Mined | undefined {
    return this.mined.get(txid)
  }

  /** Ids of the transactions that pay or spend a script (hex), oldest first. */
  touching(scriptHex: string): ReadonlySet<string> {
    return this.byScript.get(scriptHex) ?? new Set()
  }

  connect(block: Block): void {
    for (const [position, tx] of block.transactions.entries()) {
      if (!tx.isCoinbase()) this.connectInputs(tx, block.height)
      const txid = txidOf(tx)
      this.mined.set(txid, { tx, height: block.height, position })
      for (const coin of coinsOf(tx, block.height)) {
        this.coins.set(coinKey(txid, coin.index), coin)
        this.unspent.add(coin)
        this.touch(coin.script, txid)
      }
    }
  }

  disconnect(block: Block): void {
    for (const tx of [...block.transactions].reverse()) {
      const txid = txidOf(tx)
      this.mined.delete(txid)
      for (const coin of coinsOf(tx, block.height)) {
        this.coins.delete(coinKey(txid, coin.index))
        this.unspent.remove(coin)
        this.byScript.get(toHex(coin.script))?.delete(txid)
      }
      if (!tx.isCoinbase()) this.disconnectInputs(tx)
    }
  }

  private connectInputs(tx: Transaction, height: number): void {
    for (const [inputIndex, input] of tx.ins.entries()) {
      const key = inputKey(input)
      const coin = this.coins.get(key)
      if (coin === undefined) throw new Error(`block spends unknown output ${key}`)
      this.coins.delete(key)
      this.unspent.remove(coin)
      this.spentCoins.set(key, coin)
      this.spends.set(key, { tx, inputIndex, height })
      this.touch(coin.script, txidOf(tx))
    }
  }

  private disconnectInputs(tx: Transaction): void {
    for (const input of tx.ins) {
      const key = inputKey(input)
      const coin = this.spentCoins.get(key)
      if (coin === undefined) continue
      this.spentCoins.delete(key)
      this.spends.delete(key)
      this.coins.set(key, coin)
      this.unspent.add(coin)
      this.byScript.get(toHex(coin.script))?.delete(txidOf(tx))
    }
  }

  private touch(script: Uint8Array, txid: string): void {
    const hex = toHex(script)
    const known = this.byScript.get(hex)
    if (known === undefined) this.byScript.set(hex, new Set([txid]))
    else known.add(txid)
  }
}

function replaceBy<K, V>(map: Map<K, V>, other: ReadonlyMap<K, V>): void {
  map.clear()
  for (const [key, value] of other) map.set(key, value)
}
