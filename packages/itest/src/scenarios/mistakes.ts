import { floods } from './badInput/floods.ts'
import { malformedBytes } from './badInput/malformedBytes.ts'
import { expiredAccount, neverFunded, userMistakes } from './badInput/userMistakes.ts'
import type { Story } from './stories.ts'

/** What goes wrong on the other side of the screen; daemons stay up, and nothing is lost. */
export const mistakes: readonly (readonly [title: string, story: Story])[] = [
  ['a user who asks for what cannot be had is told why', userMistakes],
  ['a reservation that nobody funds is no account', neverFunded],
  ['an expired account takes no orders', expiredAccount],
  ['floods of bad orders and guessed cancels leave the book as it was', floods],
  ['malformed bytes in any field of any call are refused with a code', malformedBytes],
]
