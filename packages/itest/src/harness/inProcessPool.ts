import { poolProgram, runProgram } from '@tidepool/cli'
import type { CommandResult } from './command.ts'

/** Our `pool` in this process, which saves starting one; one at a time, since it takes over both outputs. */
export async function poolInProcess(args: readonly string[]): Promise<CommandResult> {
  const captured = { stdout: '', stderr: '' }
  const restore = (['stdout', 'stderr'] as const).map((name) => capture(name, (text) => (captured[name] += text)))
  try {
    return { exitCode: await runProgram(poolProgram(), args), ...captured }
  } finally {
    for (const back of restore) back()
  }
}

function capture(name: 'stdout' | 'stderr', take: (text: string) => void): () => void {
  const stream = process[name]
  const write = stream.write.bind(stream)
  stream.write = ((text: string | Uint8Array) => {
    take(String(text))
    return true
  }) as typeof stream.write
  return () => {
    stream.write = write
  }
}
