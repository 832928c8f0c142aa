import { INITIAL_BATCH_KEY, accountKey, pubKey } from '@tidepool/crypto'
import { CandidateScripts } from '../../core/recovery/candidateScripts.ts'
import type { UnitCosts } from '../../core/recovery/searchPlan.ts'

/** Milliseconds that pass; only differences count. */
export type Stopwatch = () => number

const SAMPLES = { batchKey: 10, p2wsh: 500, p2tr: 50 } as const
const SAMPLE_HEIGHT = 800_000

/** What a candidate costs on this machine, in microseconds; takes some 20 ms. */
export function measuredCosts(stopwatch: Stopwatch): UnitCosts {
  const key = accountKey(INITIAL_BATCH_KEY)
  const auctioneerKey = pubKey(INITIAL_BATCH_KEY)
  const scripts = new CandidateScripts({ key, keyIndex: 0, auctioneerKey, secret: new Uint8Array(32) })
  const at = scripts.at(INITIAL_BATCH_KEY)
  at.program(2, SAMPLE_HEIGHT)
  const each = (count: number, work: (i: number) => unknown): number => {
    const began = stopwatch()
    for (let i = 0; i < count; i++) work(i)
    return Math.max(0.1, ((stopwatch() - began) * 1000) / count)
  }
  return {
    batchKey: each(SAMPLES.batchKey, () => scripts.at(INITIAL_BATCH_KEY)),
    p2wsh: each(SAMPLES.p2wsh, (i) => at.program(0, SAMPLE_HEIGHT + i)),
    p2tr: each(SAMPLES.p2tr, (i) => at.program(2, SAMPLE_HEIGHT + i)),
  }
}
