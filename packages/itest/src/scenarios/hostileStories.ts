import { fuzzedCalls } from './hostile/fuzzedCalls.ts'
import { hostilePeers } from './hostile/hostilePeers.ts'
import { lyingServer } from './hostile/lyingServer.ts'
import type { Story } from './stories.ts'

/** Peers that want no good, over real connections. */
export const hostileStories: readonly (readonly [title: string, story: Story])[] = [
  ['a trader that is lied to in calls and bytes says so, loses nothing and trades on', lyingServer],
  ['thousands of bad connections keep no honest batch from being made', hostilePeers],
  ['spoiled requests to every call of both daemons are answered with a typed status', fuzzedCalls],
]
