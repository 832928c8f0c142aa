import { toHex } from '@tidepool/crypto'
import { coinKey, type Coin, type OutPointKey } from './coin.ts'

/** Coins by the script they pay, so that a wallet need not go through those of others. */
export class CoinsByScript {
  private readonly coins = new Map<string, Map<OutPointKey, Coin>>()

  /** Becomes a copy of others. */
  takeOver(coins: Iterable<Coin>): void {
    this.coins.clear()
    for (const coin of coins) this.add(coin)
  }

  add(coin: Coin): void {
    const script = toHex(coin.script)
    const known = this.coins.get(script)
    if (known === undefined) this.coins.set(script, new Map([[keyOf(coin), coin]]))
    else known.set(keyOf(coin), coin)
  }

  remove(coin: Coin): void {
    const script = toHex(coin.script)
    const known = this.coins.get(script)
    known?.delete(keyOf(coin))
    if (known?.size === 0) this.coins.delete(script)
  }

  /** In the order they came; the script as hex. */
  of(script: string): Iterable<Coin> {
    return this.coins.get(script)?.values() ?? []
  }
}

const keyOf = ({ txid, index }: Coin): OutPointKey => coinKey(txid, index)
