import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import type { ThreadReport } from '../harness/checkInThreads.ts'
import { repositoryRoot } from '../harness/paths.ts'

const run = promisify(execFile)
const program = join(repositoryRoot, 'packages', 'itest', 'dist', 'harness', 'checkInThreads.js')

test('signatures are checked in threads, which may die, and which end when they are stopped', async () => {
  // The process ends by itself only when no thread is left.
  const { stdout } = await run(process.execPath, [program], { timeout: 60_000 })
  const { halves, combined, hard, orders, threads } = JSON.parse(stdout) as ThreadReport
  expect(halves).toEqual(Array.from({ length: 40 }, (_, i) => (i % 4 === 0 ? 'invalid' : 'good')))
  expect(combined).toEqual([true, false])
  expect(hard).toEqual(['good', 'failed', 'good', 'good', 'failed', 'good'])
  expect(orders).toEqual(Array.from({ length: 12 }, (_, i) => i % 3 !== 0))
  const died = expect.stringContaining('public nonce of signer 0') as string
  expect(threads).toEqual([{ replies: 2, error: died }, { replies: 0, error: died }, { replies: 1 }])
})
