// Which chain daemon the tests stand on: Bitcoin Core where it is installed and our lnd understands it, else btcd.
import { execFileSync } from 'node:child_process'

/** lnd 0.20 does not start with Bitcoin Core 31, which lists taproot in another place. */
const NEWEST_CORE = 30

/** @returns {{ kind: 'bitcoind' | 'btcd', why: string }} */
export function chooseChain(wanted = process.env['TIDEPOOL_CHAIN']) {
  if (wanted === 'bitcoind' || wanted === 'btcd') return { kind: wanted, why: 'TIDEPOOL_CHAIN says so' }
  if (wanted !== undefined && wanted !== '') throw new Error('TIDEPOOL_CHAIN must be bitcoind or btcd')
  const { version, why } = bitcoindOnPath()
  return { kind: version === undefined ? 'btcd' : 'bitcoind', why }
}

/** The bitcoind on the PATH, its first line of `-version`, if our lnd understands it. `path` is another PATH to look in. */
export function bitcoindOnPath(path = process.env['PATH']) {
  const version = versionLine(path)
  if (version === undefined) return { why: 'no bitcoind on the PATH' }
  const major = Number(/version v(\d+)\./.exec(version)?.[1])
  if (Number.isNaN(major)) return { why: `a bitcoind on the PATH calls itself ${version}` }
  if (major > NEWEST_CORE) {
    return { why: `bitcoind ${major} is newer than lnd 0.20 understands (${NEWEST_CORE} at most)` }
  }
  return { version, why: `bitcoind ${major} is on the PATH` }
}

function versionLine(path) {
  try {
    const env = { ...process.env, PATH: path }
    const text = execFileSync('bitcoind', ['-version'], { encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'ignore'] })
    return text.split('\n')[0]
  } catch {
    return undefined
  }
}
