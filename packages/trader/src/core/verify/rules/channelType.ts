import { pairOf } from '../matchView.ts'
import type { MatchRule } from './rule.ts'

/**
 * V-11: an order for simple taproot gets simple taproot. Script-enforced always wins and so is always met; peer
 * dependent takes whatever results.
 */
export const orderedChannelType: MatchRule = (view) => {
  const got = view.counterpart.channelType
  return view.own.order.channelType === 'simpleTaproot' && got !== 'simpleTaproot'
    ? { code: 'CHANNEL_TYPE_NOT_ORDERED', got, ...pairOf(view) }
    : undefined
}
