import type { OrderNonce } from '@tidepool/crypto'
import type { BatchBuildErrorDetail, BookOrder } from '@tidepool/market'
import type { AttemptInput, ProposedBatch } from '../../core/buildAttempt.ts'

/** What the matching thread is told. Changes and questions arrive in the order sent. */
export type MatcherRequest =
  | { readonly kind: 'change'; readonly put: readonly BookOrder[]; readonly removed: readonly OrderNonce[] }
  | { readonly kind: 'propose'; readonly input: Omit<AttemptInput, 'book'> }

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
