import type { PubKey } from '@tidepool/crypto'
import { localFundingKey, pairOf } from '../matchView.ts'
import type { MatchRule, OwnIdentity } from './rule.ts'

/** V-25: the other side's funding key is not ours, of this or of any other order, in either parity. */
export const foreignFundingKey: MatchRule = (view, own) => {
  const theirs = xOnly(view.counterpart.multiSigKey)
  const ours = localFundingKey(view.own)
  return (ours !== undefined && xOnly(ours) === theirs) || isOwnKey(own, theirs)
    ? { code: 'FUNDING_KEY_IS_OWN', ...pairOf(view) }
    : undefined
}

function isOwnKey(own: OwnIdentity, xOnlyKey: string): boolean {
  for (const { order } of own.orders.values()) {
    if (xOnly(order.multiSigKey) === xOnlyKey) return true
  }
  return false
}

/** Who knows a key's secret knows that of its negation. */
const xOnly = (key: PubKey): string => key.slice(2)
