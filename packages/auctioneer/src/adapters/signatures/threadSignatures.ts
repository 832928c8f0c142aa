import { checkHere } from '../../ports/signatures.ts'
import type { SignatureChecker, SignedDigest } from '../../ports/signatures.ts'
import { fits, pack } from './packed.ts'
import { ThreadJobs, openThread } from './threadJobs.ts'
import type { JobThread } from './threadJobs.ts'

/** So few at once are checked sooner than the thread has been told. */
const THREAD_FROM = 4

export type SignatureThread = JobThread<Uint8Array, Uint8Array>

/** Checks signatures of orders in a thread of its own. */
export class ThreadSignatures implements SignatureChecker {
  readonly #jobs: ThreadJobs<SignedDigest, boolean, Uint8Array, Uint8Array>

  constructor(open: () => SignatureThread = () => openThread('./signatureThread.js'), from = THREAD_FROM) {
    this.#jobs = new ThreadJobs({
      open,
      from,
      here: (signed) => checkHere.isValid(signed),
      ask: pack,
      verdicts: (reply, jobs) => jobs.map((_, i) => reply[i] === 1),
    })
  }

  isValid(signed: SignedDigest): Promise<boolean> {
    return fits(signed) ? this.#jobs.do(signed) : checkHere.isValid(signed)
  }

  stop(): Promise<void> {
    return this.#jobs.stop()
  }
}
