import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  createClient,
  openChannel,
  services,
  type Channel,
  type Client,
  type lnrpc,
  type walletrpc,
} from '@tidepool/rpc'
import { programPath, type PinnedDaemons } from './daemonBuild.ts'
import { ManagedProcess } from './process.ts'
import { settings } from './settings.ts'
import { until } from './until.ts'

/** What a daemon is told about its lnd. */
export interface LndEndpoint {
  readonly address: string
  readonly tlsCertPath: string
  readonly macaroonPath: string
}

export interface LndClients {
  readonly channel: Channel
  readonly state: Client<lnrpc.State_Service>
  readonly lightning: Client<lnrpc.Lightning_Service>
  readonly walletKit: Client<walletrpc.WalletKit_Service>
}

export function lndClients(endpoint: LndEndpoint): LndClients {
  const channel = openChannel({
    address: endpoint.address,
    tls: { kind: 'ca', pem: readFileSync(endpoint.tlsCertPath) },
    macaroonHex: readFileSync(endpoint.macaroonPath).toString('hex'),
    maxReceiveBytes: 200 * 1024 * 1024,
  })
  return {
    channel,
    state: createClient(services.lnrpc.State, channel),
    lightning: createClient(services.lnrpc.Lightning, channel),
    walletKit: createClient(services.walletrpc.WalletKit, channel),
  }
}

export interface LndNodeOptions {
  readonly name: string
  readonly daemons: PinnedDaemons
  readonly dir: string
  readonly logFile: string
  readonly rpcPort: number
  readonly p2pPort: number
  /** How it finds the chain daemon. */
  readonly chainFlags: readonly string[]
  readonly feeUrl?: string
  /** Serves REST there, for who has no gRPC. */
  readonly restPort?: number
  readonly detached?: boolean
}

export interface LndPlaces {
  readonly name: string
  readonly dir: string
  /** Address to listen on. */
  readonly listen: string
  /** Where peers find it; without one a stock asker refuses to submit. */
  readonly external: string
  readonly rpcPort: number
  readonly p2pPort: number
  readonly chainFlags: readonly string[]
}

/** The whole command line of an lnd, on this machine and in containers. */
export function lndArguments(places: LndPlaces): readonly string[] {
  const { name, dir, listen, external, rpcPort, p2pPort, chainFlags } = places
  return [
    `--lnddir=${dir}`,
    `--alias=${name}`,
    `--listen=${listen}:${p2pPort}`,
    `--externalip=${external}:${p2pPort}`,
    `--rpclisten=${listen}:${rpcPort}`,
    ...settings.lnd.flags,
    ...chainFlags,
  ]
}

/** A busy machine starts four of them in minutes; one that ended is known at once. */
const READY_MS = 300_000

/** An lnd that runs somewhere: its clients, and whether it is ready. */
export class RemoteLnd {
  readonly name: string
  readonly endpoint: LndEndpoint
  #clients: LndClients | undefined

  constructor(name: string, endpoint: LndEndpoint) {
    this.name = name
    this.endpoint = endpoint
  }

  /** Clients of the present certificate; opened at first use. */
  get rpc(): LndClients {
    this.#clients ??= lndClients(this.endpoint)
    return this.#clients
  }

  /** Serves everything and has seen this height. `assertAlive` may end the wait by throwing. */
  async knows(height: number, assertAlive: () => void = () => {}): Promise<void> {
    const { tlsCertPath, macaroonPath } = this.endpoint
    await until(
      `lnd ${this.name} is ready at height ${height}`,
      async () => {
        assertAlive()
        if (!existsSync(tlsCertPath) || !existsSync(macaroonPath)) return false
        const { state } = await this.rpc.state.getState({}, { deadlineMs: 5000 })
        if (state !== 'SERVER_ACTIVE') return false
        const info = await this.rpc.lightning.getInfo({}, { deadlineMs: 5000 })
        return info.syncedToChain && info.blockHeight >= height
      },
      { timeoutMs: READY_MS, pauseMs: 150 },
    )
  }

  /** Closes the clients, so that this process can end. */
  disconnect(): void {
    this.#clients?.channel.close()
    this.#clients = undefined
  }
}

/** Our nodes run without REST unless they are asked for it. */
const withRest = (args: readonly string[], port: number | undefined): readonly string[] =>
  port === undefined ? args : [...args.filter((arg) => arg !== '--norest'), `--restlisten=127.0.0.1:${port}`]

/** So that tests can change what it estimates; by itself it asks anew after some minutes. */
const ASK_OFTEN = ['--fee.min-update-timeout=1s', '--fee.max-update-timeout=2s'] as const

/** A real lnd as a process. Its wallet opens by itself, so it may be stopped, killed and started at will. */
export class LndNode extends RemoteLnd {
  readonly process: ManagedProcess

  constructor(options: LndNodeOptions) {
    const { name, dir, rpcPort, p2pPort, chainFlags, feeUrl, logFile, detached = false } = options
    super(name, {
      address: `127.0.0.1:${rpcPort}`,
      tlsCertPath: join(dir, 'tls.cert'),
      macaroonPath: join(dir, 'data', 'chain', 'bitcoin', 'regtest', 'admin.macaroon'),
    })
    const places = { name, dir, rpcPort, p2pPort, chainFlags, listen: '127.0.0.1', external: '127.0.0.1' }
    const args = [
      ...withRest(lndArguments(places), options.restPort),
      ...(feeUrl === undefined ? [] : [`--fee.url=${feeUrl}`, ...ASK_OFTEN]),
    ]
    const command = programPath(options.daemons, 'lnd')
    this.process = new ManagedProcess({ name: `lnd ${name}`, command, args, logFile, detached })
  }

  start(): void {
    this.process.start()
  }

  /** The same as `knows`, given up when the process ends. */
  ready(height: number): Promise<void> {
    return this.knows(height, () => this.process.assertRunning())
  }

  async stop(): Promise<void> {
    this.disconnect()
    await this.process.stop()
  }

  async kill(): Promise<void> {
    this.disconnect()
    await this.process.kill()
  }
}
