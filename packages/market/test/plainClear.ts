import type { AccountKey } from '@tidepool/crypto'
import { clearMarket, type ClearedOutcome } from '../src/matching/clearMarket.ts'
import { matchMake } from '../src/matching/matchMaker.ts'
import type { Book, MatchContext } from '../src/matching/types.ts'

/** `matchAndClear` with the plain pass: the oracle of the engine. */
export function plainMatchAndClear(book: Book, context: MatchContext): ClearedOutcome {
  const overdrawn = new Set<AccountKey>()
  for (;;) {
    const excludedAccounts = new Set([...context.excludedAccounts, ...overdrawn])
    const matched = matchMake(book, { ...context, excludedAccounts })
    const unmatched = new Map(matched.unmatched)
    for (const { order } of book) {
      const asked = context.excludedAccounts.has(order.accountKey) || context.excludedOrders.has(order.nonce)
      const left = unmatched.get(order.nonce) === 'excludedFromAttempt' && overdrawn.has(order.accountKey)
      if (left && !asked) unmatched.set(order.nonce, 'accountOverdrawn')
    }
    const outcome = { ...matched, unmatched }
    if (outcome.matches.length === 0) return { outcome, market: undefined }
    const result = clearMarket(outcome, context)
    if (result.kind === 'cleared') return { outcome, market: result.market }
    for (const key of result.accounts) overdrawn.add(key)
  }
}
