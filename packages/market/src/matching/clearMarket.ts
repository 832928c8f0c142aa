import type { ClearedMarket, ClearingResult } from './clearedTypes.ts'
import type { Book, MatchContext, MatchOutcome } from './types.ts'

/** Settles all balances of an outcome, or names the accounts that would end below zero (matching §6.1). */
export function clearMarket(_outcome: MatchOutcome, _context: MatchContext): ClearingResult {
  throw new Error('TODO')
}

/** An outcome and its money; `market` is undefined when nothing matched. */
export interface ClearedOutcome {
  readonly outcome: MatchOutcome
  readonly market: ClearedMarket | undefined
}

/** Matches and clears; accounts that would be overdrawn are left out, all at once, and the rest matched again. */
export function matchAndClear(_book: Book, _context: MatchContext): ClearedOutcome {
  throw new Error('TODO')
}
