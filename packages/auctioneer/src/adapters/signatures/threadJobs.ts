import { Worker } from 'node:worker_threads'

/** Sent together at most, so that the first does not wait long for the last. */
const MOST = 128
/** Lots under way: the thread has the next one while the main loop is busy with something else. */
const AHEAD = 2

/** Either end of the line between the threads. */
export interface JobThread<Question, Reply> {
  postMessage(question: Question): void
  onReply(listener: (reply: Reply) => void): void
  /** It is of no use any more. */
  onError(listener: (error: unknown) => void): void
  terminate(): unknown
}

/** One kind of work, and how it goes to a thread and back. */
export interface JobKind<Job, Verdict, Question, Reply> {
  readonly open: () => JobThread<Question, Reply>
  /** Fewer at once are done here, sooner than the thread has been told. */
  readonly from: number
  here(job: Job): Verdict | Promise<Verdict>
  ask(jobs: readonly Job[]): Question
  /** A verdict for each job, in their order. */
  verdicts(reply: Reply, jobs: readonly Job[]): readonly Verdict[]
}

interface Waiting<Job, Verdict> {
  readonly job: Job
  readonly tell: (verdict: Verdict | Promise<Verdict>) => void
  readonly fail: (error: unknown) => void
}

/**
 * Does jobs in a thread of its own, which is started when first needed, or when told. What comes in one turn of the loop goes there
 * together, and what comes while the thread has enough to do. If it dies, what it had is done here, the next by a new one.
 */
export class ThreadJobs<Job, Verdict, Question, Reply> {
  readonly #kind: JobKind<Job, Verdict, Question, Reply>
  #thread: JobThread<Question, Reply> | undefined
  #waiting: Waiting<Job, Verdict>[] = []
  #asked: (readonly Waiting<Job, Verdict>[])[] = []
  #scheduled = false
  #stopped = false

  constructor(kind: JobKind<Job, Verdict, Question, Reply>) {
    this.#kind = kind
  }

  /** Before there is a job, so that the first finds the thread ready. One that cannot be started is tried again then. */
  start(): void {
    if (this.#stopped) return
    try {
      this.#thread ??= this.#open()
    } catch {
      // no thread yet
    }
  }

  /** Rejects with what the job throws. */
  do(job: Job): Promise<Verdict> {
    return new Promise((tell, fail) => {
      this.#waiting.push({ job, tell, fail })
      if (this.#scheduled || this.#asked.length >= AHEAD) return
      this.#scheduled = true
      setImmediate(() => {
        this.#scheduled = false
        this.#next()
      })
    })
  }

  /** Does what is left, and all that still comes, here. */
  async stop(): Promise<void> {
    this.#stopped = true
    const thread = this.#thread
    this.#thread = undefined
    this.#doHere([...this.#asked.splice(0).flat(), ...this.#waiting.splice(0)])
    await thread?.terminate()
  }

  #next(): void {
    while (this.#waiting.length > 0 && this.#asked.length < AHEAD) {
      const next = this.#waiting.splice(0, MOST)
      if (this.#stopped || next.length < this.#kind.from) this.#doHere(next)
      else this.#ask(next)
    }
  }

  #ask(next: readonly Waiting<Job, Verdict>[]): void {
    this.#asked.push(next)
    try {
      this.#thread ??= this.#open()
      this.#thread.postMessage(this.#kind.ask(next.map(({ job }) => job)))
    } catch {
      this.#lost(this.#thread)
    }
  }

  #open(): JobThread<Question, Reply> {
    const thread = this.#kind.open()
    thread.onReply((reply) => {
      if (this.#thread !== thread) return
      const asked = this.#asked.shift() ?? []
      const jobs = asked.map(({ job }) => job)
      this.#next()
      const verdicts = this.#kind.verdicts(reply, jobs)
      for (const [i, verdict] of verdicts.entries()) asked[i]?.tell(verdict)
    })
    thread.onError(() => {
      if (this.#thread === thread) this.#lost(thread)
    })
    return thread
  }

  #lost(thread: JobThread<Question, Reply> | undefined): void {
    this.#thread = undefined
    void thread?.terminate()
    this.#doHere(this.#asked.splice(0).flat())
    this.#next()
  }

  #doHere(all: readonly Waiting<Job, Verdict>[]): void {
    for (const { job, tell, fail } of all) {
      try {
        tell(this.#kind.here(job))
      } catch (error) {
        fail(error)
      }
    }
  }
}

/** A thread that runs the file named, of those beside this one. */
export function openThread<Question, Reply>(file: string): JobThread<Question, Reply> {
  const worker = new Worker(new URL(file, import.meta.url))
  return {
    postMessage: (question) => worker.postMessage(question),
    onReply: (listener) => worker.on('message', listener),
    onError: (listener) => {
      for (const end of ['error', 'messageerror', 'exit']) worker.on(end, listener)
    },
    terminate: () => worker.terminate(),
  }
}
