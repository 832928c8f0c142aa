import { join, resolve } from 'node:path'
import { AuctioneerDaemon } from '../harness/auctioneerDaemon.ts'
import { chainDaemon, type ChainDaemon } from '../harness/chain/chainDaemon.ts'
import { stackDaemons, type PinnedDaemons } from '../harness/daemonBuild.ts'
import { LndNode } from '../harness/lndNode.ts'
import { repositoryRoot } from '../harness/paths.ts'
import { settings } from '../harness/settings.ts'

/** TIDEPOOL_STACK_DIR moves it, for a second stack beside the first. */
export const localDir = resolve(process.env['TIDEPOOL_STACK_DIR'] ?? join(repositoryRoot, '.regtest'))
export const logDir = join(localDir, 'logs')

/** The stack of `regtest/stack.json` on this machine, running or not. */
export interface LocalStack {
  readonly daemons: PinnedDaemons
  readonly chainKind: string
  readonly chain: ChainDaemon
  readonly lnds: readonly LndNode[]
  readonly auctioneer: AuctioneerDaemon
}

export async function localStack(): Promise<LocalStack> {
  const daemons = await stackDaemons()
  const chain = chainDaemon({
    daemons,
    dir: join(localDir, 'chain'),
    logFile: join(logDir, 'chain.log'),
    rpcPort: settings.chain.rpcPort,
    p2pPort: settings.chain.p2pPort,
    detached: true,
  })
  const lnds = Object.entries(settings.lnd.nodes).map(
    ([name, ports]) =>
      new LndNode({
        name,
        daemons,
        dir: join(localDir, `lnd-${name}`),
        logFile: join(logDir, `lnd-${name}.log`),
        ...ports,
        chainFlags: chain.lndFlags,
        detached: true,
      }),
  )
  const own = lnds.find((node) => node.name === 'auctioneer')
  if (own === undefined) throw new Error('regtest/stack.json: lnd.nodes needs an auctioneer')
  const { rpcPort, adminPort, flags } = settings.auctioneerd
  const auctioneer = new AuctioneerDaemon(
    { dir: localDir, logDir, lnd: own.endpoint, flags, detached: true },
    { rpc: rpcPort, admin: adminPort },
  )
  return { daemons, chainKind: daemons.chain.kind, chain, lnds, auctioneer }
}
