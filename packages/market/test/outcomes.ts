import type { MatchOutcome } from '../src/matching/types.ts'

/** An outcome in a form that compares: names instead of objects, reasons sorted by nonce. */
export const idsOf = (outcome: MatchOutcome) => ({
  matches: outcome.matches.map((match) => [match.ask.order.nonce, match.bid.order.nonce, match.units]),
  prices: [...outcome.prices].toSorted(([a], [b]) => a - b),
  unmatched: [...outcome.unmatched].toSorted(([a], [b]) => (a < b ? -1 : 1)),
})
