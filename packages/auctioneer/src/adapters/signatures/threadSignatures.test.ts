import { MessageChannel } from 'node:worker_threads'
import { accountKey, pointFromSecret, sha256, signMessage, toHex } from '@tidepool/crypto'
import { afterEach, describe, expect, test } from 'vitest'
import { checkHere } from '../../ports/signatures.ts'
import type { SignedDigest } from '../../ports/signatures.ts'
import { checkPacked } from './packed.ts'
import { ThreadSignatures } from './threadSignatures.ts'
import type { SignatureThread } from './threadSignatures.ts'

const open: (() => void)[] = []
afterEach(() => {
  for (const close of open.splice(0)) close()
})

/** The thread's end of a real message channel; tells how many it was asked at once. */
function threadOver(asked: number[] = []): SignatureThread {
  const { port1, port2 } = new MessageChannel()
  port2.on('message', (packed: Uint8Array) => {
    const verdicts = checkPacked(packed)
    asked.push(verdicts.length)
    port2.postMessage(verdicts)
  })
  open.push(() => port1.close())
  return {
    postMessage: (packed) => port1.postMessage(packed),
    onReply: (listener) => port1.on('message', listener),
    onError: () => undefined,
    terminate: () => port1.close(),
  }
}

/** Good ones, and every way not to be one. */
function signatures(): readonly SignedDigest[] {
  return Array.from({ length: 12 }, (_, i): SignedDigest => {
    const secret = sha256(Buffer.from(`secret ${i % 3}`))
    const digest = sha256(Buffer.from(`order ${i}`))
    const good = { digest, signature: signMessage(digest, secret), key: accountKey(toHex(pointFromSecret(secret))) }
    if (i === 2) return { ...good, digest: sha256(digest) }
    if (i === 4) return { ...good, signature: good.signature.map((byte, at) => (at === 20 ? byte ^ 1 : byte)) }
    if (i === 5) return { ...good, signature: new Uint8Array() }
    if (i === 6) return { ...good, signature: new Uint8Array(200).fill(0x30) }
    if (i === 7) return { ...good, key: accountKey(toHex(pointFromSecret(sha256(secret)))) }
    if (i === 8) return { ...good, signature: Uint8Array.of(...good.signature, 0) }
    return good
  })
}

const expected = [true, true, false, true, false, false, false, false, false, true, true, true]

describe('signatures checked in a thread', () => {
  test('the same verdicts as here, each for its own', async () => {
    const all = signatures()
    expect(await Promise.all(all.map((one) => checkHere.isValid(one)))).toEqual(expected)
    const checker = new ThreadSignatures(() => threadOver(), 0)
    expect(await Promise.all(all.map((one) => checker.isValid(one)))).toEqual(expected)
  })

  test('what comes during a check goes together into the next', async () => {
    const asked: number[] = []
    const [one] = signatures()
    if (one === undefined) throw new Error('none')
    const checker = new ThreadSignatures(() => threadOver(asked), 0)
    const first = checker.isValid(one)
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
    const rest = Array.from({ length: 300 }, () => checker.isValid(one))
    expect(new Set(await Promise.all([first, ...rest]))).toEqual(new Set([true]))
    expect(asked).toEqual([1, 128, 128, 44])
  })

  test('few are checked without a thread', async () => {
    let threads = 0
    const checker = new ThreadSignatures(() => {
      threads++
      return threadOver()
    }, 3)
    const two = signatures().slice(1, 3)
    expect(await Promise.all(two.map((one) => checker.isValid(one)))).toEqual([true, false])
    expect(threads).toBe(0)
  })

  test('a thread that dies: what it had is checked here, the next by a new one', async () => {
    const threads: SignatureThread[] = []
    let die: (error: unknown) => void = () => undefined
    const checker = new ThreadSignatures(() => {
      const mortal = threads.length === 0
      const thread = threadOver()
      threads.push(thread)
      if (!mortal) return thread
      return { ...thread, postMessage: () => die(new Error('dead')), onError: (listener) => (die = listener) }
    }, 0)
    const all = signatures()
    expect(await Promise.all(all.map((one) => checker.isValid(one)))).toEqual(expected)
    expect(await Promise.all(all.map((one) => checker.isValid(one)))).toEqual(expected)
    expect(threads).toHaveLength(2)
  })

  test('what is under way when it stops is answered', async () => {
    const checker = new ThreadSignatures(() => ({ ...threadOver(), postMessage: () => undefined }), 0)
    const verdicts = Promise.all(signatures().map((one) => checker.isValid(one)))
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
    const late = Promise.all(signatures().map((one) => checker.isValid(one)))
    await checker.stop()
    expect(await verdicts).toEqual(expected)
    expect(await late).toEqual(expected)
  })
})
