import { fork, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Kernel clock ticks of a second, as Linux tells processor times to programs. */
const TICKS = 100
const STOP_MS = 5000

/** Processor time of a process so far in milliseconds, all its threads. */
export function cpuMsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS
}

/** Memory in use of a process in bytes. */
export function residentBytesOf(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))
  return Number(line?.[1] ?? 0) * 1024
}

interface Answer {
  readonly id: number
  readonly value?: unknown
  readonly error?: string
}

/** A part of a measurement in a process of its own: answers calls, one at a time. */
export class Part {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, (answer: Answer) => void>()
  readonly #ended: Promise<void>
  #calls = 0

  /** The program beside the caller, which calls `serveCalls`; always the compiled one, from a test too. */
  constructor(name: string, caller: string, execArgv: readonly string[] = []) {
    const program = fileURLToPath(new URL(`${name}.js`, caller)).replace('/bench/src/', '/bench/dist/')
    this.#child = fork(program, { execArgv: [...execArgv], serialization: 'advanced' })
    this.#child.on('message', (message) => {
      const answer = message as Answer
      this.#waiting.get(answer.id)?.(answer)
      this.#waiting.delete(answer.id)
    })
    this.#ended = new Promise((resolve) => {
      this.#child.once('exit', (code) => {
        for (const [id, tell] of this.#waiting) tell({ id, error: `the process ended with ${code}` })
        this.#waiting.clear()
        resolve()
      })
    })
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  async call<T>(name: string, argument?: unknown): Promise<T> {
    const id = ++this.#calls
    const answer = await new Promise<Answer>((resolve) => {
      this.#waiting.set(id, resolve)
      this.#child.send({ id, name, argument }, (error) => {
        if (error !== null) resolve({ id, error: error.message })
      })
    })
    if (answer.error !== undefined) throw new Error(`${name}: ${answer.error}`)
    return answer.value as T
  }

  /** It exits when the line to it is cut. */
  async stop(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect()
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS)
    await this.#ended
    clearTimeout(timer)
  }
}

/** The other end of a `Part`. */
export function serveCalls(calls: Readonly<Record<string, (argument: never) => unknown>>): void {
  process.on('message', (message) => {
    const { id, name, argument } = message as { readonly id: number; readonly name: string; readonly argument: never }
    const work = async (): Promise<unknown> => calls[name]?.(argument)
    work().then(
      (value) => process.send?.({ id, value }),
      (error: unknown) => process.send?.({ id, error: error instanceof Error ? error.stack : String(error) }),
    )
  })
  process.on('disconnect', () => process.exit(0))
}

/** Makes Node write a profile of the process into the folder when it ends. */
export const profileFlags = (dir: string | undefined): readonly string[] =>
  dir === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${dir}`]

/** Runs so many at a time. */
export async function eachOf<T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) {
      results[index] = await work(items[index] as T, index)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return results
}
