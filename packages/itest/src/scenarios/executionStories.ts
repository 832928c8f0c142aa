import { batchReorged, batchReorgedDeep } from './batchReorged.ts'
import { fullLine } from './fullLine.ts'
import { frozenTrader } from './frozenTrader.ts'
import { offlineTrader } from './offlineTrader.ts'
import { refusedProposals } from './refusedProposals.ts'
import { rejectedBatches } from './rejectedBatches.ts'
import type { Story } from './stories.ts'
import { stoppedWhileSigning } from './stoppedWhileSigning.ts'
import { stuckChain } from './stuckChain.ts'

/** Batches against all odds, on the simulator and on real nodes alike. */
export const executionStories: readonly (readonly [title: string, story: Story])[] = [
  ['three unconfirmed batches are bumped, and one block takes them', stuckChain],
  ['as many wait for a block as nodes relay, and no more', fullLine],
  ['a batch whose block is reorganised confirms again', batchReorged],
  ['a batch eight blocks deep, its channels open, leaves the chain and confirms again', batchReorgedDeep],
  ['a refused channel keeps a pair apart, and nobody else', rejectedBatches],
  ['a batch refused as a whole is made without whoever refuses it, for every reason', refusedProposals],
  ['a trader that hangs costs the others one step, and a stop while waiting nothing', frozenTrader],
  [
    'a daemon that stops while a batch is being signed ends by itself, and nothing comes of the batch',
    stoppedWhileSigning,
  ],
]

/** Where the nodes make no difference. */
export const connectionStories: readonly (readonly [title: string, story: Story])[] = [
  ['a trader that is cut off knows it, and what it missed', offlineTrader],
]
