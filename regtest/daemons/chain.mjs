// Which chain daemon the tests stand on: Bitcoin Core where it is installed and our lnd understands it, else btcd.
import { execFileSync } from 'node:child_process'

/** lnd 0.20 does not start with Bitcoin Core 31, which lists taproot in another place. */
const NEWEST_CORE = 30

/** @returns {{ kind: 'bitcoind' | 'btcd', why: string }} */
export function chooseChain(wanted = process.env['TIDEPOOL_CHAIN']) {
  if (wanted === 'bitcoind' || wanted === 'btcd') return { kind: wanted, why: 'TIDEPOOL_CHAIN says so' }
  if (wanted !== undefined && wanted !== '') throw new Error('TIDEPOOL_CHAIN must be bitcoind or btcd')
  const version = coreVersion()
  if (version === undefined) return { kind: 'btcd', why: 'no bitcoind on the PATH' }
  if (version > NEWEST_CORE) {
    return { kind: 'btcd', why: `bitcoind ${version} is newer than lnd 0.20 understands (${NEWEST_CORE} at most)` }
  }
  return { kind: 'bitcoind', why: `bitcoind ${version} is on the PATH` }
}

/** Major version of the bitcoind on the PATH. */
function coreVersion() {
  try {
    const text = execFileSync('bitcoind', ['-version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    const major = /version v(\d+)\./.exec(text)?.[1]
    return major === undefined ? undefined : Number(major)
  } catch {
    return undefined
  }
}
