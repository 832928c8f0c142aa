import { MAX_MONEY } from '@tidepool/crypto'
import { UNIT_SAT } from '@tidepool/market'
import { pairOf } from '../matchView.ts'
import type { MatchRule } from './rule.ts'

/** The channel is no larger than all the money there is, so that no sum below leaves its range. */
export const channelInRange: MatchRule = (view) =>
  BigInt(view.units) * UNIT_SAT + view.bid.selfChannelBalance <= MAX_MONEY
    ? undefined
    : { code: 'AMOUNT_OUT_OF_RANGE', ...pairOf(view) }
