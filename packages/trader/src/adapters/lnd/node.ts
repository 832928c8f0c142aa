import { nodeKey } from '@tidepool/crypto'
import type { lnrpc } from '@tidepool/rpc'
import { StartupError } from '../../core/errors.ts'
import type { NodeInfo } from '../../ports/channels.ts'
import type { LndClients } from './clients.ts'
import { lndSilent, lndText, saysLnd } from './errorTexts.ts'

export interface LndExpectation {
  readonly host: string
  readonly network: string
  readonly macaroonPath: string
}

/** Lowest lnd a trader can use (spec lnd §1.1). */
const MINIMUM = { major: 0, minor: 18, patch: 5 }
const SUBSERVERS = ['signrpc', 'walletrpc', 'chainrpc', 'invoicesrpc']
const READY: ReadonlySet<string> = new Set(['RPC_ACTIVE', 'SERVER_ACTIVE'])

type Version = NodeInfo['version']

/**
 * One look at lnd: running, unlocked, ours to use, new enough, on our network, in step with the chain. Throws what is in
 * the way, with what to do about it; trying again later is always right. @throws StartupError
 */
export async function checkLnd(lnd: LndClients, expected: LndExpectation): Promise<NodeInfo> {
  await checkUnlocked(lnd, expected.host)
  const version = await checkVersion(lnd, expected)
  const info = await asked(() => lnd.lightning.getInfo({}), expected)
  checkNetwork(info, expected.network)
  if (!info.syncedToChain) {
    throw new StartupError(
      { code: 'LND_NOT_SYNCED', height: info.blockHeight },
      `lnd is catching up with the chain, at block ${info.blockHeight}: wait`,
    )
  }
  return {
    nodeKey: nodeKey(info.identityPubkey),
    addresses: info.uris.map((uri) => uri.slice(uri.indexOf('@') + 1)),
    version,
    features: new Set(info.features.keys()),
  }
}

async function checkUnlocked(lnd: LndClients, host: string): Promise<void> {
  const { state } = await asked(() => lnd.state.getState({}), { host, network: '', macaroonPath: '' })
  if (READY.has(String(state))) return
  throw locked(String(state))
}

const locked = (state: string): StartupError =>
  new StartupError({ code: 'LND_LOCKED', state }, `lnd is not ready (${state}): unlock or create its wallet`)

async function checkVersion(lnd: LndClients, expected: LndExpectation): Promise<Version> {
  const found = await asked(() => lnd.versioner.getVersion({}), expected)
  const version = { major: found.appMajor, minor: found.appMinor, patch: found.appPatch }
  if (older(version, MINIMUM)) {
    const minimum = text(MINIMUM)
    throw new StartupError(
      { code: 'LND_TOO_OLD', version: text(version), minimum },
      `lnd ${text(version)} is too old: at least version ${minimum} is required`,
    )
  }
  const missing = SUBSERVERS.filter((tag) => !found.buildTags.includes(tag))
  if (missing.length === 0) return version
  throw new StartupError(
    { code: 'LND_SUBSERVER_MISSING', missing },
    `lnd lacks ${missing.join(', ')}: use a release build, or build with these tags`,
  )
}

function checkNetwork(info: lnrpc.GetInfoResponse, ours: string): void {
  const found = info.chains[0]?.network ?? 'unknown'
  if (found === ours) return
  throw new StartupError(
    { code: 'LND_WRONG_NETWORK', lnd: found, ours },
    `lnd runs on ${found}, this daemon on ${ours}: change --network or --lnd.host`,
  )
}

/** What lnd's refusal means for start-up. */
async function asked<T>(call: () => Promise<T>, expected: LndExpectation): Promise<T> {
  try {
    return await call()
  } catch (cause) {
    const reason = lndText(cause)
    if (saysLnd(cause, 'locked')) throw locked('LOCKED')
    if (saysLnd(cause, 'noWallet')) throw locked('NON_EXISTING')
    if (lndSilent(cause)) {
      const message = `lnd does not answer at ${expected.host} (${reason}): start it, or correct --lnd.host`
      throw new StartupError({ code: 'LND_UNREACHABLE', host: expected.host, reason }, message, { cause })
    }
    if (reason.includes('unknown service') || reason.includes('unimplemented')) {
      throw new StartupError(
        { code: 'LND_SUBSERVER_MISSING', missing: SUBSERVERS },
        `lnd lacks a sub-server (${reason}): use a release build`,
        { cause },
      )
    }
    const path = expected.macaroonPath
    throw new StartupError(
      { code: 'LND_MACAROON_REFUSED', path, reason },
      `lnd refuses the macaroon ${path} (${reason}): correct --lnd.macaroonpath`,
      { cause },
    )
  }
}

const text = (version: Version): string => `${version.major}.${version.minor}.${version.patch}`

const older = (a: Version, b: Version): boolean =>
  a.major !== b.major ? a.major < b.major : a.minor !== b.minor ? a.minor < b.minor : a.patch < b.patch
