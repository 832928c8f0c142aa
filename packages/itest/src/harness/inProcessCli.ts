import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { auctionctlProgram, poolProgram, runProgram } from '@tidepool/cli'
import { parsedOutput, type CommandResult } from './command.ts'
import { HarnessError } from './errors.ts'

type Program = Parameters<typeof runProgram>[0]

interface Written {
  stdout: string
  stderr: string
}

const STREAMS = ['stdout', 'stderr'] as const
const LIMIT_MS = 180_000
/** Of the command line that writes, so that several may run at once. */
const writing = new AsyncLocalStorage<Written>()
let isCapturing = false

/** Our `pool` in this process: starting one costs more processor time than most calls. */
export const poolInProcess = (args: readonly string[]): Promise<CommandResult> => inProcess(poolProgram(), args)

/** The JSON our `pool` prints. @throws HarnessError COMMAND_FAILED, TIMED_OUT */
export const poolJsonInProcess = (args: readonly string[]): Promise<unknown> => json(poolProgram(), args)

/** The JSON our `auctionctl` prints. @throws HarnessError COMMAND_FAILED, TIMED_OUT */
export const auctionctlJsonInProcess = (args: readonly string[]): Promise<unknown> => json(auctionctlProgram(), args)

async function json(program: Program, args: readonly string[]): Promise<unknown> {
  const over = new AbortController()
  const what = [program.name(), ...args].join(' ')
  const late = sleep(LIMIT_MS, undefined, { signal: over.signal }).then(() => {
    throw new HarnessError({ code: 'TIMED_OUT', what, afterMs: LIMIT_MS }, `${what}: not after ${LIMIT_MS / 1000} s`)
  })
  late.catch(() => undefined)
  try {
    return parsedOutput(await Promise.race([inProcess(program, args), late]), program.name(), args)
  } finally {
    over.abort()
  }
}

async function inProcess(program: Program, args: readonly string[]): Promise<CommandResult> {
  captureOutputs()
  const written: Written = { stdout: '', stderr: '' }
  const exitCode = await writing.run(written, () => runProgram(program, args))
  return { exitCode, ...written }
}

/** From now on what a command line of this process writes goes to it, everything else where it always went. */
function captureOutputs(): void {
  if (isCapturing) return
  isCapturing = true
  for (const name of STREAMS) {
    const stream = process[name]
    const write = stream.write.bind(stream)
    stream.write = ((...args: Parameters<typeof write>) => {
      const written = writing.getStore()
      if (written === undefined) return write(...args)
      written[name] += String(args[0])
      return true
    }) as typeof stream.write
  }
}
