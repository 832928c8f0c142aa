import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fill, measureLoad } from './load.ts'
import { measureSubmit } from './submit.ts'

const FLAGS = ['--expose-gc', '--max-old-space-size=8192']
const RESTING = 1_000_000

/** `intake [submit|load [ORDERS]]`: orders accepted per second, and the start of an auctioneer with a million of them. */
export async function benchIntake([what, size = String(RESTING)]: readonly string[]): Promise<void> {
  if (what === undefined || what === 'submit') await measureSubmit()
  if (what === 'submit') return
  const dir = mkdtempSync(join(tmpdir(), 'tidepool-load-'))
  for (const step of ['fill', 'measure']) {
    const self = fileURLToPath(import.meta.url)
    const { status } = spawnSync(process.execPath, [...FLAGS, self, step, join(dir, 'store'), size], {
      stdio: 'inherit',
    })
    if (status !== 0) throw new Error(`${step} ended with ${status}`)
  }
  rmSync(dir, { recursive: true })
}

const [program, step, location, size] = process.argv.slice(1)
if (program === fileURLToPath(import.meta.url) && location !== undefined) {
  if (step === 'fill') await fill(location, Number(size))
  else await measureLoad(location)
}
