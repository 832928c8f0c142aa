import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { HarnessError } from './errors.ts'
import { repositoryRoot } from './paths.ts'

export type ChainKind = 'btcd' | 'bitcoind'

/** Paths of the pinned programs, and the chain daemon to use. */
export interface PinnedDaemons {
  readonly programs: Readonly<Record<string, string>>
  readonly chain: { readonly kind: ChainKind; readonly why: string }
}

/** Builds what is missing, showing progress; quick when everything is in the cache. @throws HarnessError BUILD_FAILED */
export function pinnedDaemons(modules: readonly ('lnd' | 'pool')[]): Promise<PinnedDaemons> {
  const script = join(repositoryRoot, 'regtest', 'daemons', 'build.mjs')
  const child = spawn(process.execPath, [script, ...modules], { stdio: ['ignore', 'pipe', 'inherit'] })
  const output: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) resolve(JSON.parse(Buffer.concat(output).toString()) as PinnedDaemons)
      else reject(new HarnessError({ code: 'BUILD_FAILED' }, 'the pinned daemons could not be built, see above'))
    })
  })
}

export function programPath(daemons: PinnedDaemons, name: string): string {
  const path = daemons.programs[name]
  if (path === undefined) throw new HarnessError({ code: 'BUILD_FAILED' }, `${name} was not built`)
  return path
}
