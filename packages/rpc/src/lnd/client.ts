import { openChannel, type Channel } from '../grpc/channel.ts'
import { createClient, type Client } from '../grpc/client.ts'
import type { chainrpc, invoicesrpc, lnrpc, routerrpc, signrpc, verrpc, walletrpc } from '../gen/packages.ts'
import { services } from '../gen/services.ts'

export interface LndConnection {
  /** `host:port` */
  readonly address: string
  /** lnd's own certificate, the only root. */
  readonly tlsCertPem: string | Uint8Array
  readonly macaroonHex: string
}

/** The services of one lnd we use. */
export interface LndClients {
  readonly channel: Channel
  readonly state: Client<lnrpc.State_Service>
  readonly versioner: Client<verrpc.Versioner_Service>
  readonly lightning: Client<lnrpc.Lightning_Service>
  readonly walletKit: Client<walletrpc.WalletKit_Service>
  readonly signer: Client<signrpc.Signer_Service>
  readonly chainNotifier: Client<chainrpc.ChainNotifier_Service>
  readonly chainKit: Client<chainrpc.ChainKit_Service>
  readonly router: Client<routerrpc.Router_Service>
  readonly invoices: Client<invoicesrpc.Invoices_Service>
  readonly close: () => void
}

/** Lists of transactions and channels come in one message. */
const MAX_RECEIVE_BYTES = 800 * 1024 * 1024

export function connectLnd(connection: LndConnection): LndClients {
  const channel = openChannel({
    address: connection.address,
    tls: { kind: 'ca', pem: connection.tlsCertPem },
    macaroonHex: connection.macaroonHex,
    maxReceiveBytes: MAX_RECEIVE_BYTES,
  })
  return {
    channel,
    state: createClient(services.lnrpc.State, channel),
    versioner: createClient(services.verrpc.Versioner, channel),
    lightning: createClient(services.lnrpc.Lightning, channel),
    walletKit: createClient(services.walletrpc.WalletKit, channel),
    signer: createClient(services.signrpc.Signer, channel),
    chainNotifier: createClient(services.chainrpc.ChainNotifier, channel),
    chainKit: createClient(services.chainrpc.ChainKit, channel),
    router: createClient(services.routerrpc.Router, channel),
    invoices: createClient(services.invoicesrpc.Invoices, channel),
    close: channel.close,
  }
}
