import type { BookAsk, BookBid } from '../book.ts'
import type { Match, MatchContext } from './types.ts'
export interface StepCounter {
  left: number
}
export const stepCounter = (left: number): StepCounter => ({ left })
export interface ImprovableMarket {
  readonly asks: readonly BookAsk[]
  readonly bids: readonly BookBid[]
  readonly matches: readonly Match[]
}
export function improveMatches(
  market: ImprovableMarket,
  _context: MatchContext,
  _steps: StepCounter,
): readonly Match[] {
  return market.matches
}
