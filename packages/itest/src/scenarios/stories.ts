import { auctioneerDiesAfterCommit, auctioneerDiesBeforeCommit } from './auctioneerKilled.ts'
import { chainedBatch } from './chainedBatch.ts'
import { firstLease } from './firstLease.ts'
import { orderKinds } from './orderKinds.ts'
import { traderKilled } from './traderKilled.ts'
import type { Market } from './words/market.ts'

export type Story = (market: Market) => Promise<void>

/** What must be true on the simulator and on real nodes alike. */
export const stories: readonly (readonly [title: string, story: Story])[] = [
  ['one ask and two bids of three account versions become two leased channels', firstLease],
  ['a second batch chains on the unconfirmed first', chainedBatch],
  ['two durations, both auction types and every kind of channel share an auction', orderKinds],
  ['a batch that was committed is published after the auctioneer died', auctioneerDiesAfterCommit],
]

/** One stage of those that are tried on real nodes at every stage. */
export const deathStories: readonly (readonly [title: string, story: Story])[] = [
  ['a batch goes on without a trader who dies after accepting it', traderKilled],
  ['nothing of a batch that was not committed is published', auctioneerDiesBeforeCommit],
]
