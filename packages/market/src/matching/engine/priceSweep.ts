import type { RatePpb } from '../../order.ts'
import { marketClearingPrice } from '../clearingPrice.ts'
import type { MatchRules } from '../types.ts'
import { matchAt, premiumUnitsAt, type MarketPass } from './marketPass.ts'

/**
 * `marketClearingPrice` over logs (matching §4.3): they are sorted by bid already, and rows by rate, so that one sweep
 * upwards over the candidates does without sorting.
 */
export function sweepPrice(passes: readonly MarketPass[], rule: MatchRules['priceRule']): RatePpb | undefined {
  const sweeps = passes.filter(({ log }) => log.length > 0).map((pass) => new Sweep(pass))
  if (sweeps.length === 0) return undefined
  if (rule === 'lowestBid') return Math.min(...sweeps.map((sweep) => sweep.candidate)) as RatePpb
  const bound = sweeps.reduce((sum, sweep) => sum + sweep.bound, 0)
  // Sums in doubles are exact up to here; beyond, the plain rule counts in big integers.
  if (bound > Number.MAX_SAFE_INTEGER) return exactPrice(passes, rule)
  let best: { readonly price: number; readonly volume: number; readonly surplus: number } | undefined
  for (;;) {
    const price = Math.min(...sweeps.map((sweep) => sweep.candidate))
    if (price === Infinity) return best?.price as RatePpb | undefined
    for (const sweep of sweeps) sweep.moveTo(price)
    const volume = sweeps.reduce((sum, sweep) => sum + sweep.volume, 0)
    const surplus = sweeps.reduce((sum, sweep) => sum + sweep.surplus, 0)
    if (best === undefined || volume > best.volume || (volume === best.volume && surplus > best.surplus)) {
      best = { price, volume, surplus }
    }
  }
}

function exactPrice(passes: readonly MarketPass[], rule: MatchRules['priceRule']): RatePpb | undefined {
  const matches = passes.flatMap((pass) => Array.from({ length: pass.log.length }, (_, index) => matchAt(pass, index)))
  return marketClearingPrice(matches, rule)
}

/** Volume and surplus of one market's matches around a rising price. */
class Sweep {
  volume = 0
  surplus = 0
  /** No sum of the sweep passes this. */
  readonly bound: number
  readonly #pass: MarketPass
  /** Per ask row, what its matches bring. */
  readonly #volumes: Float64Array
  readonly #surpluses: Float64Array
  #askRow = 0
  /** Matches from here on in the log are closed. */
  #open: number
  /** Next candidate's index in the log. */
  #next: number

  constructor(pass: MarketPass) {
    const { log, asks, bids } = pass
    this.#pass = pass
    this.#open = log.length
    this.#next = log.length - 1
    let rows = 0
    for (let i = 0; i < log.length; i++) rows = Math.max(rows, (log.asks[i] as number) + 1)
    this.#volumes = new Float64Array(rows)
    this.#surpluses = new Float64Array(rows)
    let bound = 0
    for (let i = 0; i < log.length; i++) {
      const row = log.asks[i] as number
      const units = premiumUnitsAt(pass, i)
      const rate = bids.rate[log.bids[i] as number] as number
      bound += units * (rate + 1)
      this.#volumes[row] = (this.#volumes[row] as number) + units
      this.#surpluses[row] = (this.#surpluses[row] as number) + units * (rate - (asks.rate[row] as number))
    }
    this.bound = bound
  }

  /** The lowest bid's rate above all prices visited, or Infinity. */
  get candidate(): number {
    const { log, bids } = this.#pass
    return this.#next < 0 ? Infinity : (bids.rate[log.bids[this.#next] as number] as number)
  }

  /** To a price no lower than before and no higher than the candidate. */
  moveTo(price: number): void {
    const { log, asks, bids } = this.#pass
    for (; this.#askRow < this.#volumes.length && (asks.rate[this.#askRow] as number) <= price; this.#askRow++) {
      this.volume += this.#volumes[this.#askRow] as number
      this.surplus += this.#surpluses[this.#askRow] as number
    }
    for (; this.#open > 0; this.#open--) {
      const index = this.#open - 1
      const rate = bids.rate[log.bids[index] as number] as number
      if (rate >= price) break
      const units = premiumUnitsAt(this.#pass, index)
      this.volume -= units
      this.surplus -= units * (rate - (asks.rate[log.asks[index] as number] as number))
    }
    while (this.candidate === price) this.#next--
  }
}
