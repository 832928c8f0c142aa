import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { programPath, type PinnedDaemons } from '../harness/daemonBuild.ts'
import { programs } from '../harness/paths.ts'
import { localDir } from './localStack.ts'

export const environmentFile = join(localDir, 'env.sh')

/** A file to source: afterwards our programs, `lncli` and `mine` are found by their names. */
export function writeEnvironment(daemons: PinnedDaemons): void {
  const { auctioneerd, poold, pool, auctionctl } = programs
  const regtest = fileURLToPath(new URL('main.js', import.meta.url))
  const commands: Readonly<Record<string, readonly string[]>> = {
    ...Object.fromEntries(
      Object.entries({ auctioneerd, poold, pool, auctionctl }).map(([name, file]) => [name, [process.execPath, file]]),
    ),
    lncli: [programPath(daemons, 'lncli')],
    mine: [process.execPath, regtest, 'mine'],
  }
  const folder = join(localDir, 'bin')
  mkdirSync(folder, { recursive: true })
  for (const [name, words] of Object.entries(commands)) {
    const file = join(folder, name)
    writeFileSync(file, `#!/bin/sh\nexec ${words.map(quoted).join(' ')} "$@"\n`)
    chmodSync(file, 0o755)
  }
  writeFileSync(environmentFile, `export PATH=${quoted(folder)}:"$PATH"\n`)
}

/** One word for a POSIX shell. */
const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`
