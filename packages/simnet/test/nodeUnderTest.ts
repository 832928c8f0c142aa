import { afterAll, beforeAll } from 'vitest'
import { createClient, openChannel, services, type Channel } from '@tidepool/rpc'
import { startSimnet, type Simnet, type SimnetOptions } from '../src/index.ts'

/** A simnet for one test file; what a handler throws unforeseen fails the run. */
export function useSimnet(options: SimnetOptions): () => Simnet {
  let simnet: Simnet | undefined
  const unexpected: unknown[] = []
  beforeAll(async () => {
    simnet = await startSimnet({ onUnexpected: (error) => unexpected.push(error), ...options })
  })
  afterAll(async () => {
    await simnet?.stop()
    if (unexpected.length > 0) throw new Error('a handler failed', { cause: unexpected[0] })
  })
  return () => {
    if (simnet === undefined) throw new Error('the simnet is there from beforeAll on')
    return simnet
  }
}

/** Connection with the admin macaroon, or another one, or none. */
export function connectTo(simnet: Simnet, name: string, macaroonHex?: string | null): Channel {
  const node = simnet.node(name)
  const admin = Buffer.from(node.adminMacaroon).toString('hex')
  return openChannel({
    address: node.address,
    tls: { kind: 'ca', pem: node.certificate.cert },
    ...(macaroonHex === null ? {} : { macaroonHex: macaroonHex ?? admin }),
  })
}

export function clientsOf(simnet: Simnet, name: string, macaroonHex?: string | null) {
  const channel = connectTo(simnet, name, macaroonHex)
  return {
    channel,
    state: createClient(services.lnrpc.State, channel),
    lightning: createClient(services.lnrpc.Lightning, channel),
    walletKit: createClient(services.walletrpc.WalletKit, channel),
    signer: createClient(services.signrpc.Signer, channel),
    version: createClient(services.verrpc.Versioner, channel),
    notifier: createClient(services.chainrpc.ChainNotifier, channel),
  }
}
