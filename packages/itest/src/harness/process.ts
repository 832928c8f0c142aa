import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { HarnessError } from './errors.ts'
import { lengthOf, linesFrom, tail } from './logFile.ts'
import { until } from './until.ts'

export interface ProcessOptions {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  /** Both outputs are appended here. */
  readonly logFile: string
  readonly env?: Readonly<Record<string, string>>
  /** Lives on when this process ends (the local stack). */
  readonly detached?: boolean
}

const running = new Set<ChildProcess>()
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')))

/** One daemon as an operating system process, which may be stopped, killed and started again. */
export class ManagedProcess {
  readonly options: ProcessOptions
  #child: ChildProcess | undefined
  #ended: Promise<void> = Promise.resolve()
  #exitCode: number | undefined
  /** Where the log of the present run begins. */
  #logStart = 0

  constructor(options: ProcessOptions) {
    this.options = options
  }

  get running(): boolean {
    return this.#child !== undefined
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** Of the last run; undefined while it lasts, and when a signal ended it. */
  get exitCode(): number | undefined {
    return this.#exitCode
  }

  start(extraArgs: readonly string[] = []): void {
    if (this.#child !== undefined) throw new Error(`${this.options.name} is running already`)
    const { command, args, logFile, env, detached = false } = this.options
    mkdirSync(dirname(logFile), { recursive: true })
    this.#logStart = lengthOf(logFile)
    const log = openSync(logFile, 'a')
    const child = spawn(command, [...args, ...extraArgs], {
      stdio: ['ignore', log, log],
      env: { ...process.env, ...env },
      detached,
    })
    closeSync(log)
    this.#child = child
    this.#exitCode = undefined
    if (detached) child.unref()
    else running.add(child)
    this.#ended = new Promise((resolve) => {
      const ended = (): void => {
        running.delete(child)
        this.#child = undefined
        resolve()
      }
      child.on('exit', (code) => {
        this.#exitCode = code ?? undefined
        ended()
      })
      child.on('error', ended)
    })
  }

  /** First line of the present run that matches. @throws HarnessError TIMED_OUT, DAEMON_ENDED */
  waitForLine(pattern: RegExp, timeoutMs = 180_000): Promise<string> {
    const { name, logFile } = this.options
    return until(
      `${name}: a log line like ${pattern}`,
      () => linesFrom(logFile, this.#logStart).find((line) => pattern.test(line)) ?? this.assertRunning(),
      { timeoutMs },
    )
  }

  /** For polls: a daemon that has ended will never become ready. @throws HarnessError DAEMON_ENDED */
  assertRunning(): undefined {
    if (this.#child !== undefined) return undefined
    const { name } = this.options
    throw new HarnessError({ code: 'DAEMON_ENDED', name }, `${name} ended. Its last lines:\n${this.tail(20)}`)
  }

  /** Asks politely, then kills. */
  async stop(graceMs = 20_000): Promise<void> {
    const child = this.#child
    if (child === undefined) return
    child.kill('SIGTERM')
    const abort = new AbortController()
    const late = sleep(graceMs, 'late', { signal: abort.signal }).catch(() => 'aborted')
    if ((await Promise.race([this.#ended, late])) === 'late') child.kill('SIGKILL')
    abort.abort()
    await this.#ended
  }

  /** As a power cut does. */
  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL')
    await this.#ended
  }

  /** Resolves when the process ends by itself. */
  async ended(): Promise<void> {
    await this.#ended
  }

  log(): readonly string[] {
    return linesFrom(this.options.logFile, this.#logStart)
  }

  tail(lines: number): string {
    return tail(this.options.logFile, lines)
  }
}
