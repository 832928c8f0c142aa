import type { Book, MatchContext, MatchOutcome } from './types.ts'

/** Filter, match, price and cut: who trades with whom, and a reason for every order that does not. */
export function matchMake(_book: Book, _context: MatchContext): MatchOutcome {
  throw new Error('TODO')
}
