import { blockHeight, nodeKey, type BlockHeight, type NodeKey } from '@tidepool/crypto'
import type { LndClients } from './client.ts'
import { asLnd } from './errors.ts'

/** What an lnd says of itself. */
export interface LndNodeInfo {
  readonly nodeKey: NodeKey
  /** `mainnet`, `testnet`, `testnet4`, `signet`, `simnet` or `regtest`. */
  readonly network: string
  readonly bestHeight: BlockHeight
  /** False also when the best block is two hours old. */
  readonly syncedToChain: boolean
  /** `host:port` of every advertised address. */
  readonly addresses: readonly string[]
  /** Feature bits, even ones required and odd ones optional. */
  readonly features: ReadonlySet<number>
}

/** @throws LndError */
export async function getNodeInfo(lnd: LndClients): Promise<LndNodeInfo> {
  const info = await asLnd(lnd.lightning.getInfo({}))
  return {
    nodeKey: nodeKey(info.identityPubkey),
    network: info.chains[0]?.network ?? 'unknown',
    bestHeight: blockHeight(info.blockHeight),
    syncedToChain: info.syncedToChain,
    addresses: info.uris.map((uri) => uri.slice(uri.indexOf('@') + 1)),
    features: new Set(info.features.keys()),
  }
}

type VersionNumbers = Pick<LndVersion, 'major' | 'minor' | 'patch'>

export interface LndVersion {
  /** As lnd writes it, for people. */
  readonly text: string
  readonly major: number
  readonly minor: number
  readonly patch: number
  readonly buildTags: readonly string[]
}

/** @throws LndError */
export async function getLndVersion(lnd: LndClients): Promise<LndVersion> {
  const { version: text, appMajor, appMinor, appPatch, buildTags } = await asLnd(lnd.versioner.getVersion({}))
  return { text, major: appMajor, minor: appMinor, patch: appPatch, buildTags }
}

/** Whether a version is the wanted one or newer. */
export function isAtLeast(found: VersionNumbers, wanted: VersionNumbers): boolean {
  if (found.major !== wanted.major) return found.major > wanted.major
  if (found.minor !== wanted.minor) return found.minor > wanted.minor
  return found.patch >= wanted.patch
}
