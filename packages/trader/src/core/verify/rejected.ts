import type { RejectCode } from '@tidepool/market'
import type { BatchMismatch, MismatchDetail } from './mismatch.ts'
import { MISMATCH_RULES } from './mismatchRules.ts'

/** At least one mismatch, in the order of checking; the first decides the code. */
export interface Rejected {
  readonly verdict: 'rejected'
  readonly rejectCode: RejectCode
  readonly mismatches: readonly BatchMismatch[]
}

export function rejected(first: MismatchDetail, ...others: readonly MismatchDetail[]): Rejected {
  const mismatches = [first, ...others].map((detail) => ({ code: detail.code, detail, text: textOf(detail) }))
  return { verdict: 'rejected', rejectCode: MISMATCH_RULES[first.code].reject, mismatches }
}

/** A rejection when there is any mismatch. */
export function rejectedIfAny(details: readonly MismatchDetail[]): Rejected | undefined {
  const [first, ...others] = details
  return first === undefined ? undefined : rejected(first, ...others)
}

/** One line for the reject message. */
export const rejectText = (mismatches: readonly BatchMismatch[]): string =>
  mismatches.map((mismatch) => mismatch.text).join('; ')

function textOf<D extends MismatchDetail>(detail: D): string {
  const rule = MISMATCH_RULES[detail.code] as { readonly text: (detail: D) => string }
  return rule.text(detail)
}
