import { INITIAL_BATCH_KEY, accountKey, pubKey } from '@tidepool/crypto'
import { CandidateScripts } from '../../core/recovery/candidateScripts.ts'
import type { UnitCosts } from '../../core/recovery/searchPlan.ts'

/** Milliseconds that pass; only differences count. */
export type Stopwatch = () => number

const SAMPLES = { batchKey: 8, p2wsh: 200, p2tr: 20 } as const
/** The best of some rounds: the first ones pay for compiling, and other programs for none. */
const ROUNDS = 4
const SAMPLE_HEIGHT = 800_000

/** What a candidate costs on this machine, in microseconds; takes some 50 ms. */
export function measuredCosts(stopwatch: Stopwatch): UnitCosts {
  const key = accountKey(INITIAL_BATCH_KEY)
  const auctioneerKey = pubKey(INITIAL_BATCH_KEY)
  const scripts = new CandidateScripts({ key, keyIndex: 0, auctioneerKey, secret: new Uint8Array(32) })
  const at = scripts.at(INITIAL_BATCH_KEY)
  const round = (count: number, work: (i: number) => unknown): number => {
    const began = stopwatch()
    for (let i = 0; i < count; i++) work(i)
    return Math.max(0.1, ((stopwatch() - began) * 1000) / count)
  }
  const each = (count: number, work: (i: number) => unknown): number =>
    Math.min(...Array.from({ length: ROUNDS }, () => round(count, work)))
  return {
    batchKey: each(SAMPLES.batchKey, () => scripts.at(INITIAL_BATCH_KEY)),
    p2wsh: each(SAMPLES.p2wsh, (i) => at.program(0, SAMPLE_HEIGHT + i)),
    p2tr: each(SAMPLES.p2tr, (i) => at.program(2, SAMPLE_HEIGHT + i)),
  }
}
