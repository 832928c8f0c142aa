import { readFileSync } from 'node:fs'
import { createClient, openChannel, services } from '@tidepool/rpc'
import { JsonRpc } from '../harness/chain/jsonRpc.ts'
import { RpcChain } from '../harness/chain/rpcChain.ts'
import { RemoteLnd } from '../harness/lndNode.ts'
import { settings } from '../harness/settings.ts'
import { AUCTIONEERD, BITCOIND, lndInContainers } from './containers.ts'
import { fundEmptyWallets, openMasterAccount } from './funding.ts'

type Say = (line: string) => void

/** The steps between the daemons, for the one-off containers of docker-compose.yml. */
export async function prepare(say: Say, step: string | undefined): Promise<void> {
  const { rpcPort, rpcUser, rpcPassword } = settings.chain
  const rpc = new JsonRpc({ host: BITCOIND, port: rpcPort, user: rpcUser, password: rpcPassword })
  const chain = new RpcChain('bitcoind', rpc)
  const lnds = Object.keys(settings.lnd.nodes).map((name) => new RemoteLnd(name, lndInContainers(name)))
  if (step === 'wallets') {
    const height = await chain.prepare()
    await Promise.all(lnds.map((node) => node.knows(height)))
    await fundEmptyWallets(chain, lnds, say)
  } else {
    const channel = openChannel({
      address: `${AUCTIONEERD}:${settings.auctioneerd.adminPort}`,
      tls: { kind: 'ca', pem: readFileSync('/data/regtest/tls.cert') },
      macaroonHex: readFileSync('/data/regtest/admin.macaroon').toString('hex'),
    })
    await openMasterAccount(chain, lnds, createClient(services.tidepool.Admin, channel), say)
    channel.close()
  }
  for (const node of lnds) node.disconnect()
}
