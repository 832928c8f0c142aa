import { pairOf } from '../matchView.ts'
import type { MatchRule } from './rule.ts'

/** Highest order version whose rules this trader knows. */
const LATEST_ORDER_VERSION = 5

/** V-30: the other order's version is one we know. */
export const knownOrderVersion: MatchRule = (view) => {
  const version: number = view.counterpart.version
  return Number.isInteger(version) && version >= 0 && version <= LATEST_ORDER_VERSION
    ? undefined
    : { code: 'ORDER_VERSION_UNKNOWN', version, ...pairOf(view) }
}
