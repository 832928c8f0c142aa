import {
  aggregateKeys,
  generateNonce,
  pointFromSecret,
  pubKey,
  sha256,
  signPartial,
  signSchnorr,
  startSession,
} from '@tidepool/crypto'
import type { MuSig2Version } from '@tidepool/crypto'
import { afterEach, describe, expect, test } from 'vitest'
import { threadOver } from '../../../test/batchThread.ts'
import type { CombinedSignature, PartialJob } from '../../core/signatureChecks.ts'
import { checkBatchHere } from '../../ports/signatures.ts'
import type { BatchJob } from './batchChecks.ts'
import { ThreadBatchSignatures } from './threadBatchSignatures.ts'
import type { BatchThread } from './threadBatchSignatures.ts'

const checkers: ThreadBatchSignatures[] = []
afterEach(async () => {
  for (const checker of checkers.splice(0)) await checker.stop()
})

function checkerWith(open: () => BatchThread, from?: number): ThreadBatchSignatures {
  const checker = new ThreadBatchSignatures(open, from)
  checkers.push(checker)
  return checker
}

const hash = (text: string): Uint8Array => sha256(Buffer.from(text))

/** A good half, in a view of something bigger, as the transport gives them. */
function half(name: string, version: MuSig2Version): PartialJob {
  const secrets = { server: hash('auctioneer'), trader: hash(name) }
  const [server, trader] = [pubKey(pointFromSecret(secrets.server)), pubKey(pointFromSecret(secrets.trader))]
  const key = aggregateKeys(version, [server, trader], { kind: 'root', merkleRoot: hash(`${name} root`) })
  const digest = hash(`${name} digest`)
  const serverNonce = generateNonce(hash(`${name} 1`), { publicKey: server }).publicNonce
  const own = generateNonce(hash(`${name} 2`), { publicKey: trader })
  const session = startSession({ key, message: digest, publicNonces: [serverNonce, own.publicNonce] })
  const message = new Uint8Array(100_000)
  message.set(signPartial(session, own.secretNonce, secrets.trader), 500)
  const signature = message.subarray(500, 532)
  return { key, digest, signature, nonces: { server: serverNonce, trader: own.publicNonce }, publicKey: trader }
}

/** Good ones of both versions, and every way not to be one. */
function jobs(): readonly PartialJob[] {
  const bad = (job: PartialJob, i: number): PartialJob => {
    const { nonces, signature } = job
    if (i === 1) return { ...job, signature: signature.map((byte, at) => (at === 20 ? byte ^ 1 : byte)) }
    if (i === 2) return { ...job, signature: new Uint8Array(31) }
    if (i === 3) return { ...job, nonces: { ...nonces, trader: new Uint8Array(66) } }
    if (i === 4) return { ...job, nonces: { ...nonces, trader: nonces.trader.subarray(1) } }
    if (i === 5) return { ...job, digest: hash('another') }
    return job
  }
  return Array.from({ length: 10 }, (_, i) => bad(half(`trader ${i}`, i % 2 === 0 ? '0.4.0' : '1.0.0rc2'), i))
}

const MANY = 800

/** Good ones, and every way not to be one. */
function combined(): readonly CombinedSignature[] {
  return Array.from({ length: 7 }, (_, i): CombinedSignature => {
    const secret = hash(`account ${i}`)
    const digest = hash(`input ${i}`)
    const good = { digest, outputKey: pointFromSecret(secret).subarray(1), signature: signSchnorr(digest, secret) }
    if (i === 1) return { ...good, signature: good.signature.map((byte, at) => (at === 40 ? byte ^ 1 : byte)) }
    if (i === 2) return { ...good, digest: hash('another') }
    if (i === 3) return { ...good, outputKey: pointFromSecret(hash('another')).subarray(1) }
    if (i === 4) return { ...good, signature: new Uint8Array(65) }
    if (i === 5) return { ...good, outputKey: new Uint8Array(32) }
    return good
  })
}

describe('signatures of a batch checked in a thread', () => {
  test('the same verdicts and sessions as here, each for its own', async () => {
    const all = jobs()
    const here = await Promise.all(all.map((job) => checkBatchHere.partial(job, MANY)))
    expect(here.map((verdict) => (typeof verdict === 'string' ? verdict : 'good'))).toEqual([
      'good',
      'invalid',
      'invalid',
      'badNonce',
      'badNonce',
      'invalid',
      'good',
      'good',
      'good',
      'good',
    ])
    const checker = checkerWith(() => threadOver())
    expect(await Promise.all(all.map((job) => checker.partial(job, MANY)))).toEqual(here)
  })

  test('one alone goes to the thread too, without the message it came in', async () => {
    const asked: (readonly BatchJob[])[] = []
    const checker = checkerWith(() => threadOver(asked))
    const job = half('one', '1.0.0rc2')
    expect(await checker.partial(job, MANY)).toEqual(await checkBatchHere.partial(job, MANY))
    expect(asked.map((each) => each.map(({ signature }) => signature.buffer.byteLength))).toEqual([[32]])
  })

  test('those of a small batch are checked without a thread', async () => {
    let threads = 0
    const checker = checkerWith(() => {
      threads++
      return threadOver()
    }, 11)
    const all = jobs()
    const here = await Promise.all(all.map((job) => checkBatchHere.partial(job, 10)))
    expect(await Promise.all(all.map((job) => checker.partial(job, 10)))).toEqual(here)
    expect(threads).toBe(0)
    await checker.partial(half('one', '1.0.0rc2'), 11)
    expect(threads).toBe(1)
  })

  test('one that throws fails alone, though the thread dies of it', async () => {
    const threads: BatchThread[] = []
    const checker = checkerWith(() => {
      const thread = threadOver()
      threads.push(thread)
      return thread
    })
    const job = half('one', '1.0.0rc2')
    const broken = { ...job, nonces: { ...job.nonces, server: new Uint8Array(66) } }
    const settled = await Promise.allSettled([job, broken, job].map((each) => checker.partial(each, MANY)))
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(await checker.partial(job, MANY)).toEqual(await checkBatchHere.partial(job, MANY))
    expect(threads).toHaveLength(2)
  })

  test.each([
    [
      'cannot be started',
      () => {
        throw new Error('no more threads')
      },
    ],
    [
      'takes nothing',
      () => ({
        ...threadOver(),
        postMessage: () => {
          throw new Error('closed')
        },
      }),
    ],
  ])('a thread that %s is done without', async (_, thread: () => BatchThread) => {
    const checker = checkerWith(thread)
    const all = jobs()
    const here = await Promise.all(all.map((job) => checkBatchHere.partial(job, MANY)))
    expect(await Promise.all(all.map((job) => checker.partial(job, MANY)))).toEqual(here)
  })

  test('combined ones are checked too, between the halves', async () => {
    const asked: (readonly BatchJob[])[] = []
    const checker = checkerWith(() => threadOver(asked))
    const [halves, all] = [jobs(), combined()]
    const verdicts = await Promise.all(
      all.flatMap((one, i) => {
        const job = halves[i]
        return job === undefined ? [] : [checker.combined(one, MANY), checker.partial(job, MANY)]
      }),
    )
    const odd = <T>(list: readonly T[], rest: number): readonly T[] => list.filter((_, i) => i % 2 === rest)
    expect(odd(verdicts, 0)).toEqual([all[0], 'invalid', 'invalid', 'invalid', 'invalid', 'invalid', all[6]])
    expect(odd(verdicts, 1)).toEqual(await Promise.all(halves.slice(0, 7).map((job) => checkBatchHere.partial(job, 1))))
    expect(odd(verdicts, 0)).toEqual(await Promise.all(all.map((one) => checkBatchHere.combined(one, MANY))))
    expect(asked.flat()).toHaveLength(14)
  })

  test('those combined in a small batch are checked without a thread', async () => {
    const checker = checkerWith(() => {
      throw new Error('a thread')
    }, 11)
    const all = combined()
    const here = await Promise.all(all.map((one) => checkBatchHere.combined(one, 10)))
    expect(await Promise.all(all.map((one) => checker.combined(one, 10)))).toEqual(here)
  })

  test('after the stop no thread is started again', async () => {
    let threads = 0
    const checker = checkerWith(() => {
      threads++
      return threadOver()
    })
    const job = half('one', '1.0.0rc2')
    await checker.partial(job, MANY)
    await checker.stop()
    expect(await checker.partial(job, MANY)).toEqual(await checkBatchHere.partial(job, MANY))
    expect(threads).toBe(1)
  })

  test('the thread is there before the first job of a big batch, once, and not for a small one', async () => {
    const asked: (readonly BatchJob[])[][] = []
    const checker = checkerWith(() => {
      const jobsOfThis: (readonly BatchJob[])[] = []
      asked.push(jobsOfThis)
      return threadOver(jobsOfThis)
    }, 11)
    checker.expect(10)
    expect(asked).toEqual([])
    checker.expect(11)
    checker.expect(800)
    expect(asked).toEqual([[]])
    await checker.partial(half('one', '1.0.0rc2'), 11)
    expect(asked.map((each) => each.length)).toEqual([1])
    await checker.stop()
    checker.expect(11)
    expect(asked).toHaveLength(1)
  })

  test('a thread that could not be started in time is started for the first job', async () => {
    let tries = 0
    const checker = checkerWith(() => {
      if (++tries === 1) throw new Error('no more threads')
      return threadOver()
    })
    checker.expect(MANY)
    const job = half('one', '1.0.0rc2')
    expect(await checker.partial(job, MANY)).toEqual(await checkBatchHere.partial(job, MANY))
    expect(tries).toBe(2)
  })

  test('a thread that dies before it had a job is replaced', async () => {
    const threads: BatchThread[] = []
    let die: (error: unknown) => void = () => undefined
    const checker = checkerWith(() => {
      const thread = threadOver()
      threads.push(thread)
      return threads.length > 1 ? thread : { ...thread, onError: (listener) => (die = listener) }
    })
    checker.expect(MANY)
    die(new Error('dead'))
    const job = half('one', '1.0.0rc2')
    expect(await checker.partial(job, MANY)).toEqual(await checkBatchHere.partial(job, MANY))
    expect(threads).toHaveLength(2)
  })
})
