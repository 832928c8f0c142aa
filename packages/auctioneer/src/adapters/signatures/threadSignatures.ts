import { Worker } from 'node:worker_threads'
import { checkHere } from '../../ports/signatures.ts'
import type { SignatureChecker, SignedDigest } from '../../ports/signatures.ts'
import { fits, pack } from './packed.ts'

/** So few at once are checked sooner than the thread has been told. */
const THREAD_FROM = 4
/** Checked together at most, so that the first does not wait long for the last. */
const MOST = 128

/** Either end of the line between the threads. */
export interface SignatureThread {
  postMessage(packed: Uint8Array<ArrayBuffer>): void
  onReply(listener: (verdicts: Uint8Array) => void): void
  onError(listener: (error: unknown) => void): void
  terminate(): unknown
}

interface Waiting {
  readonly signed: SignedDigest
  readonly tell: (verdict: boolean | Promise<boolean>) => void
}

/**
 * Checks signatures in a thread of its own: those that come during a check go together into the next. If the thread
 * dies, what it had is checked here, and the next ones by a new thread.
 */
export class ThreadSignatures implements SignatureChecker {
  readonly #open: () => SignatureThread
  readonly #from: number
  #thread: SignatureThread | undefined
  #waiting: Waiting[] = []
  #asked: readonly Waiting[] = []
  #scheduled = false

  constructor(open: () => SignatureThread = openThread, from = THREAD_FROM) {
    this.#open = open
    this.#from = from
  }

  isValid(signed: SignedDigest): Promise<boolean> {
    if (!fits(signed)) return checkHere.isValid(signed)
    return new Promise((tell) => {
      this.#waiting.push({ signed, tell })
      if (this.#scheduled || this.#asked.length > 0) return
      this.#scheduled = true
      // All that arrived in this turn of the loop go together.
      setImmediate(() => {
        this.#scheduled = false
        this.#next()
      })
    })
  }

  async stop(): Promise<void> {
    const thread = this.#thread
    this.#thread = undefined
    const waiting = this.#waiting
    this.#waiting = []
    this.#checkAskedHere()
    checkAll(waiting)
    await thread?.terminate()
  }

  #next(): void {
    if (this.#asked.length > 0 || this.#waiting.length === 0) return
    const next = this.#waiting.slice(0, MOST)
    this.#waiting = this.#waiting.slice(MOST)
    if (next.length < this.#from) return checkAll(next)
    this.#asked = next
    this.#thread ??= this.#start()
    this.#thread.postMessage(pack(next.map(({ signed }) => signed)))
  }

  #start(): SignatureThread {
    const thread = this.#open()
    thread.onReply((verdicts) => {
      if (this.#thread !== thread) return
      const asked = this.#asked
      this.#asked = []
      this.#next()
      for (const [i, { tell }] of asked.entries()) tell(verdicts[i] === 1)
    })
    thread.onError(() => {
      if (this.#thread !== thread) return
      this.#thread = undefined
      this.#checkAskedHere()
      this.#next()
    })
    return thread
  }

  #checkAskedHere(): void {
    const asked = this.#asked
    this.#asked = []
    checkAll(asked)
  }
}

function checkAll(all: readonly Waiting[]): void {
  for (const { signed, tell } of all) tell(checkHere.isValid(signed))
}

function openThread(): SignatureThread {
  const worker = new Worker(new URL('./signatureThread.js', import.meta.url))
  return {
    postMessage: (packed) => worker.postMessage(packed, [packed.buffer]),
    onReply: (listener) => worker.on('message', listener),
    onError: (listener) => worker.on('error', listener),
    terminate: () => worker.terminate(),
  }
}
