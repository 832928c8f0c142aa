import type { AccountKey } from '@tidepool/crypto'
import { BatchBuildError, MatchingBook } from '@tidepool/market'
import type { BookAccount } from '@tidepool/market'
import { proposeBatch } from '../../core/buildAttempt.ts'
import type { AttemptInput } from '../../core/buildAttempt.ts'
import type { MatcherReply, MatcherRequest } from './messages.ts'

/** The matching thread's side: book and accounts kept up to date, and answers from them. */
export function serveMatcher(): (request: MatcherRequest) => MatcherReply | undefined {
  const book = new MatchingBook()
  const accounts = new Map<AccountKey, BookAccount>()
  return (request) => {
    switch (request.kind) {
      case 'orders':
        for (const nonce of request.removed) book.remove(nonce)
        for (const entry of request.put) book.put(entry)
        return undefined
      case 'accounts':
        for (const key of request.removed) accounts.delete(key)
        for (const entry of request.put) accounts.set(entry.account.key, entry)
        return undefined
      case 'propose':
        return propose({ ...request.input, book, match: { ...request.input.match, accounts } })
    }
  }
}

function propose(input: AttemptInput): MatcherReply {
  try {
    return { kind: 'proposed', proposed: proposeBatch(input) }
  } catch (error) {
    if (error instanceof BatchBuildError) return { kind: 'refused', detail: error.detail, message: error.message }
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error) }
  }
}
