import { readFileSync } from 'node:fs'
import { toHex } from '@tidepool/crypto'
import { createClient, openChannel, services } from '@tidepool/rpc'
import type { Client, chainrpc, lnrpc, signrpc, verrpc, walletrpc } from '@tidepool/rpc'
import { LndStartError } from './startError.ts'

export interface LndFiles {
  readonly host: string
  readonly tlsPath: string
  readonly macaroonPath: string
}

/** lnd answers with everything it knows at once; there is no paging (spec lnd §1.2). */
const MAX_RECEIVE_BYTES = 800 * 1024 * 1024

/** Typed clients of the lnd services the auctioneer uses, over one connection. */
export interface LndClients {
  readonly lightning: Client<lnrpc.Lightning_Service>
  readonly state: Client<lnrpc.State_Service>
  readonly walletKit: Client<walletrpc.WalletKit_Service>
  readonly signer: Client<signrpc.Signer_Service>
  readonly notifier: Client<chainrpc.ChainNotifier_Service>
  readonly versioner: Client<verrpc.Versioner_Service>
  close(): void
}

/** @throws LndStartError LND_FILE_UNREADABLE */
export function connectLnd(files: LndFiles): LndClients {
  const channel = openChannel({
    address: files.host,
    tls: { kind: 'ca', pem: read(files.tlsPath, '--lnd.tlspath') },
    macaroonHex: toHex(read(files.macaroonPath, '--lnd.macaroonpath')),
    maxReceiveBytes: MAX_RECEIVE_BYTES,
  })
  return {
    lightning: createClient(services.lnrpc.Lightning, channel),
    state: createClient(services.lnrpc.State, channel),
    walletKit: createClient(services.walletrpc.WalletKit, channel),
    signer: createClient(services.signrpc.Signer, channel),
    notifier: createClient(services.chainrpc.ChainNotifier, channel),
    versioner: createClient(services.verrpc.Versioner, channel),
    close: () => channel.close(),
  }
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
