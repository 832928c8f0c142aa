import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { programPath, type PinnedDaemons } from '../daemonBuild.ts'
import { ManagedProcess } from '../process.ts'
import { settings } from '../settings.ts'
import { until } from '../until.ts'
import { JsonRpc } from './jsonRpc.ts'
import { MINER_ADDRESS } from './minerWallet.ts'
import { RpcChain } from './rpcChain.ts'

const { rpcUser, rpcPassword, bitcoindFlags } = settings.chain

export interface ChainDaemonOptions {
  readonly daemons: PinnedDaemons
  readonly dir: string
  readonly logFile: string
  readonly rpcPort: number
  readonly p2pPort: number
  readonly detached?: boolean
  /** More flags for a bitcoind. */
  readonly bitcoindFlags?: readonly string[]
}

/** A chain daemon as a process, the chain it keeps, and how an lnd finds it. */
export interface ChainDaemon {
  readonly dir: string
  readonly process: ManagedProcess
  readonly chain: RpcChain
  readonly lndFlags: readonly string[]
}

export function chainDaemon(options: ChainDaemonOptions): ChainDaemon {
  return options.daemons.chain.kind === 'btcd' ? btcd(options) : bitcoind(options)
}

/** Starts it and mines until segwit is active and coins are mature. Resolves to the height. */
export async function startChainDaemon(daemon: ChainDaemon): Promise<number> {
  mkdirSync(daemon.dir, { recursive: true })
  daemon.process.start()
  await until(`${daemon.chain.kind} answers`, async () => {
    daemon.process.assertRunning()
    return (await daemon.chain.height()) >= 0
  })
  return daemon.chain.prepare()
}

/** Mind that btcd drops its regtest chain when it starts: stopping it ends the stack. */
function btcd(options: ChainDaemonOptions): ChainDaemon {
  const { daemons, dir, logFile, rpcPort, p2pPort, detached = false } = options
  const certificate = join(dir, 'rpc.cert')
  const args = [
    '--regtest',
    '--nodnsseed',
    `--configfile=${join(dir, 'btcd.conf')}`,
    `--datadir=${join(dir, 'data')}`,
    `--logdir=${join(dir, 'logs')}`,
    `--rpcuser=${rpcUser}`,
    `--rpcpass=${rpcPassword}`,
    `--rpclisten=127.0.0.1:${rpcPort}`,
    `--listen=127.0.0.1:${p2pPort}`,
    `--rpccert=${certificate}`,
    `--rpckey=${join(dir, 'rpc.key')}`,
    '--rejectnonstd',
    '--trickleinterval=100ms',
    '--nobanning',
    '--nostalldetect',
    '--rpcmaxwebsockets=100',
    '--rpcmaxclients=100',
    '--connect=127.0.0.1:1',
    `--miningaddr=${MINER_ADDRESS}`,
  ]
  const rpc = new JsonRpc({
    port: rpcPort,
    user: rpcUser,
    password: rpcPassword,
    certificate: () => readFileSync(certificate),
  })
  return {
    dir,
    process: new ManagedProcess({ name: 'btcd', command: programPath(daemons, 'btcd'), args, logFile, detached }),
    chain: new RpcChain('btcd', rpc),
    lndFlags: [
      '--bitcoin.node=btcd',
      `--btcd.rpchost=127.0.0.1:${rpcPort}`,
      `--btcd.rpcuser=${rpcUser}`,
      `--btcd.rpcpass=${rpcPassword}`,
      `--btcd.rpccert=${certificate}`,
    ],
  }
}

/** Command line of a bitcoind, on this machine and in containers. */
export const bitcoindArguments = (rpcPort: number, rpcBind: string, rpcAllow: string): readonly string[] => [
  '-regtest',
  '-server',
  '-listen=0',
  `-rpcbind=${rpcBind}`,
  `-rpcallowip=${rpcAllow}`,
  `-rpcport=${rpcPort}`,
  `-rpcuser=${rpcUser}`,
  `-rpcpassword=${rpcPassword}`,
  ...bitcoindFlags,
]

/** How an lnd finds a bitcoind. */
export const bitcoindLndFlags = (host: string, rpcPort: number): readonly string[] => [
  '--bitcoin.node=bitcoind',
  `--bitcoind.rpchost=${host}:${rpcPort}`,
  `--bitcoind.rpcuser=${rpcUser}`,
  `--bitcoind.rpcpass=${rpcPassword}`,
  '--bitcoind.rpcpolling',
  '--bitcoind.blockpollinginterval=200ms',
  '--bitcoind.txpollinginterval=200ms',
]

function bitcoind(options: ChainDaemonOptions): ChainDaemon {
  const { daemons, dir, logFile, rpcPort, detached = false, bitcoindFlags: more = [] } = options
  const args = [`-datadir=${dir}`, '-dbcache=16', ...bitcoindArguments(rpcPort, '127.0.0.1', '127.0.0.1'), ...more]
  const rpc = new JsonRpc({ port: rpcPort, user: rpcUser, password: rpcPassword })
  const command = programPath(daemons, 'bitcoind')
  return {
    dir,
    process: new ManagedProcess({ name: 'bitcoind', command, args, logFile, detached }),
    chain: new RpcChain('bitcoind', rpc),
    lndFlags: bitcoindLndFlags('127.0.0.1', rpcPort),
  }
}
