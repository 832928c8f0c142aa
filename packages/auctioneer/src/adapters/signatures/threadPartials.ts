import type { PartialJob, PartialVerdict } from '../../core/signing.ts'
import { checkPartialsHere } from '../../ports/signatures.ts'
import type { PartialChecker } from '../../ports/signatures.ts'
import { bare, verdictOn } from './partials.ts'
import type { PartialReply } from './partials.ts'
import { ThreadJobs, openThread } from './threadJobs.ts'
import type { JobThread } from './threadJobs.ts'

/** The signatures of a smaller batch are checked in less time than a thread takes to start. */
const THREAD_FROM = 64

export type PartialThread = JobThread<readonly PartialJob[], readonly PartialReply[]>

/** Checks the traders' halves of the signatures of a big batch in a thread of its own. */
export class ThreadPartials implements PartialChecker {
  readonly #from: number
  readonly #jobs: ThreadJobs<PartialJob, PartialVerdict, readonly PartialJob[], readonly PartialReply[]>

  constructor(open: () => PartialThread = () => openThread('./partialThread.js'), from = THREAD_FROM) {
    this.#from = from
    this.#jobs = new ThreadJobs({
      open,
      // They come one by one: nearly all would be alone in their turn of the loop.
      from: 1,
      here: (job) => checkPartialsHere.check(job, 1),
      ask: (jobs) => jobs.map(bare),
      verdicts: (replies, jobs) => jobs.map((job, i) => verdictOn(job, replies[i])),
    })
  }

  check(job: PartialJob, among: number): Promise<PartialVerdict> {
    return among < this.#from ? checkPartialsHere.check(job, among) : this.#jobs.do(job)
  }

  stop(): Promise<void> {
    return this.#jobs.stop()
  }
}
