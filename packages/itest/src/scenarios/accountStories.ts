import { batchRenewsAndUpgrades, masterBetweenBatches } from './accountBatch.ts'
import { closeUndone, confirmationsBySize, overtaken, severalInOneBlock } from './accountChain.ts'
import { accountLife } from './accountLife.ts'
import { quotedAndReserved, targetsAndHeights } from './accountTerms.ts'
import { accountExpiry, accountUpgrades } from './accountTurns.ts'
import { confirmedWhileDown, reorganised } from './changeKilled.ts'
import type { Story } from './stories.ts'

/** What must be true of accounts on the simulator and on real nodes alike. */
export const accountStories: readonly (readonly [title: string, story: Story])[] = [
  ['accounts of every version are opened, filled, drawn on, renewed and closed to the satoshi', accountLife],
  ['a confirmation target and a height say the same as a rate and blocks, with every command', targetsAndHeights],
  ['quotes come true, and what open orders need stays in the account', quotedAndReserved],
  ['versions 0, 1 and 2 are reached on the way of ordinary changes', accountUpgrades],
  ['expired accounts are renewed, or closed without the auctioneer', accountExpiry],
  ['a change that confirms while both daemons are down is seen by both', confirmedWhileDown],
  ['reorganisations that undo an opening and a deposit end well', reorganised],
  ['a reorganisation that undoes a close ends well', closeUndone],
  ['larger accounts wait for more confirmations, on both sides', confirmationsBySize],
  ['several changes confirm in one block, unseen; closes pay exactly the outputs named', severalInOneBlock],
  ['a renewal that waits is replaced by its owner, alone, once the account has expired', overtaken],
  ['a batch gives accounts a later expiry and a newer version where the operator wants it', batchRenewsAndUpgrades],
  ["the auctioneer's own account grows and shrinks between batches", masterBetweenBatches],
]
