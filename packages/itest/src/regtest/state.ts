import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { until } from '../harness/until.ts'
import { localDir } from './localStack.ts'

/** A process of the local stack, as `up` left it for `down` and `status`. */
export interface StackProcess {
  readonly name: string
  readonly pid: number
  /** Part of its command line, because the number may belong to another program by now. */
  readonly command: string
}

const stateFile = join(localDir, 'processes.json')
export const endpointsFile = join(localDir, 'endpoints.json')

export const readProcesses = (): readonly StackProcess[] =>
  existsSync(stateFile) ? (JSON.parse(readFileSync(stateFile, 'utf8')) as readonly StackProcess[]) : []

export const writeProcesses = (processes: readonly StackProcess[]): void => writeJson(stateFile, processes)

export function writeJson(file: string, value: unknown): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify(value, undefined, 2)}\n`)
}

export function forgetProcesses(): void {
  rmSync(stateFile, { force: true })
  rmSync(endpointsFile, { force: true })
}

export function isAlive({ pid, command }: StackProcess): boolean {
  try {
    const line = execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' })
    return line.includes(command)
  } catch {
    return false
  }
}

/** Asks politely, then kills. */
export async function endProcess(process_: StackProcess, graceMs = 20_000): Promise<void> {
  if (!isAlive(process_)) return
  process.kill(process_.pid, 'SIGTERM')
  const gone = () => !isAlive(process_)
  try {
    await until(`${process_.name} ends`, gone, { timeoutMs: graceMs })
  } catch {
    if (isAlive(process_)) process.kill(process_.pid, 'SIGKILL')
    await until(`${process_.name} ends`, gone)
  }
}
