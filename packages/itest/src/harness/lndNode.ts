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
  readonly detached?: boolean
}

/** A real lnd as a process. Its wallet opens by itself, so it may be stopped, killed and started at will. */
export class LndNode {
  readonly name: string
  readonly endpoint: LndEndpoint
  readonly process: ManagedProcess
  #clients: LndClients | undefined

  constructor(options: LndNodeOptions) {
    const { name, dir, rpcPort, p2pPort, chainFlags, feeUrl } = options
    this.name = name
    this.endpoint = {
      address: `127.0.0.1:${rpcPort}`,
      tlsCertPath: join(dir, 'tls.cert'),
      macaroonPath: join(dir, 'data', 'chain', 'bitcoin', 'regtest', 'admin.macaroon'),
    }
    const args = [
      `--lnddir=${dir}`,
      `--alias=${name}`,
      `--listen=127.0.0.1:${p2pPort}`,
      `--externalip=127.0.0.1:${p2pPort}`,
      `--rpclisten=127.0.0.1:${rpcPort}`,
      ...settings.lnd.flags,
      ...chainFlags,
      ...(feeUrl === undefined ? [] : [`--fee.url=${feeUrl}`]),
    ]
    const command = programPath(options.daemons, 'lnd')
    const { logFile, detached = false } = options
    this.process = new ManagedProcess({ name: `lnd ${name}`, command, args, logFile, detached })
  }

  /** Clients of the present certificate; opened at first use. */
  get rpc(): LndClients {
    this.#clients ??= lndClients(this.endpoint)
    return this.#clients
  }

  start(): void {
    this.process.start()
  }

  /** Serves everything and knows the tip. */
  ready(height: number): Promise<void> {
    return this.knows(height, () => this.process.assertRunning())
  }

  /** The same for a node that another process started. */
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
      { timeoutMs: 90_000, pauseMs: 150 },
    )
  }

  async stop(): Promise<void> {
    this.disconnect()
    await this.process.stop()
  }

  async kill(): Promise<void> {
    this.disconnect()
    await this.process.kill()
  }

  /** Closes the clients, so that this process can end. */
  disconnect(): void {
    this.#clients?.channel.close()
    this.#clients = undefined
  }
}
