import { asLnd, getLndVersion, getNodeInfo, isAtLeast, LndError, type LndClients } from '@tidepool/rpc'
import type { Logger } from '../../ports/system.ts'
import type { LndFiles } from './connect.ts'
import { LndStartError } from './startError.ts'

export interface LndInfo {
  readonly version: string
  readonly nodeKey: string
  readonly height: number
}

/** Lowest lnd we work with (spec lnd §1.1). */
const MINIMUM = { major: 0, minor: 18, patch: 5 }
const SUBSERVERS = ['signrpc', 'walletrpc', 'chainrpc']
const RETRY_MS = 2_000

/** Waits for lnd as long as waiting may help, saying what it waits for. @throws LndStartError that waiting cannot mend */
export async function waitForLnd(
  lnd: LndClients,
  files: LndFiles,
  network: string,
  logger: Logger,
  signal: AbortSignal,
): Promise<LndInfo> {
  let said = ''
  for (;;) {
    signal.throwIfAborted()
    try {
      return await checkLnd(lnd, files, network)
    } catch (error) {
      if (!(error instanceof LndStartError) || !error.passes) throw error
      if (said !== error.message) logger.warn('waiting for lnd', { code: error.code, why: error.message })
      said = error.message
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
    }
  }
}

/** One look: reachable, unlocked, ours to use, new enough, on our network, in step with the chain. */
export async function checkLnd(lnd: LndClients, files: LndFiles, network: string): Promise<LndInfo> {
  try {
    return await look(lnd, network)
  } catch (error) {
    throw error instanceof LndError ? startErrorFrom(error, files) : error
  }
}

async function look(lnd: LndClients, network: string): Promise<LndInfo> {
  const { state } = await asLnd(lnd.state.getState({}, { deadlineMs: 5_000 }))
  if (state !== 'RPC_ACTIVE' && state !== 'SERVER_ACTIVE') throw notReady(state)
  const version = await getLndVersion(lnd)
  if (!isAtLeast(version, MINIMUM)) {
    const [is, minimum] = [version, MINIMUM].map(({ major, minor, patch }) => `${major}.${minor}.${patch}`)
    const detail = { code: 'LND_TOO_OLD', version: is ?? '', minimum: minimum ?? '' } as const
    throw new LndStartError(detail, `lnd ${is} is too old: ${minimum} or newer is needed`)
  }
  const missing = SUBSERVERS.filter((tag) => !version.buildTags.includes(tag))
  if (missing.length > 0) throw lacks(missing)
  const info = await getNodeInfo(lnd)
  if (info.network !== network) {
    throw new LndStartError(
      { code: 'LND_WRONG_NETWORK', lnd: info.network, ours: network },
      `lnd runs on ${info.network}, we on ${network}: change --network or --lnd.host`,
    )
  }
  if (!info.syncedToChain) {
    throw new LndStartError(
      { code: 'LND_NOT_SYNCED', height: info.bestHeight },
      `lnd is catching up with the chain, at block ${info.bestHeight}`,
    )
  }
  return { version: version.text, nodeKey: info.nodeKey, height: info.bestHeight }
}

/** What lnd's refusal means before we have begun. */
function startErrorFrom(cause: LndError, files: LndFiles): LndStartError {
  const reason = cause.detail.details
  switch (cause.code) {
    case 'LND_LOCKED':
      return notReady('LOCKED')
    case 'LND_NO_WALLET':
      return notReady('NON_EXISTING')
    case 'LND_STARTING':
      return notReady('STARTING')
    case 'LND_UNIMPLEMENTED':
      return lacks(SUBSERVERS)
    case 'LND_UNREACHABLE':
      return new LndStartError(
        { code: 'LND_UNREACHABLE', host: files.host, reason },
        `lnd does not answer at ${files.host} (${reason}): start it, or correct --lnd.host or --lnd.tlspath`,
        { cause },
      )
    default:
      return new LndStartError(
        { code: 'LND_MACAROON_REFUSED', path: files.macaroonPath, reason },
        `lnd refuses the macaroon ${files.macaroonPath} (${reason}): correct --lnd.macaroonpath`,
        { cause },
      )
  }
}

const notReady = (state: string): LndStartError =>
  new LndStartError({ code: 'LND_NOT_READY', state }, `lnd is not ready (${state}): unlock or create its wallet`)

function lacks(missing: readonly string[]): LndStartError {
  return new LndStartError(
    { code: 'LND_SUBSERVER_MISSING', missing },
    `lnd lacks ${missing.join(', ')}: use a release build, or build with these tags`,
  )
}
