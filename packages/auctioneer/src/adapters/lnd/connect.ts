import { readFileSync } from 'node:fs'
import { toHex } from '@tidepool/crypto'
import { connectLnd, type LndClients } from '@tidepool/rpc'
import { LndStartError } from './startError.ts'

export interface LndFiles {
  readonly host: string
  readonly tlsPath: string
  readonly macaroonPath: string
}

/** @throws LndStartError LND_FILE_UNREADABLE */
export function connectFromFiles(files: LndFiles): LndClients {
  return connectLnd({
    address: files.host,
    tlsCertPem: read(files.tlsPath, '--lnd.tlspath'),
    macaroonHex: toHex(read(files.macaroonPath, '--lnd.macaroonpath')),
  })
}

function read(path: string, option: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(path))
  } catch (cause) {
    throw new LndStartError(
      { code: 'LND_FILE_UNREADABLE', path },
      `${path} cannot be read: start lnd once so that it makes the file, or correct ${option}`,
      { cause },
    )
  }
}
