import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', '..')
const lines = (count: number): string => 'f()\n'.repeat(count)
const declared = 'declare const process: { env: Record<string, string> }\n'
const promise = 'const later = (): Promise<void> => Promise.resolve()\n'

/** A seeded fault: file, what it holds, and the rule that must report it; without a rule, nothing may. */
const faults: readonly (readonly [file: string, source: string, rule: string | undefined])[] = [
  // arrows between packages
  ['packages/crypto/src/a.ts', `import '@tidepool/market'`, 'no-restricted-imports'],
  ['packages/market/src/a.ts', `import '@tidepool/rpc'`, 'no-restricted-imports'],
  ['packages/market/src/b.ts', `import '@tidepool/crypto'`, undefined],
  ['packages/market/src/b.test.ts', `import '@tidepool/rpc'`, 'no-restricted-imports'],
  ['packages/rpc/src/a.ts', `import '@tidepool/store'`, 'no-restricted-imports'],
  ['packages/store/src/a.ts', `import '@tidepool/market'`, 'no-restricted-imports'],
  ['packages/auctioneer/src/a.ts', `import '@tidepool/trader'`, 'no-restricted-imports'],
  ['packages/trader/src/a.ts', `export * from '@tidepool/auctioneer'`, 'no-restricted-imports'],
  ['packages/trader/src/b.ts', `import '@tidepool/store'\nimport '@tidepool/rpc'`, undefined],
  ['packages/simnet/src/a.ts', `import '@tidepool/store'`, 'no-restricted-imports'],
  ['packages/cli/src/a.ts', `import type {} from '@tidepool/trader'`, 'no-restricted-imports'],
  ['packages/cli/src/b.ts', `import '../../rpc/src/index.ts'`, 'no-restricted-imports'],
  ['packages/cli/src/c.ts', `import '@tidepool/rpc/dist/index.js'`, 'no-restricted-imports'],
  ['packages/cli/src/d.ts', `import '../../../packages/rpc/src/index.ts'`, 'no-restricted-imports'],
  // purity
  ['packages/crypto/src/b.ts', `import 'tiny-secp256k1'`, 'no-restricted-imports'],
  ['packages/crypto/src/curve.ts', `import 'tiny-secp256k1'`, undefined],
  ['packages/simnet/src/b.ts', `import 'tiny-secp256k1'`, 'no-restricted-imports'],
  ['packages/crypto/src/c.ts', `import 'node:crypto'`, 'no-restricted-imports'],
  ['packages/crypto/src/c.test.ts', `import 'node:fs'`, undefined],
  ['packages/market/src/c.ts', `import 'fs'`, 'no-restricted-imports'],
  ['packages/market/src/d.ts', `export const now = (): number => Date.now()`, 'no-restricted-globals'],
  ['packages/market/src/e.ts', `export const dice = (): number => Math.random()`, 'no-restricted-properties'],
  ['packages/market/src/f.ts', `globalThis.setTimeout(() => {}, 1)`, 'no-restricted-globals'],
  ['packages/auctioneer/src/core/a.ts', `import 'node:fs'`, 'no-restricted-imports'],
  ['packages/auctioneer/src/core/b.ts', `import '@tidepool/rpc'`, 'no-restricted-imports'],
  ['packages/auctioneer/src/core/c.ts', `import '@tidepool/market'`, undefined],
  ['packages/trader/src/core/verify/a.ts', `import type {} from '../../app/orders.ts'`, 'no-restricted-imports'],
  ['packages/trader/src/core/b.ts', `import '../adapters/lnd/wallet.ts'`, 'no-restricted-imports'],
  ['packages/trader/src/core/c.ts', `import '../ports/wallet.ts'`, 'no-restricted-imports'],
  ['packages/trader/src/core/d.ts', `import '../config.ts'`, 'no-restricted-imports'],
  ['packages/trader/src/core/e.ts', `import 'pino'`, 'no-restricted-imports'],
  ['packages/trader/src/core/f.ts', `console.log(1)`, 'no-restricted-globals'],
  ['packages/trader/src/core/g.ts', `export const now = (): Date => new Date()`, 'no-restricted-globals'],
  ['packages/trader/src/app/a.ts', `import '../adapters/lnd/wallet.ts'`, 'no-restricted-imports'],
  ['packages/trader/src/ports/a.ts', `import '../app/orders.ts'`, 'no-restricted-imports'],
  ['packages/rpc/src/env.ts', `export const home = process.env['HOME']`, 'no-process-env'],
  ['packages/trader/src/config.ts', `${declared}export const home = process.env['HOME']`, undefined],
  // types and promises
  ['packages/rpc/src/float.ts', `${promise}later()`, 'no-floating-promises'],
  ['packages/rpc/src/misuse.ts', `${promise};[1].forEach(async () => { await later() })`, 'no-misused-promises'],
  ['packages/rpc/src/any.ts', `export const x: any = 1`, 'no-explicit-any'],
  ['packages/rpc/src/json.ts', `export const x: number = JSON.parse('1')`, 'no-unsafe-assignment'],
  ['packages/rpc/src/bang.ts', `export const f = (x: string | undefined): string => x!`, 'no-non-null-assertion'],
  ['packages/rpc/src/throw.ts', `export const f = (): never => { throw 'text' }`, 'only-throw-error'],
  [
    'packages/rpc/src/switch.ts',
    `export function f(x: 'a' | 'b'): void { switch (x) { case 'a': break } }`,
    'switch-exhaustiveness-check',
  ],
  // shape of files
  ['packages/rpc/src/long.ts', `declare function f(): void\n${lines(600)}`, 'max-lines'],
  [
    'packages/rpc/src/longFunction.ts',
    `declare function f(): void\nexport function g(): void {\n${lines(60)}}\n`,
    'max-lines-per-function',
  ],
  ['packages/rpc/src/default.ts', `export default 1`, 'no-default-export'],
  ['packages/rpc/src/cycle1.ts', `import { b } from './cycle2.ts'\nexport const a = (): unknown => b`, 'no-cycle'],
  ['packages/rpc/src/cycle2.ts', `import { a } from './cycle1.ts'\nexport const b = (): unknown => a`, 'no-cycle'],
  ['packages/rpc/src/skip.test.ts', `import { it } from 'vitest'\nit.skip('x', () => {})`, 'no-disabled-tests'],
  ['packages/rpc/src/only.test.ts', `import { it } from 'vitest'\nit.only('x', () => {})`, 'no-focused-tests'],
]

const found = new Map<string, Set<string>>()
let dir: string

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lint-'))
  await copyFile(join(root, '.oxlintrc.json'), join(dir, '.oxlintrc.json'))
  await writeFile(
    join(dir, 'tsconfig.json'),
    '{"compilerOptions":{"strict":true,"target":"ES2023","module":"NodeNext","allowImportingTsExtensions":true,"noEmit":true}}',
  )
  for (const [file, source] of faults) {
    await mkdir(dirname(join(dir, file)), { recursive: true })
    await writeFile(join(dir, file), source)
  }
  for (const { filename, code } of (await lint(dir)).diagnostics) {
    const name = filename.replaceAll('\\', '/')
    found.set(name, (found.get(name) ?? new Set()).add(code.replace(/^.*\((.*)\)$/, '$1')))
  }
})
afterAll(() => rm(dir, { recursive: true }))

interface Report {
  readonly diagnostics: readonly { readonly filename: string; readonly code: string }[]
}

function lint(cwd: string): Promise<Report> {
  const oxlint = join(root, 'node_modules', '.bin', 'oxlint')
  return new Promise((resolve, reject) => {
    execFile(oxlint, ['--format=json'], { cwd, maxBuffer: 1 << 24 }, (error, stdout) => {
      if (stdout === '') reject(new Error('oxlint said nothing', { cause: error }))
      else resolve(JSON.parse(stdout) as Report)
    })
  })
}

it.each(faults)('%s', (file, _, rule) => {
  const rules = [...(found.get(file) ?? [])]
  if (rule === undefined) expect(rules).toEqual([])
  else expect(rules).toContain(rule)
})
