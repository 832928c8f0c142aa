import { LndError, asLnd, getLndVersion, getNodeInfo, isAtLeast } from '@tidepool/rpc'
import type { LndClients } from '@tidepool/rpc'
import { StartupError } from '../../core/errors.ts'
import type { NodeInfo } from '../../ports/channels.ts'

export interface LndExpectation {
  readonly host: string
  readonly network: string
  readonly tlsPath: string
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
  try {
    return await look(lnd, expected.network)
  } catch (error) {
    throw error instanceof LndError ? startupErrorFrom(error, expected) : error
  }
}

async function look(lnd: LndClients, network: string): Promise<NodeInfo> {
  const { state } = await asLnd(lnd.state.getState({}))
  if (!READY.has(state)) throw locked(state)
  const version = await checkVersion(lnd)
  const info = await getNodeInfo(lnd)
  if (info.network !== network) {
    throw new StartupError(
      { code: 'LND_WRONG_NETWORK', lnd: info.network, ours: network },
      `lnd runs on ${info.network}, this daemon on ${network}: change --network or --lnd.host`,
    )
  }
  if (!info.syncedToChain) {
    throw new StartupError(
      { code: 'LND_NOT_SYNCED', height: info.bestHeight },
      `lnd is catching up with the chain, at block ${info.bestHeight}: wait`,
    )
  }
  return { nodeKey: info.nodeKey, addresses: info.addresses, version, features: info.features }
}

const locked = (state: string): StartupError =>
  new StartupError({ code: 'LND_LOCKED', state }, `lnd is not ready (${state}): unlock or create its wallet`)

async function checkVersion(lnd: LndClients): Promise<Version> {
  const { major, minor, patch, buildTags } = await getLndVersion(lnd)
  const version = { major, minor, patch }
  if (!isAtLeast(version, MINIMUM)) {
    const minimum = text(MINIMUM)
    throw new StartupError(
      { code: 'LND_TOO_OLD', version: text(version), minimum },
      `lnd ${text(version)} is too old: at least version ${minimum} is required`,
    )
  }
  const missing = SUBSERVERS.filter((tag) => !buildTags.includes(tag))
  if (missing.length === 0) return version
  throw new StartupError(
    { code: 'LND_SUBSERVER_MISSING', missing },
    `lnd lacks ${missing.join(', ')}: use a release build, or build with these tags`,
  )
}

/** What Node says of a certificate it does not trust, and of a server that speaks no TLS. */
const TLS_FAULT = /certificate|altnames|wrong version number|SSL routines/i

function unreachable(cause: LndError, { host, tlsPath: path }: LndExpectation): StartupError {
  const reason = cause.detail.details
  return TLS_FAULT.test(reason)
    ? new StartupError(
        { code: 'LND_TLS_FAILED', path, reason },
        `lnd at ${host} does not show the certificate ${path} (${reason}): correct --lnd.tlspath`,
        { cause },
      )
    : new StartupError(
        { code: 'LND_UNREACHABLE', host, reason },
        `lnd does not answer at ${host} (${reason}): start it, or correct --lnd.host`,
        { cause },
      )
}

/** What lnd's refusal means for start-up. */
function startupErrorFrom(cause: LndError, expected: LndExpectation): StartupError {
  const { macaroonPath: path } = expected
  const reason = cause.detail.details
  switch (cause.code) {
    case 'LND_LOCKED':
      return locked('LOCKED')
    case 'LND_NO_WALLET':
      return locked('NON_EXISTING')
    case 'LND_STARTING':
      return locked('STARTING')
    case 'LND_UNREACHABLE':
      return unreachable(cause, expected)
    case 'LND_UNIMPLEMENTED':
      return new StartupError(
        { code: 'LND_SUBSERVER_MISSING', missing: SUBSERVERS },
        `lnd lacks a sub-server (${reason}): use a release build`,
        { cause },
      )
    default:
      return new StartupError(
        { code: 'LND_MACAROON_REFUSED', path, reason },
        `lnd refuses the macaroon ${path} (${reason}): correct --lnd.macaroonpath`,
        { cause },
      )
  }
}

const text = (version: Version): string => `${version.major}.${version.minor}.${version.patch}`
