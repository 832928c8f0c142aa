import { pairOf } from '../matchView.ts'
import type { MatchRule } from './rule.ts'

/** V-28: the ask's announcement constraint and the bid's wish agree. */
export const announcementAgrees: MatchRule = (view) => {
  const { announcement } = view.ask
  const agrees = announcement === 'none' || (announcement === 'onlyUnannounced') === view.bid.unannounced
  return agrees ? undefined : { code: 'ANNOUNCEMENT_DIFFERS', ...pairOf(view) }
}

/** V-28: the ask's confirmation constraint and the bid's wish agree. */
export const confirmationAgrees: MatchRule = (view) => {
  const { confirmation } = view.ask
  const agrees = confirmation === 'none' || (confirmation === 'onlyZeroConf') === view.bid.zeroConf
  return agrees ? undefined : { code: 'CONFIRMATION_DIFFERS', ...pairOf(view) }
}
