import { benchBatch } from './batch/main.ts'
import { benchIntake } from './intake/main.ts'
import { benchMatching } from './matching/main.ts'
import { benchStreams } from './streams/main.ts'
import { benchVerify } from './verify/main.ts'

const BENCHES: Readonly<Record<string, (args: readonly string[]) => Promise<void>>> = {
  matching: benchMatching,
  intake: benchIntake,
  verify: benchVerify,
  batch: benchBatch,
  streams: benchStreams,
}

const [name, ...args] = process.argv.slice(2)
const bench = BENCHES[name ?? '']
if (bench === undefined) {
  process.stderr.write(`usage: bench ${Object.keys(BENCHES).join('|')}\n`)
  process.exitCode = 1
} else {
  await bench(args)
}
