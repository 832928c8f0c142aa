// Long runs of the simulation: pnpm run sim:long --schedules 10000 [--batches 100] [--first 0] [--tables]
// --schedules: random lives of accounts. --batches: random books. --first: number of the first of either, to go on where
// another run stopped, or to replay one. --tables: also every trouble at every call of every change of an account.
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    schedules: { type: 'string', default: '0' },
    batches: { type: 'string', default: '0' },
    first: { type: 'string', default: '0' },
    tables: { type: 'boolean', default: false },
  },
})
const sim = 'packages/itest/src/sim'
const files = [
  ...(values.schedules === '0' ? [] : [`${sim}/accounts/schedules`]),
  ...(values.batches === '0' ? [] : [`${sim}/random.test.ts`]),
  ...(values.tables ? [`${sim}/accounts/table`] : []),
]
if (files.length === 0) {
  console.error('say how much: --schedules N, --batches N, --tables')
  process.exit(2)
}
const env = {
  ...process.env,
  TIDEPOOL_SIM_SCHEDULES: values.schedules,
  TIDEPOOL_SIM_BATCHES: values.batches,
  TIDEPOOL_SIM_FIRST: values.first,
  TIDEPOOL_SIM_TABLES: values.tables ? 'all' : '',
}
const args = ['vitest', 'run', '--config', 'vitest.workspace.ts', '--project', 'sim', ...files]
process.exit(spawnSync('npx', args, { env, stdio: 'inherit' }).status ?? 1)
