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

/** The lnd that everything runs with, the lowest that a stock trader accepts, and the newest there is. */
export const LND_RELEASES = ['pinned', 'lowest', 'newest'] as const
export type LndRelease = (typeof LND_RELEASES)[number]

type DaemonModule = 'lnd' | 'lnd-lowest' | 'lnd-newest' | 'pool' | 'baker'

/** What a stack runs: its `lnd` is of that release, the chain daemon always the pinned one. @throws HarnessError BUILD_FAILED */
export async function stackDaemons(release: LndRelease = lndRelease()): Promise<PinnedDaemons> {
  if (release === 'pinned') return pinnedDaemons(['lnd'])
  const { programs, chain } = await pinnedDaemons(['lnd', `lnd-${release}`])
  return { chain, programs: { ...programs, lnd: programs[`lnd-${release}`] ?? '' } }
}

/** `TIDEPOOL_LND`, for stacks that do not ask for a release themselves. @throws HarnessError UNKNOWN_LND */
function lndRelease(wanted = process.env['TIDEPOOL_LND'] ?? ''): LndRelease {
  const found = LND_RELEASES.find((release) => release === (wanted === '' ? 'pinned' : wanted))
  if (found !== undefined) return found
  throw new HarnessError({ code: 'UNKNOWN_LND' }, `TIDEPOOL_LND must be one of ${LND_RELEASES.join(', ')}`)
}

/** Builds what is missing, showing progress; quick when everything is in the cache. @throws HarnessError BUILD_FAILED */
export function pinnedDaemons(modules: readonly DaemonModule[]): Promise<PinnedDaemons> {
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
