import type { AccountKey, OrderNonce } from '@tidepool/crypto'
import type { BatchBuildErrorDetail, BookAccount, BookOrder, MatchContext } from '@tidepool/market'
import type { AttemptInput, ProposedBatch } from '../../core/buildAttempt.ts'

/** A snapshot without what the thread keeps. */
export type Question = Omit<AttemptInput, 'book' | 'match'> & { readonly match: Omit<MatchContext, 'accounts'> }

/** What the matching thread is told. Changes and questions arrive in the order sent. */
export type MatcherRequest =
  | { readonly kind: 'orders'; readonly put: readonly BookOrder[]; readonly removed: readonly OrderNonce[] }
  | { readonly kind: 'accounts'; readonly put: readonly BookAccount[]; readonly removed: readonly AccountKey[] }
  | { readonly kind: 'propose'; readonly input: Question }

/** One per question, in turn. */
export type MatcherReply =
  | { readonly kind: 'proposed'; readonly proposed: ProposedBatch }
  | { readonly kind: 'refused'; readonly detail: BatchBuildErrorDetail; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string }

/** Either end of the line between the threads. */
export interface MatcherThread {
  postMessage(message: MatcherRequest): void
  onReply(listener: (reply: MatcherReply) => void): void
  onError(listener: (error: unknown) => void): void
  terminate(): unknown
}
