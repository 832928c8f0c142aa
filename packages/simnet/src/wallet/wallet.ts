import { Transaction } from 'bitcoinjs-lib'
import { toHex } from '@tidepool/crypto'
import type { Chain } from '../chain/chain.ts'
import { coinKey, type Coin } from '../chain/coin.ts'
import type { KeyRing } from '../keys/keyRing.ts'
import { LndRefusal } from '../lndRefusal.ts'
import { AddressBook, type AddressKind } from './addressBook.ts'
import { Leases } from './leases.ts'
import { publishError } from './publishTexts.ts'

export type WalletCoin = Coin & { readonly kind: AddressKind }

/** Number of confirmations a call asks its coins to have, both ends included. */
export interface ConfirmationRange {
  readonly min: number
  readonly max?: number
}

const MAX_LABEL = 500

/** A node's on-chain wallet: addresses, coins as the chain sees them, labels. What it holds survives a restart. */
export class Wallet {
  readonly book: AddressBook
  readonly leases: Leases
  private readonly chain: Chain
  private readonly labels = new Map<string, string>()

  constructor(ring: KeyRing, chain: Chain, now: () => number) {
    this.book = new AddressBook(ring)
    this.leases = new Leases(now)
    this.chain = chain
  }

  confirmationsOf(height: number | undefined): number {
    return height === undefined ? 0 : this.chain.height - height + 1
  }

  /** Unspent coins, leased ones included. */
  allCoins(): readonly WalletCoin[] {
    const mature = (coin: Coin): boolean => !coin.coinbase || this.confirmationsOf(coin.height) > 100
    return this.chain.unspentOf(this.book.scripts()).flatMap((coin) => {
      const key = this.book.find(coin.script)
      return key === undefined || !mature(coin) ? [] : [{ ...coin, kind: key.kind }]
    })
  }

  /** Unspent coins free to be used. */
  coins(range: ConfirmationRange): readonly WalletCoin[] {
    return this.allCoins().filter((coin) => {
      const depth = this.confirmationsOf(coin.height)
      const inRange = depth >= range.min && depth <= (range.max ?? Number.MAX_SAFE_INTEGER)
      return inRange && !this.leases.isHeld(coinKey(coin.txid, coin.index))
    })
  }

  owns(txid: string, index: number): boolean {
    const known = this.chain.transaction(txid)
    const script = known?.tx.outs[index]?.script
    return script !== undefined && this.book.find(script) !== undefined
  }

  /** Ids of the transactions that touch the wallet, unconfirmed ones last. */
  history(): readonly string[] {
    const found = new Set<string>()
    const scripts = this.book.scripts()
    for (const script of scripts) for (const txid of this.chain.ledger.touching(script)) found.add(txid)
    for (const entry of this.chain.mempool.list()) {
      const pays = entry.tx.outs.some((out) => scripts.has(toHex(out.script)))
      const spends = entry.coins.some((coin) => scripts.has(toHex(coin.script)))
      if (pays || spends) found.add(entry.txid)
    }
    return [...found]
  }

  label(txid: string): string {
    return this.labels.get(txid) ?? ''
  }

  /** All labels of another wallet. */
  takeOverLabels(other: Wallet): void {
    for (const [txid, label] of other.labels) this.labels.set(txid, label)
  }

  setLabel(txid: string, label: string, overwrite: boolean): void {
    if (label === '') throw new LndRefusal('cannot label transaction with empty label')
    const { length } = Buffer.from(label)
    if (length > MAX_LABEL) throw new LndRefusal(`label length: ${length} exceeds limit of ${MAX_LABEL}`)
    if (!this.history().includes(txid)) throw new LndRefusal('cannot label transaction not known to wallet')
    if (this.labels.has(txid) && !overwrite) throw new LndRefusal('transaction already labelled')
    this.labels.set(txid, label)
  }

  /** Broadcasts; a transaction already known is a success. @throws LndRefusal in lnd's words */
  publish(raw: Uint8Array, label: string, call: 'publish' | 'send' = 'publish'): Transaction {
    const tx = decodeTransaction(raw)
    try {
      this.chain.publish(tx)
    } catch (error) {
      throw publishError(error, call)
    }
    const txid = tx.getId()
    if (!this.labels.has(txid)) this.labels.set(txid, label === '' ? 'external' : label)
    return tx
  }
}

/** @throws LndRefusal `unexpected EOF` */
export function decodeTransaction(raw: Uint8Array): Transaction {
  try {
    return Transaction.fromBuffer(raw)
  } catch {
    throw new LndRefusal('unexpected EOF')
  }
}
