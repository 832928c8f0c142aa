import { join } from 'node:path'
import type { LndEndpoint } from '../harness/lndNode.ts'
import { settings } from '../harness/settings.ts'
import type { LocalStack } from './localStack.ts'

interface NodeEndpoint extends LndEndpoint {
  readonly nodeKey: string
  readonly uri: string
}

/** What `endpoints.json` holds. */
export interface Endpoints {
  readonly network: 'regtest'
  readonly chain: { readonly kind: string; readonly rpc: string; readonly user: string; readonly password: string }
  readonly lnd: Readonly<Record<string, NodeEndpoint>>
  readonly auctioneerd: {
    readonly address: string
    readonly adminAddress: string
    readonly baseDir: string
    readonly tlsCertPath: string
    readonly macaroonPath: string
  }
}

export async function endpoints({ chainKind, lnds, auctioneer }: LocalStack): Promise<Endpoints> {
  const { rpcPort, rpcUser, rpcPassword } = settings.chain
  const nodes: (readonly [string, NodeEndpoint])[] = []
  for (const node of lnds) {
    const info = await node.rpc.lightning.getInfo({})
    nodes.push([node.name, { ...node.endpoint, nodeKey: info.identityPubkey, uri: info.uris[0] ?? '' }])
  }
  const { address, adminAddress, baseDir, tlsCertPath } = auctioneer
  const macaroonPath = join(baseDir, 'regtest', 'admin.macaroon')
  return {
    network: 'regtest',
    chain: { kind: chainKind, rpc: `127.0.0.1:${rpcPort}`, user: rpcUser, password: rpcPassword },
    lnd: Object.fromEntries(nodes),
    auctioneerd: { address, adminAddress, baseDir, tlsCertPath, macaroonPath },
  }
}

/** For people: where everything is, and how to go on. */
export function describeEndpoints({ chain, lnd, auctioneerd }: Endpoints): string {
  const rows: (readonly [string, string])[] = [
    [chain.kind, `${chain.rpc} (${chain.user}:${chain.password})`],
    ...Object.entries(lnd).map(([name, node]) => [`lnd ${name}`, `${node.address}  ${node.uri}`] as const),
    ['auctioneerd', `${auctioneerd.address}, admin ${auctioneerd.adminAddress}`],
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  const traders = Object.entries(settings.poold).flatMap(([name, ports]) => {
    const node = lnd[name]
    return node === undefined ? [] : [`  ${pooldCommand(name, ports, node, auctioneerd)}`]
  })
  return [...rows.map(([name, text]) => `${name.padEnd(width)}  ${text}`), '', 'start a trader:', ...traders].join('\n')
}

function pooldCommand(
  name: string,
  ports: { readonly rpcPort: number; readonly restPort: number },
  node: LndEndpoint,
  auctioneerd: Endpoints['auctioneerd'],
): string {
  return [
    'node packages/trader/dist/main.js --network=regtest',
    `--basedir=.regtest/poold-${name} --rpclisten=localhost:${ports.rpcPort} --restlisten=localhost:${ports.restPort}`,
    `--auctionserver=${auctioneerd.address} --tlspathauctserver=${auctioneerd.tlsCertPath}`,
    `--lnd.host=${node.address} --lnd.tlspath=${node.tlsCertPath} --lnd.macaroonpath=${node.macaroonPath}`,
  ].join(' ')
}
