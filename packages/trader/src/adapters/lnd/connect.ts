import { readFileSync } from 'node:fs'
import { scriptToAddress, sha256, toHex } from '@tidepool/crypto'
import type { Network } from '@tidepool/crypto'
import { connectLnd } from '@tidepool/rpc'
import type { LndClients } from '@tidepool/rpc'
import { StartupError, reasonOf } from '../../core/errors.ts'

export interface LndFiles {
  readonly host: string
  readonly tlsPath: string
  readonly macaroonPath: string
}

/** Reads certificate and macaroon afresh, so that a corrected file needs no restart. @throws StartupError */
export function connectFromFiles(files: LndFiles): LndClients {
  const tlsCertPem = fileOr(files.tlsPath, (reason) => tlsFailed(files.tlsPath, reason)).toString('utf8')
  const macaroon = fileOr(files.macaroonPath, (reason) => macaroonMissing(files.macaroonPath, reason))
  try {
    return connectLnd({ address: files.host, tlsCertPem, macaroonHex: toHex(macaroon) })
  } catch (cause) {
    throw tlsFailed(files.tlsPath, reasonOf(cause))
  }
}

function fileOr(path: string, failed: (reason: string) => StartupError): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw failed(reasonOf(error))
  }
}

const tlsFailed = (path: string, reason: string): StartupError =>
  new StartupError(
    { code: 'LND_TLS_FAILED', path, reason },
    `lnd's certificate ${path} cannot be used (${reason}): correct --lnd.tlspath`,
  )

const macaroonMissing = (path: string, reason: string): StartupError =>
  new StartupError(
    { code: 'LND_MACAROON_REFUSED', path, reason },
    `lnd's macaroon ${path} cannot be read (${reason}): correct --lnd.macaroonpath`,
  )

/** A P2WSH address that belongs to nobody, for estimates. */
export function dryRunAddress(network: Network): string {
  const program = sha256(new TextEncoder().encode('fee estimate'))
  return scriptToAddress(Uint8Array.of(0x00, 0x20, ...program), network) ?? ''
}
