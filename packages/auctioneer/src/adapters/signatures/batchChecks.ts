import type { MuSig2Session } from '@tidepool/crypto'
import { checkCombined, checkPartial } from '../../core/signatureChecks.ts'
import type { CombinedSignature, CombinedVerdict, PartialJob, PartialVerdict } from '../../core/signatureChecks.ts'

export type BatchJob = PartialJob | CombinedSignature
export type BatchVerdict = PartialVerdict | CombinedVerdict

/** A verdict; of a session only what whoever asked does not have. */
export type BatchReply = Omit<MuSig2Session, 'key' | 'message'> | Exclude<BatchVerdict, MuSig2Session>

export const checkJob = (job: BatchJob): BatchVerdict => ('outputKey' in job ? checkCombined(job) : checkPartial(job))

/** The same in bytes of its own: a view would be copied to the thread with the whole message that it looks into. */
export function bare(job: BatchJob): BatchJob {
  const [digest, signature] = [Uint8Array.from(job.digest), Uint8Array.from(job.signature)]
  if ('outputKey' in job) return { digest, signature, outputKey: Uint8Array.from(job.outputKey) }
  const nonces = { server: Uint8Array.from(job.nonces.server), trader: Uint8Array.from(job.nonces.trader) }
  return { ...job, digest, signature, nonces }
}

/** The thread's side. */
export function checkJobs(jobs: readonly BatchJob[]): readonly BatchReply[] {
  return jobs.map((job) => {
    const verdict = checkJob(job)
    if (typeof verdict === 'string' || 'outputKey' in verdict) return verdict
    const { key: _key, message: _message, ...session } = verdict
    return session
  })
}

/** The verdict on a job from the thread's reply to it. */
export function verdictOn(job: BatchJob, reply: BatchReply | undefined): BatchVerdict {
  if (reply === undefined) return checkJob(job)
  if (typeof reply === 'string' || 'outputKey' in reply) return reply
  return 'outputKey' in job ? checkJob(job) : { key: job.key, message: job.digest, ...reply }
}
