import { dataLost, everythingLost, labelsLost } from './dataLost.ts'
import { stoppedAndResumed } from './recoveryStopped.ts'
import type { Story } from './stories.ts'

/** What must be true of lost data on the simulator and on real nodes alike. */
export const recoveryStories: readonly (readonly [title: string, story: Story])[] = [
  ['accounts in every state come back with the help of the auctioneer', dataLost],
  ['accounts several changes and batches old come back from keys and chain alone, and are swept', everythingLost],
  ['accounts come back when lnd has forgotten its labels too', labelsLost],
  ['a search that takes long tells so, is stopped and goes on', stoppedAndResumed],
]
