import type { CombinedSignature, CombinedVerdict, PartialJob, PartialVerdict } from '../../core/signatureChecks.ts'
import { checkBatchHere } from '../../ports/signatures.ts'
import type { BatchSignatureChecker } from '../../ports/signatures.ts'
import { bare, checkJob, verdictOn } from './batchChecks.ts'
import type { BatchJob, BatchReply, BatchVerdict } from './batchChecks.ts'
import { ThreadJobs, openThread } from './threadJobs.ts'
import type { JobThread } from './threadJobs.ts'

/** The signatures of a smaller batch are checked in less time than a thread takes to start. */
const THREAD_FROM = 64

export type BatchThread = JobThread<readonly BatchJob[], readonly BatchReply[]>

/** Checks the signatures of a big batch in a thread of its own. */
export class ThreadBatchSignatures implements BatchSignatureChecker {
  readonly #from: number
  readonly #jobs: ThreadJobs<BatchJob, BatchVerdict, readonly BatchJob[], readonly BatchReply[]>

  constructor(open: () => BatchThread = () => openThread('./batchThread.js'), from = THREAD_FROM) {
    this.#from = from
    this.#jobs = new ThreadJobs({
      open,
      // They come one by one: nearly all would be alone in their turn of the loop.
      from: 1,
      here: checkJob,
      ask: (jobs) => jobs.map(bare),
      verdicts: (replies, jobs) => jobs.map((job, i) => verdictOn(job, replies[i])),
    })
  }

  /** The thread loads its modules while the traders verify the batch. */
  expect(accounts: number): void {
    if (accounts >= this.#from) this.#jobs.start()
  }

  partial(job: PartialJob, among: number): Promise<PartialVerdict> {
    return among < this.#from ? checkBatchHere.partial(job, among) : this.#do(job)
  }

  combined(signature: CombinedSignature, among: number): Promise<CombinedVerdict> {
    return among < this.#from ? checkBatchHere.combined(signature, among) : this.#do(signature)
  }

  stop(): Promise<void> {
    return this.#jobs.stop()
  }

  #do(job: PartialJob): Promise<PartialVerdict>
  #do(job: CombinedSignature): Promise<CombinedVerdict>
  #do(job: BatchJob): Promise<BatchVerdict> {
    return this.#jobs.do(job)
  }
}
