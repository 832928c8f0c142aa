import { RpcError, STATUS } from '@tidepool/rpc'
import type { Logger } from '../../ports/system.ts'
import type { LndClients, LndFiles } from './clients.ts'
import { LndStartError } from './startError.ts'

export interface LndInfo {
  readonly version: string
  readonly nodeKey: string
  readonly height: number
}

/** Lowest lnd we work with (spec lnd §1.1). */
const MINIMUM = [0, 18, 5] as const
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
  const { state } = await asked(files, () => lnd.state.getState({}, { deadlineMs: 5_000 }))
  if (state !== 'RPC_ACTIVE' && state !== 'SERVER_ACTIVE') throw notReady(state)
  const version = await asked(files, () => lnd.versioner.getVersion({}))
  const found = [version.appMajor, version.appMinor, version.appPatch]
  if (isOlder(found)) {
    const [is, minimum] = [found.join('.'), MINIMUM.join('.')]
    const detail = { code: 'LND_TOO_OLD', version: is, minimum } as const
    throw new LndStartError(detail, `lnd ${is} is too old: ${minimum} or newer is needed`)
  }
  const missing = SUBSERVERS.filter((tag) => !version.buildTags.includes(tag))
  if (missing.length > 0) throw lacks(missing)
  const info = await asked(files, () => lnd.lightning.getInfo({}))
  const on = info.chains[0]?.network ?? 'unknown'
  if (on !== network) {
    throw new LndStartError(
      { code: 'LND_WRONG_NETWORK', lnd: on, ours: network },
      `lnd runs on ${on}, we on ${network}: change --network or --lnd.host`,
    )
  }
  if (!info.syncedToChain) {
    throw new LndStartError(
      { code: 'LND_NOT_SYNCED', height: info.blockHeight },
      `lnd is catching up with the chain, at block ${info.blockHeight}`,
    )
  }
  return { version: version.version, nodeKey: info.identityPubkey, height: info.blockHeight }
}

function isOlder(version: readonly number[]): boolean {
  const at = MINIMUM.findIndex((least, i) => version[i] !== least)
  return at !== -1 && (version[at] ?? 0) < (MINIMUM[at] ?? 0)
}

/** lnd sets few codes: what it means stands in its text (spec lnd §1.3). */
async function asked<T>(files: LndFiles, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (cause) {
    if (!(cause instanceof RpcError)) throw cause
    const text = cause.detail.details
    if (text.includes('wallet locked')) throw notReady('LOCKED')
    if (text.includes('wallet not created')) throw notReady('NON_EXISTING')
    if (text.includes('in the process of starting') || text.includes('waiting to start')) throw notReady('STARTING')
    if (cause.status === STATUS.UNIMPLEMENTED) throw lacks(SUBSERVERS)
    if (cause.status === STATUS.UNAVAILABLE || cause.status === STATUS.DEADLINE_EXCEEDED) {
      throw new LndStartError(
        { code: 'LND_UNREACHABLE', host: files.host, reason: text },
        `lnd does not answer at ${files.host} (${text}): start it, or correct --lnd.host or --lnd.tlspath`,
        { cause },
      )
    }
    throw new LndStartError(
      { code: 'LND_MACAROON_REFUSED', path: files.macaroonPath, reason: text },
      `lnd refuses the macaroon ${files.macaroonPath} (${text}): correct --lnd.macaroonpath`,
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
