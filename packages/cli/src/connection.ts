import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { openChannel } from '@tidepool/rpc'
import { CliError, badArgument } from './errors.ts'

export const NETWORKS = ['mainnet', 'testnet', 'testnet4', 'regtest', 'simnet', 'signet'] as const

export interface ConnectionFlags {
  readonly rpcserver: string
  readonly network: string
  readonly basedir: string
  readonly tlscertpath?: string
  readonly macaroonpath?: string
}

/** Names of the files a daemon writes below BASEDIR/NETWORK. */
export interface CredentialFiles {
  readonly certificate: string
  readonly macaroon: string
}

export const expandHome = (path: string): string => (path.startsWith('~/') ? join(homedir(), path.slice(2)) : path)

/**
 * Certificate and macaroon: as named, unless base directory or network were changed, which wins as in the stock tool.
 * @throws CliError BAD_ARGUMENT for an unknown network
 */
export function credentialPaths(flags: ConnectionFlags, defaultBase: string, files: CredentialFiles): CredentialFiles {
  if (!(NETWORKS as readonly string[]).includes(flags.network)) {
    throw badArgument('network', `network: expected one of ${NETWORKS.join(', ')}, got '${flags.network}'`)
  }
  const folder = join(expandHome(flags.basedir), flags.network)
  const moved = flags.basedir !== defaultBase || flags.network !== 'mainnet'
  const pick = (named: string | undefined, name: string) =>
    named === undefined || moved ? join(folder, name) : expandHome(named)
  return { certificate: pick(flags.tlscertpath, files.certificate), macaroon: pick(flags.macaroonpath, files.macaroon) }
}

function readCredential(path: string, what: string): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new CliError(
      { code: 'CREDENTIALS_MISSING', path },
      `cannot read the ${what} ${path}: start the daemon once, or name its place with --basedir and --network`,
      { cause },
    )
  }
}

/** A channel to a daemon, authenticated as its files say. @throws CliError CREDENTIALS_MISSING */
export function connectDaemon(flags: ConnectionFlags, defaultBase: string, files: CredentialFiles) {
  const paths = credentialPaths(flags, defaultBase, files)
  return openChannel({
    address: flags.rpcserver,
    tls: { kind: 'ca', pem: readCredential(paths.certificate, 'certificate') },
    macaroonHex: readCredential(paths.macaroon, 'macaroon').toString('hex'),
    maxReceiveBytes: 200 * 1024 * 1024,
  })
}
