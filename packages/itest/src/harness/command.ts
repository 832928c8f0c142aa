import { execFile } from 'node:child_process'
import { HarnessError } from './errors.ts'

export interface CommandResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** A tool to its end, whatever its exit code; `input` is typed at once. */
export function runCommand(
  command: string,
  args: readonly string[],
  timeoutMs = 60_000,
  input = '',
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const options = { timeout: timeoutMs, maxBuffer: 1 << 26, killSignal: 'SIGKILL' } as const
    const child = execFile(command, [...args], options, (error, stdout, stderr) => {
      if (error === null) return resolve({ exitCode: 0, stdout, stderr })
      if (typeof error.code === 'number') return resolve({ exitCode: error.code, stdout, stderr })
      reject(failed(command, args, null, stderr || error.message))
    })
    // A tool that ended before it read all of it is no fault.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input)
  })
}

/** The JSON a tool prints. @throws HarnessError COMMAND_FAILED */
export async function runJson(command: string, args: readonly string[], timeoutMs?: number): Promise<unknown> {
  return parsedOutput(await runCommand(command, args, timeoutMs), command, args)
}

/** The JSON a tool printed. @throws HarnessError COMMAND_FAILED */
export function parsedOutput(result: CommandResult, command: string, args: readonly string[]): unknown {
  const { exitCode, stdout, stderr } = result
  if (exitCode !== 0) throw failed(command, args, exitCode, stderr || stdout)
  try {
    return JSON.parse(stdout) as unknown
  } catch {
    throw failed(command, args, exitCode, `no JSON: ${stdout}`)
  }
}

function failed(command: string, args: readonly string[], exitCode: number | null, stderr: string): HarnessError {
  const shown = [command.split('/').pop(), ...args].join(' ')
  return new HarnessError({ code: 'COMMAND_FAILED', exitCode, stderr }, `${shown}: ${stderr.trim()}`)
}
