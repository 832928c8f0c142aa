import type { BatchId, OrderNonce } from '@tidepool/crypto'

/** What an auction said of an order. */
export interface Verdict {
  /** A reason of matching, `matched` or `batchFailed`. */
  readonly code: string
  /** Start of the first auction of which every later one said the same. */
  readonly sinceNs: bigint
  /** Batch under way then. */
  readonly batchId: BatchId
}

export interface VerdictRecord {
  readonly nonce: OrderNonce
  readonly latest: Verdict
  /** Newest first; only changes. */
  readonly earlier: readonly Verdict[]
}

/** Changes remembered per order. */
const MAX_EARLIER = 16

/** Verdicts of one auction, as far as they are news. */
export function newVerdicts(
  known: (nonce: OrderNonce) => VerdictRecord | undefined,
  said: ReadonlyMap<OrderNonce, string>,
  at: Omit<Verdict, 'code'>,
): readonly VerdictRecord[] {
  const news: VerdictRecord[] = []
  for (const [nonce, code] of said) {
    const before = known(nonce)
    const again = before?.latest.code === code && (code !== 'matched' || before.latest.batchId === at.batchId)
    if (again) continue
    const earlier = before === undefined ? [] : [before.latest, ...before.earlier].slice(0, MAX_EARLIER)
    news.push({ nonce, latest: { ...at, code }, earlier })
  }
  return news
}

/** Matched orders say so, the others why not. */
export function verdictsOf(
  resting: ReadonlyMap<OrderNonce, string>,
  proposed: Iterable<OrderNonce>,
  code: 'matched' | 'batchFailed',
): ReadonlyMap<OrderNonce, string> {
  const said = new Map(resting)
  for (const nonce of proposed) said.set(nonce, code)
  return said
}
