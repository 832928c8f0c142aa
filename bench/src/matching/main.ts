import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { KINDS, type Kind } from './books.ts'
import { measure } from './one.ts'
import { measurePause } from './pause.ts'

const SIZES = [10_000, 100_000, 1_000_000]
const FLAGS = ['--expose-gc', '--max-old-space-size=8192']

/** `matching [KIND|pause [SIZE]]`: each book in a fresh process, so that none pays for another's garbage. */
export async function benchMatching([kind, size]: readonly string[]): Promise<void> {
  const kinds = KINDS.filter((each) => kind === undefined || each === kind)
  const sizes = SIZES.filter((each) => size === undefined || String(each) === size)
  const self = fileURLToPath(import.meta.url)
  for (const each of kinds) {
    for (const orders of sizes) {
      const { status } = spawnSync(process.execPath, [...FLAGS, self, each, String(orders)], { stdio: 'inherit' })
      if (status !== 0) throw new Error(`${each} ${orders} ended with ${status}`)
    }
  }
  if (kind === undefined || kind === 'pause') await measurePause(Number(size ?? SIZES.at(-1)))
}

const [program, kind, size] = process.argv.slice(1)
if (program === fileURLToPath(import.meta.url)) measure(kind as Kind, Number(size))
