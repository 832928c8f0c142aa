import { MessageChannel } from 'node:worker_threads'
import {
  aggregateKeys,
  generateNonce,
  pointFromSecret,
  pubKey,
  sha256,
  signPartial,
  startSession,
} from '@tidepool/crypto'
import type { MuSig2Version } from '@tidepool/crypto'
import { afterEach, describe, expect, test } from 'vitest'
import type { PartialJob } from '../../core/signing.ts'
import { checkPartialsHere } from '../../ports/signatures.ts'
import { checkPartials } from './partials.ts'
import { ThreadPartials } from './threadPartials.ts'
import type { PartialThread } from './threadPartials.ts'

const open: (() => void)[] = []
afterEach(() => {
  for (const close of open.splice(0)) close()
})

/** The thread's end of a real message channel; a job that throws ends it, as it does a thread. */
function threadOver(asked: (readonly PartialJob[])[] = []): PartialThread {
  const { port1, port2 } = new MessageChannel()
  let die: (error: unknown) => void = () => undefined
  port2.on('message', (jobs: readonly PartialJob[]) => {
    asked.push(jobs)
    try {
      port2.postMessage(checkPartials(jobs))
    } catch (error) {
      die(error)
    }
  })
  open.push(() => port1.close())
  return {
    postMessage: (jobs) => port1.postMessage(jobs),
    onReply: (listener) => port1.on('message', listener),
    onError: (listener) => (die = listener),
    terminate: () => port1.close(),
  }
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

describe('halves of signatures checked in a thread', () => {
  test('the same verdicts and sessions as here, each for its own', async () => {
    const all = jobs()
    const here = await Promise.all(all.map((job) => checkPartialsHere.check(job, MANY)))
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
    const checker = new ThreadPartials(() => threadOver())
    expect(await Promise.all(all.map((job) => checker.check(job, MANY)))).toEqual(here)
    await checker.stop()
  })

  test('one alone goes to the thread too, without the message it came in', async () => {
    const asked: (readonly PartialJob[])[] = []
    const checker = new ThreadPartials(() => threadOver(asked))
    const job = half('one', '1.0.0rc2')
    expect(await checker.check(job, MANY)).toEqual(await checkPartialsHere.check(job, MANY))
    expect(asked.map((each) => each.map(({ signature }) => signature.buffer.byteLength))).toEqual([[32]])
  })

  test('those of a small batch are checked without a thread', async () => {
    let threads = 0
    const checker = new ThreadPartials(() => {
      threads++
      return threadOver()
    }, 11)
    const all = jobs()
    const here = await Promise.all(all.map((job) => checkPartialsHere.check(job, 10)))
    expect(await Promise.all(all.map((job) => checker.check(job, 10)))).toEqual(here)
    expect(threads).toBe(0)
    await checker.check(half('one', '1.0.0rc2'), 11)
    expect(threads).toBe(1)
  })

  test('one that throws fails alone, though the thread dies of it', async () => {
    const threads: PartialThread[] = []
    const checker = new ThreadPartials(() => {
      const thread = threadOver()
      threads.push(thread)
      return thread
    })
    const job = half('one', '1.0.0rc2')
    const broken = { ...job, nonces: { ...job.nonces, server: new Uint8Array(66) } }
    const settled = await Promise.allSettled([job, broken, job].map((each) => checker.check(each, MANY)))
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(await checker.check(job, MANY)).toEqual(await checkPartialsHere.check(job, MANY))
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
  ])('a thread that %s is done without', async (_, thread: () => PartialThread) => {
    const checker = new ThreadPartials(thread)
    const all = jobs()
    const here = await Promise.all(all.map((job) => checkPartialsHere.check(job, MANY)))
    expect(await Promise.all(all.map((job) => checker.check(job, MANY)))).toEqual(here)
  })

  test('after the stop no thread is started again', async () => {
    let threads = 0
    const checker = new ThreadPartials(() => {
      threads++
      return threadOver()
    })
    const job = half('one', '1.0.0rc2')
    await checker.check(job, MANY)
    await checker.stop()
    expect(await checker.check(job, MANY)).toEqual(await checkPartialsHere.check(job, MANY))
    expect(threads).toBe(1)
  })
})
