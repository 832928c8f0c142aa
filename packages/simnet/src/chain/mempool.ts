import type { Transaction } from 'bitcoinjs-lib'
import { coinKey, coinsOf, inputKey, txidOf, type Coin, type OutPointKey } from './coin.ts'
import { CoinsByScript } from './coinsByScript.ts'
import { isFinal, sequenceLocksMet, type NextBlock } from './finality.ts'
import type { Ledger } from './ledger.ts'
import { hasDust, MAX_CHAIN, MAX_CHAIN_SIZE, relayFee } from './policy.ts'
import { rejected } from './rejection.ts'
import type { ScriptCheck } from './scriptCheck.ts'

export const COINBASE_MATURITY = 100

export interface MempoolEntry {
  readonly tx: Transaction
  readonly txid: string
  readonly fee: bigint
  readonly virtualSize: number
  readonly coins: readonly Coin[]
}

/** What acceptance depends on besides the transaction. */
export interface AcceptContext {
  readonly ledger: Ledger
  readonly next: NextBlock
  readonly medianTimeAt: (height: number) => number
  readonly checkScripts: ScriptCheck
}

/** Unconfirmed transactions under Bitcoin Core's rules, in order of acceptance: parents stand before children. */
export class Mempool {
  private readonly entries = new Map<string, MempoolEntry>()
  private readonly spender = new Map<OutPointKey, string>()
  private readonly outputs = new CoinsByScript()
  private floor = 0n

  /** Becomes a copy of another. */
  takeOver(other: Mempool): void {
    this.drain()
    for (const entry of other.entries.values()) this.enter(entry)
    for (const [key, txid] of other.spender) this.spender.set(key, txid)
    this.floor = other.floor
  }

  /**
   * Satoshis per 1000 virtual bytes below which nothing is kept, as when a full pool makes room: what pays less goes,
   * unless its descendants lift it above the floor (Bitcoin Core `TrimToSize`, up to 30).
   */
  setFloor(perKvb: bigint): void {
    this.floor = perKvb
    for (;;) {
      const poor = this.list().find(
        ({ txid }) => !this.reachesFloor([txid]) && !this.reachesFloor(this.withDescendants(txid)),
      )
      if (poor === undefined) return
      this.removeWithDescendants(poor.txid)
    }
  }

  list(): readonly MempoolEntry[] {
    return [...this.entries.values()]
  }

  get(txid: string): MempoolEntry | undefined {
    return this.entries.get(txid)
  }

  /** Id of the unconfirmed transaction that spends an output. */
  spenderOf(key: OutPointKey): string | undefined {
    return this.spender.get(key)
  }

  /** An unconfirmed output nobody spends yet. */
  coin(key: OutPointKey): Coin | undefined {
    const [txid = '', index = ''] = key.split(':')
    const entry = this.entries.get(txid)
    return entry === undefined ? undefined : coinsOf(entry.tx, undefined)[Number(index)]
  }

  /** Unconfirmed outputs that pay a script (hex), spent or not. */
  coinsOf(scriptHex: string): Iterable<Coin> {
    return this.outputs.of(scriptHex)
  }

  /** Takes a transaction, evicting what it replaces. @throws ChainError TX_REJECTED */
  accept(tx: Transaction, context: AcceptContext): MempoolEntry {
    const entry = this.check(tx, context)
    for (const conflict of this.conflictsOf(tx, entry.txid)) this.removeWithDescendants(conflict)
    this.enter(entry)
    for (const input of tx.ins) this.spender.set(inputKey(input), entry.txid)
    return entry
  }

  /** Drops what a block confirmed and whatever conflicts with it. */
  confirm(transactions: readonly Transaction[]): void {
    for (const tx of transactions) {
      const txid = txidOf(tx)
      this.removeOnly(txid)
      for (const conflict of this.conflictsOf(tx, txid)) this.removeWithDescendants(conflict)
    }
  }

  /** Empties the pool; the former content in order, to be offered again. */
  drain(): readonly Transaction[] {
    const all = this.list().map((entry) => entry.tx)
    this.entries.clear()
    this.spender.clear()
    this.outputs.takeOver([])
    return all
  }

  removeWithDescendants(txid: string): void {
    for (const each of this.withDescendants(txid)) this.removeOnly(each)
  }

  private enter(entry: MempoolEntry): void {
    this.entries.set(entry.txid, entry)
    for (const coin of coinsOf(entry.tx, undefined)) this.outputs.add(coin)
  }

  private check(tx: Transaction, context: AcceptContext): MempoolEntry {
    const txid = tx.getId()
    if (tx.ins.length === 0) throw rejected('bad-txns-vin-empty', txid)
    if (tx.outs.length === 0) throw rejected('bad-txns-vout-empty', txid)
    if (new Set(tx.ins.map(inputKey)).size !== tx.ins.length) throw rejected('bad-txns-inputs-duplicate', txid)
    if (!isFinal(tx, context.next)) throw rejected('non-final', txid)
    if (hasDust(tx)) throw rejected('dust', txid)
    const coins = this.spentCoins(tx, context)
    if (!sequenceLocksMet(tx, coins, context.next, context.medianTimeAt)) throw rejected('non-BIP68-final', txid)
    const paid = coins.reduce((sum, coin) => sum + coin.value, 0n)
    const fee = paid - tx.outs.reduce((sum, out) => sum + out.value, 0n)
    if (fee < 0n) throw rejected('bad-txns-in-belowout', txid)
    const virtualSize = tx.virtualSize()
    if (fee < relayFee(virtualSize)) throw rejected('min relay fee not met', txid)
    if (fee * 1000n < this.floor * BigInt(virtualSize)) throw rejected('mempool min fee not met', txid)
    this.checkReplacement(tx, txid, fee, virtualSize)
    this.checkChain(tx, virtualSize)
    const failing = context.checkScripts(tx, coins)
    if (failing !== undefined) {
      throw rejected('mandatory-script-verify-flag-failed', txid, `input ${failing.index}: ${failing.why}`)
    }
    return { tx, txid, fee, virtualSize, coins }
  }

  /** Neither the transaction nor one it builds on may get too long or too heavy a line. */
  private checkChain(tx: Transaction, virtualSize: number): void {
    const ancestors = this.ancestorsOf(tx)
    const lines = [ancestors, ...[...ancestors].map((each) => this.withDescendants(each))]
    for (const line of lines) {
      const size = this.sizeOf(line) + virtualSize
      if (line.size + 1 > MAX_CHAIN || size > MAX_CHAIN_SIZE) throw rejected('too-long-mempool-chain', tx.getId())
    }
  }

  private sizeOf(txids: Iterable<string>): number {
    return [...txids].reduce((sum, each) => sum + (this.entries.get(each)?.virtualSize ?? 0), 0)
  }

  private reachesFloor(txids: Iterable<string>): boolean {
    const all = [...txids]
    const fee = all.reduce((sum, each) => sum + (this.entries.get(each)?.fee ?? 0n), 0n)
    return fee * 1000n >= this.floor * BigInt(this.sizeOf(all))
  }

  private spentCoins(tx: Transaction, context: AcceptContext): readonly Coin[] {
    return tx.ins.map((input) => {
      const key = inputKey(input)
      const coin = context.ledger.coin(key) ?? this.coin(key)
      if (coin === undefined) throw rejected('missing-inputs', tx.getId())
      if (coin.coinbase && context.next.height - (coin.height ?? 0) < COINBASE_MATURITY) {
        throw rejected('bad-txns-premature-spend-of-coinbase', tx.getId())
      }
      return coin
    })
  }

  /** BIP-125 rules 3 and 4 without the signal: Bitcoin Core replaces regardless of sequences since v28. */
  private checkReplacement(tx: Transaction, txid: string, fee: bigint, virtualSize: number): void {
    const direct = this.conflictsOf(tx, txid)
    if (direct.length === 0) return
    const evicted = new Set(direct.flatMap((each) => [...this.withDescendants(each)]))
    const lost = [...evicted].reduce((sum, each) => sum + (this.entries.get(each)?.fee ?? 0n), 0n)
    if (fee < lost + relayFee(virtualSize)) throw rejected('insufficient fee', txid)
    for (const each of direct) {
      const old = this.entries.get(each)
      if (old !== undefined && fee * BigInt(old.virtualSize) <= old.fee * BigInt(virtualSize)) {
        throw rejected('insufficient fee', txid)
      }
    }
  }

  private conflictsOf(tx: Transaction, own: string): readonly string[] {
    const found = tx.ins.map((input) => this.spender.get(inputKey(input))).filter((each) => each !== undefined)
    return [...new Set(found)].filter((each) => each !== own)
  }

  private withDescendants(txid: string): ReadonlySet<string> {
    const found = new Set([txid])
    for (const each of found) {
      const outputs = this.entries.get(each)?.tx.outs.length ?? 0
      for (let i = 0; i < outputs; i++) {
        const child = this.spender.get(coinKey(each, i))
        if (child !== undefined) found.add(child)
      }
    }
    return found
  }

  private ancestorsOf(tx: Transaction): ReadonlySet<string> {
    const found = new Set<string>()
    const queue = [tx]
    for (const each of queue) {
      for (const input of each.ins) {
        const parent = this.entries.get(inputKey(input).split(':')[0] ?? '')
        if (parent === undefined || found.has(parent.txid)) continue
        found.add(parent.txid)
        queue.push(parent.tx)
      }
    }
    return found
  }

  private removeOnly(txid: string): void {
    const entry = this.entries.get(txid)
    if (entry === undefined) return
    this.entries.delete(txid)
    for (const coin of coinsOf(entry.tx, undefined)) this.outputs.remove(coin)
    for (const input of entry.tx.ins) {
      if (this.spender.get(inputKey(input)) === txid) this.spender.delete(inputKey(input))
    }
  }
}
