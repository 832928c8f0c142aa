import type { BlockCount } from '@tidepool/crypto'
import type { BookAsk, BookBid } from '../../book.ts'
import type { AuctionType } from '../../order.ts'
import type { Match } from '../types.ts'
import { supplyUnits } from '../../supplyUnit.ts'
import type { Rows } from './rows.ts'

/** Matches of a pass as row numbers, in the order of the pass. */
export class MatchLog {
  length = 0
  asks = new Uint32Array(1024)
  bids = new Uint32Array(1024)
  units = new Uint32Array(1024)

  push(ask: number, bid: number, units: number): void {
    const index = this.length++
    if (index === this.asks.length) this.#grow()
    this.asks[index] = ask
    this.bids[index] = bid
    this.units[index] = units
  }

  #grow(): void {
    for (const name of ['asks', 'bids', 'units'] as const) {
      const wider = new Uint32Array(this[name].length * 2)
      wider.set(this[name])
      this[name] = wider
    }
  }
}

/** One market in an attempt: its rows, who takes part, and what the pass made of them. */
export interface MarketPass {
  readonly duration: BlockCount
  readonly auctionType: AuctionType
  readonly asks: Rows<BookAsk>
  readonly bids: Rows<BookBid>
  readonly askMask: Uint8Array
  readonly bidMask: Uint8Array
  readonly log: MatchLog
}

/** The match at an index of the log. */
export function matchAt({ asks, bids, log }: MarketPass, index: number): Match {
  const ask = asks.entries[log.asks[index] as number] as BookAsk
  const bid = bids.entries[log.bids[index] as number] as BookBid
  return { ask, bid, units: supplyUnits(log.units[index] as number) }
}

/** Units a match pays premium on. */
export const premiumUnitsAt = ({ auctionType, bids, log }: MarketPass, index: number): number =>
  auctionType === 'outbound' ? 1 + (bids.balance[log.bids[index] as number] as number) : (log.units[index] as number)
