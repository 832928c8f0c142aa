import type { MuSig2Session } from '@tidepool/crypto'
import { checkPartial } from '../../core/signing.ts'
import type { PartialJob, PartialVerdict } from '../../core/signing.ts'

/** A verdict without what whoever asked has. */
export type PartialReply = Omit<MuSig2Session, 'key' | 'message'> | Exclude<PartialVerdict, MuSig2Session>

/** The same in bytes of its own: a view would be copied to the thread with the whole message that it looks into. */
export const bare = (job: PartialJob): PartialJob => ({
  ...job,
  digest: Uint8Array.from(job.digest),
  signature: Uint8Array.from(job.signature),
  nonces: { server: Uint8Array.from(job.nonces.server), trader: Uint8Array.from(job.nonces.trader) },
})

/** The thread's side. */
export function checkPartials(jobs: readonly PartialJob[]): readonly PartialReply[] {
  return jobs.map((job) => {
    const verdict = checkPartial(job)
    if (typeof verdict === 'string') return verdict
    const { key: _key, message: _message, ...session } = verdict
    return session
  })
}

/** The verdict on a job from the thread's reply to it. */
export function verdictOn(job: PartialJob, reply: PartialReply | undefined): PartialVerdict {
  if (reply === undefined) return checkPartial(job)
  return typeof reply === 'string' ? reply : { key: job.key, message: job.digest, ...reply }
}
