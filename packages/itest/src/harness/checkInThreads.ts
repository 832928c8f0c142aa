import {
  accountKey,
  aggregateKeys,
  generateNonce,
  pointFromSecret,
  pubKey,
  sha256,
  signMessage,
  signPartial,
  signSchnorr,
  startSession,
  toHex,
} from '@tidepool/crypto'
import { ThreadBatchSignatures, ThreadSignatures } from '@tidepool/auctioneer'

/** Checks signatures in the threads that auctioneerd has, in a process of its own, and prints what came of it. */
export interface ThreadReport {
  /** A quarter of them is bad. */
  readonly halves: readonly string[]
  /** Good and bad, of both halves as one. */
  readonly combined: readonly boolean[]
  /** Good, impossible to check, good; and once more. */
  readonly hard: readonly string[]
  /** Every third is bad. */
  readonly orders: readonly boolean[]
  readonly threads: readonly { readonly replies: number; readonly error: string | undefined }[]
}

const hash = (text: string): Uint8Array => sha256(Buffer.from(text))
const flipped = (bytes: Uint8Array): Uint8Array => bytes.map((byte, i) => (i === 20 ? byte ^ 1 : byte))

/** A good half of a signature, and the session that its check gives. */
function half(name: string) {
  const secret = hash(name)
  const server = pubKey(pointFromSecret(hash('auctioneer')))
  const publicKey = pubKey(pointFromSecret(secret))
  const key = aggregateKeys('1.0.0rc2', [server, publicKey], { kind: 'root', merkleRoot: hash(`${name} root`) })
  const digest = hash(`${name} digest`)
  const theirs = generateNonce(hash(`${name} 1`), { publicKey: server }).publicNonce
  const own = generateNonce(hash(`${name} 2`), { publicKey })
  const session = startSession({ key, message: digest, publicNonces: [theirs, own.publicNonce] })
  const signature = signPartial(session, own.secretNonce, secret)
  return { session, job: { key, digest, signature, nonces: { server: theirs, trader: own.publicNonce }, publicKey } }
}

const MANY = 800
type Half = ReturnType<typeof half>

/** `good` for a verdict that is the session expected. */
async function verdictOf(checker: ThreadBatchSignatures, { job, session }: Half): Promise<string> {
  try {
    const verdict = await checker.partial(job, MANY)
    if (typeof verdict === 'string') return verdict
    const isSame = verdict.e === session.e && verdict.b === session.b && toHex(verdict.r) === toHex(session.r)
    return isSame && verdict.key === job.key && verdict.message === job.digest ? 'good' : 'another session'
  } catch {
    return 'failed'
  }
}

async function report(): Promise<ThreadReport> {
  const threads: { replies: number; error: string | undefined }[] = []
  process.on('worker', (worker) => {
    const thread: (typeof threads)[number] = { replies: 0, error: undefined }
    threads.push(thread)
    worker.on('message', () => (thread.replies += 1)).on('error', (error) => (thread.error = String(error)))
  })
  const batch = new ThreadBatchSignatures()
  batch.expect(MANY)
  const all = Array.from({ length: 40 }, (_, i) => half(`trader ${i}`))
  const halves = await Promise.all(
    all.map(({ job, session }, i) => {
      const signature = i % 4 === 0 ? flipped(job.signature) : job.signature
      return verdictOf(batch, { job: { ...job, signature }, session })
    }),
  )
  const digest = hash('both')
  const whole = {
    digest,
    outputKey: pointFromSecret(hash('key')).subarray(1),
    signature: signSchnorr(digest, hash('key')),
  }
  const wholes = [whole, { ...whole, signature: flipped(whole.signature) }]
  const verdicts = await Promise.all(wholes.map((each) => batch.combined(each, MANY)))
  const combined = verdicts.map((verdict) => verdict !== 'invalid')
  const good = half('one')
  const broken = { ...good, job: { ...good.job, nonces: { ...good.job.nonces, server: new Uint8Array(66) } } }
  const hard: string[] = []
  for (let time = 0; time < 2; time++) {
    hard.push(...(await Promise.all([good, broken, good].map((each) => verdictOf(batch, each)))))
  }
  await batch.stop()
  const signatures = new ThreadSignatures()
  const secret = hash('trader')
  const key = accountKey(pointFromSecret(secret))
  const orders = await Promise.all(
    Array.from({ length: 12 }, (_, i) => {
      const digest = hash(`order ${i}`)
      const signature = signMessage(digest, secret)
      return signatures.isValid({ digest, key, signature: i % 3 === 0 ? flipped(signature) : signature })
    }),
  )
  await signatures.stop()
  return { halves, combined, hard, orders, threads }
}

process.stdout.write(JSON.stringify(await report()))
