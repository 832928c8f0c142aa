import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { repositoryRoot } from './paths.ts'

export interface NodePorts {
  readonly rpcPort: number
  readonly p2pPort: number
}

/**
 * `regtest/stack.json`: the one set of settings for tests, the local stack and docker-compose.yml. TIDEPOOL_STACK names
 * another file, for a second stack on other ports.
 */
export interface StackSettings {
  readonly images: { readonly bitcoind: string; readonly lnd: string }
  readonly chain: NodePorts & {
    readonly rpcUser: string
    readonly rpcPassword: string
    readonly bitcoindFlags: readonly string[]
  }
  readonly lnd: { readonly flags: readonly string[]; readonly nodes: Readonly<Record<string, NodePorts>> }
  readonly auctioneerd: {
    readonly rpcPort: number
    readonly adminPort: number
    readonly flags: readonly string[]
    /** What the auctioneer's own account starts with. */
    readonly initSat: number
  }
  readonly poold: Readonly<Record<string, { readonly rpcPort: number; readonly restPort: number }>>
  /** What every lnd wallet starts with. */
  readonly funding: { readonly sat: number; readonly coins: number }
}

export const stackFile = join(repositoryRoot, 'regtest', 'stack.json')

export const settings = JSON.parse(readFileSync(process.env['TIDEPOOL_STACK'] ?? stackFile, 'utf8')) as StackSettings
