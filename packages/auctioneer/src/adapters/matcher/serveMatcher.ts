import { BatchBuildError, MatchingBook } from '@tidepool/market'
import { proposeBatch } from '../../core/buildAttempt.ts'
import type { MatcherReply, MatcherRequest } from './messages.ts'

/** The matching thread's side: a book kept up to date, and answers from it. */
export function serveMatcher(): (request: MatcherRequest) => MatcherReply | undefined {
  const book = new MatchingBook()
  return (request) => {
    if (request.kind === 'propose') return propose(book, request)
    for (const nonce of request.removed) book.remove(nonce)
    for (const entry of request.put) book.put(entry)
    return undefined
  }
}

function propose(book: MatchingBook, { input }: Extract<MatcherRequest, { kind: 'propose' }>): MatcherReply {
  try {
    return { kind: 'proposed', proposed: proposeBatch({ ...input, book }) }
  } catch (error) {
    if (error instanceof BatchBuildError) return { kind: 'refused', detail: error.detail, message: error.message }
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error) }
  }
}
