// The simulation. pnpm sim: all its tests. pnpm sim --seeds 100000: so many random schedules, half of them lives of
// accounts, half batches. --lives N, --batches N: of one kind. --first N: number of the first of either, to go on where
// another run stopped, or to run one again. --tables: also every trouble at every call of every change of an account.
// --workers N: processes at once.
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'

const count = { type: 'string', default: '0' }
const { values, positionals } = parseArgs({
  args: process.argv.slice(2).filter((arg) => arg !== '--'),
  allowPositionals: true,
  options: {
    seeds: count,
    lives: count,
    batches: count,
    first: count,
    tables: { type: 'boolean', default: false },
    workers: { type: 'string', default: '2' },
  },
})
const seeds = Number(values.seeds)
const lives = Number(values.lives) + Math.floor(seeds / 2)
const batches = Number(values.batches) + Math.ceil(seeds / 2)
if (![lives, batches].every((many) => Number.isSafeInteger(many) && many >= 0)) {
  console.error('--seeds, --lives, --batches: whole numbers')
  process.exit(2)
}
const sim = 'packages/itest/src/sim'
const files = [
  ...(lives === 0 ? [] : [`${sim}/accounts/schedules`]),
  ...(batches === 0 ? [] : [`${sim}/batches`]),
  ...(values.tables ? [`${sim}/accounts/table`] : []),
]
const long = {
  TIDEPOOL_SIM_LIVES: String(lives),
  TIDEPOOL_SIM_BATCHES: String(batches),
  TIDEPOOL_SIM_FIRST: values.first,
  TIDEPOOL_SIM_TABLES: values.tables ? 'all' : '',
}
const env = { ...process.env, ...(files.length === 0 ? {} : long) }
// One worker takes the files one after another.
const parallel = values.workers === '1' ? ['--no-file-parallelism'] : ['--maxWorkers', values.workers]
const project = ['--config', 'vitest.workspace.ts', '--project', 'sim', ...parallel]
const args = ['vitest', 'run', ...project, ...files, ...positionals]
process.exit(spawnSync('npx', args, { env, stdio: 'inherit' }).status ?? 1)
