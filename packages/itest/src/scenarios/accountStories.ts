import { accountLife } from './accountLife.ts'
import { accountExpiry, accountUpgrades } from './accountTurns.ts'
import { confirmedWhileDown, reorganised } from './changeKilled.ts'
import type { Story } from './stories.ts'

/** What must be true of accounts on the simulator and on real nodes alike. */
export const accountStories: readonly (readonly [title: string, story: Story])[] = [
  ['accounts of every version are opened, filled, drawn on, renewed and closed to the satoshi', accountLife],
  ['versions 0, 1 and 2 are reached on the way of ordinary changes', accountUpgrades],
  ['expired accounts are renewed, or closed without the auctioneer', accountExpiry],
  ['a change that confirms while both daemons are down is seen by both', confirmedWhileDown],
  ['reorganisations that undo an opening and a deposit end well', reorganised],
]
