import { execFileSync, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openStore, recordCodec, type Store } from './index.ts'

const KILLS = 10
const packageDir = join(dirname(fileURLToPath(import.meta.url)), '..')
const codec = recordCodec<{ readonly n: number; readonly balance?: bigint }>({ version: 1 })
let dir: string

beforeAll(async () => {
  const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'))
  execFileSync(process.execPath, [join(typescript, 'bin', 'tsc'), '-b', join(packageDir, 'tsconfig.build.json')])
  dir = await mkdtemp(join(tmpdir(), 'store-'))
})
afterAll(() => rm(dir, { recursive: true }))

/** Starts a writer, kills it without warning after some acknowledged commits; resolves to the last of them. */
function writeAndKill(location: string, from: number, commits: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const script = join(packageDir, 'test', 'crashWriter.mjs')
    const writer = spawn(process.execPath, [script, location, `${from}`], { stdio: ['ignore', 'pipe', 'inherit'] })
    const output = { text: '' }
    writer.stdout.on('data', (chunk: Buffer) => {
      output.text += chunk.toString()
      if (output.text.split('\n').length > commits) writer.kill('SIGKILL')
    })
    writer.on('error', reject)
    writer.on('close', (_, signal) => {
      const acknowledged = output.text.split('\n').slice(0, -1).map(Number)
      if (signal === 'SIGKILL') resolve(Math.max(from - 1, ...acknowledged))
      else reject(new Error('the writer ended by itself'))
    })
  })
}

/** Every batch is there whole or not at all, none is missing in between. Resolves to the number of the last one. */
async function lastWholeBatch(store: Store): Promise<number> {
  const counts = new Map<number, number>()
  for await (const [, order] of store.table('orders', codec).entries()) {
    counts.set(order.n, (counts.get(order.n) ?? 0) + 1)
  }
  const journal: number[] = []
  for await (const [, entry] of store.table('journal', codec).entries()) journal.push(entry.n)
  expect(journal).toEqual(Array.from({ length: journal.length }, (_, i) => i))
  expect([...counts].filter(([, count]) => count !== 8)).toEqual([])
  expect(counts.size).toBe(journal.length)
  const last = journal.length - 1
  expect(await store.table('accounts', codec).get('account')).toEqual({ n: last, balance: BigInt(last) })
  return last
}

it(`loses no acknowledged commit and tears none in ${KILLS} kills`, { timeout: 120_000 }, async () => {
  const location = join(dir, 'db')
  let next = 0
  for (let kill = 0; kill < KILLS; kill++) {
    const acknowledged = await writeAndKill(location, next, 20 + 31 * kill)
    const store = await openStore({ engine: 'level', location })
    const last = await lastWholeBatch(store)
    await store.close()
    expect(last).toBeGreaterThanOrEqual(acknowledged)
    next = last + 1
  }
})
