import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const project = (name: string, include: readonly string[], timeout = 10_000) => ({
  extends: true as const,
  test: {
    name,
    include: [...include],
    testTimeout: timeout,
    hookTimeout: Math.max(timeout, 60_000),
  },
})

const shared = <T extends { readonly test: object }>(one: T) => ({ ...one, test: { ...one.test, isolate: false } })

const remembering = <T extends { readonly test: object }>(one: T) => ({
  ...one,
  test: { ...one.test, setupFiles: ['packages/itest/src/sim/kernel/setup.ts'] },
})

/** Files that take minutes begin first: one that begins last runs alone while the other processors wait. */
class LongestFirst extends BaseSequencer {
  static readonly longest = [
    'long/accounts',
    'daemons/crashes',
    'daemons/silentTaker',
    'daemons/silentMaker',
    'daemons/accounts',
    'long/recovery',
    'daemons/recovery',
  ]

  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const { longest } = LongestFirst
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = longest.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`))
      return at < 0 ? longest.length : at
    }
    const usual = await super.sort(files)
    return usual.sort((one, other) => rank(one) - rank(other))
  }
}

/** Run with `vitest run --config vitest.workspace.ts --project NAME`: vitest 4 reads this file only when told. */
export default defineConfig({
  resolve: { conditions: ['@tidepool/source'] },
  ssr: { resolve: { conditions: ['@tidepool/source'] } },
  test: {
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    projects: [
      // One module graph for all files of a worker: loading it anew for each takes longer than the tests.
      shared(
        project(
          'unit',
          [
            'packages/!(itest)/src/**/*.test.ts',
            'packages/!(itest)/test/**/*.test.ts',
            'bench/src/*/!(*.simnet).test.ts',
          ],
          30_000,
        ),
      ),
      remembering(project('sim', ['packages/itest/src/{sim,replay}/**/*.test.ts'], 60_000)),
      project('docs', ['packages/itest/src/docs/**/*.test.ts'], 30_000),
      project(
        'simnet',
        [
          'packages/itest/src/simnet/*.test.ts',
          'packages/itest/src/contract/**/*.simnet.test.ts',
          'bench/src/*/*.simnet.test.ts',
        ],
        300_000,
      ),
      project('simnetLong', ['packages/itest/src/simnet/long/*.test.ts'], 300_000),
      project(
        'daemons',
        ['packages/itest/src/daemons/**/*.test.ts', 'packages/itest/src/contract/**/*.lnd.test.ts'],
        600_000,
      ),
      // What depends on the chain daemon most, on a bitcoind: `pnpm run itest:bitcoind` gets one.
      project(
        'bitcoind',
        ['packages/itest/src/bitcoind/**/*.test.ts', 'packages/itest/src/contract/**/*.lnd.test.ts'],
        600_000,
      ),
      project('interop', ['packages/itest/src/interop/**/*.test.ts'], 600_000),
    ],
  },
})
