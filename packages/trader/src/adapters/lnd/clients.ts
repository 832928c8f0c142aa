import { createClient, openChannel, services } from '@tidepool/rpc'
import type { Channel, Client, chainrpc, lnrpc, signrpc, verrpc, walletrpc } from '@tidepool/rpc'

export interface LndConnection {
  /** `host:port` */
  readonly host: string
  /** PEM of lnd's certificate, its only root. */
  readonly tlsCert: string
  readonly macaroonHex: string
}

/** lnd's services answer with everything they know at once; there is no paging (spec lnd §1.2). */
const MAX_RECEIVE_BYTES = 800 * 1024 * 1024

/** Typed clients of the lnd services this daemon uses, over one connection. */
export interface LndClients {
  readonly lightning: Client<lnrpc.Lightning_Service>
  readonly state: Client<lnrpc.State_Service>
  readonly walletKit: Client<walletrpc.WalletKit_Service>
  readonly signer: Client<signrpc.Signer_Service>
  readonly chain: Client<chainrpc.ChainNotifier_Service>
  readonly versioner: Client<verrpc.Versioner_Service>
  close(): void
}

export function connectLnd(connection: LndConnection): LndClients {
  const channel: Channel = openChannel({
    address: connection.host,
    tls: { kind: 'ca', pem: connection.tlsCert },
    macaroonHex: connection.macaroonHex,
    maxReceiveBytes: MAX_RECEIVE_BYTES,
  })
  return {
    lightning: createClient(services.lnrpc.Lightning, channel),
    state: createClient(services.lnrpc.State, channel),
    walletKit: createClient(services.walletrpc.WalletKit, channel),
    signer: createClient(services.signrpc.Signer, channel),
    chain: createClient(services.chainrpc.ChainNotifier, channel),
    versioner: createClient(services.verrpc.Versioner, channel),
    close: (): void => channel.close(),
  }
}
