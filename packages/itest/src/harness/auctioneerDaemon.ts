import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createClient, openChannel, services, type Channel, type Client, type tidepool } from '@tidepool/rpc'
import { runCommand, type CommandResult } from './command.ts'
import { auctionctlJsonInProcess } from './inProcessCli.ts'
import { programs } from './paths.ts'
import { freePort } from './ports.ts'
import { ManagedProcess } from './process.ts'
import type { LndEndpoint } from './lndNode.ts'

export interface AuctioneerOptions {
  /** Holds its base directory; logs go to `logDir`. */
  readonly dir: string
  readonly logDir: string
  readonly lnd: LndEndpoint
  readonly name?: string
  /** More flags, for example `--auction.interval=1h`. */
  readonly flags?: readonly string[]
  /** More environment, for example crash points. */
  readonly env?: Readonly<Record<string, string>>
  readonly detached?: boolean
  readonly ports?: { readonly rpc: number; readonly admin: number }
  /** For Node itself, for example a profile. */
  readonly execArgv?: readonly string[]
}

export interface AuctioneerPlaces {
  readonly baseDir: string
  readonly rpcListen: string
  readonly adminListen: string
  readonly lnd: LndEndpoint
}

/** Command line of auctioneerd, on this machine and in containers. */
export const auctioneerArguments = ({ baseDir, rpcListen, adminListen, lnd }: AuctioneerPlaces): readonly string[] => [
  '--network=regtest',
  `--basedir=${baseDir}`,
  `--rpclisten=${rpcListen}`,
  `--adminlisten=${adminListen}`,
  ...lndFlags(lnd),
]

/** Our auctioneerd as a process, with its admin API and auctionctl. */
export class AuctioneerDaemon {
  readonly name: string
  readonly baseDir: string
  readonly address: string
  readonly adminAddress: string
  readonly tlsCertPath: string
  readonly process: ManagedProcess
  #channel: Channel | undefined

  constructor(options: AuctioneerOptions, ports: { readonly rpc: number; readonly admin: number }) {
    this.name = options.name ?? 'auctioneerd'
    this.baseDir = join(options.dir, this.name)
    this.address = `localhost:${ports.rpc}`
    this.adminAddress = `localhost:${ports.admin}`
    this.tlsCertPath = join(this.baseDir, 'regtest', 'tls.cert')
    this.process = new ManagedProcess({
      name: this.name,
      command: process.execPath,
      args: [
        ...(options.execArgv ?? []),
        programs.auctioneerd,
        ...auctioneerArguments({
          baseDir: this.baseDir,
          rpcListen: this.address,
          adminListen: this.adminAddress,
          lnd: options.lnd,
        }),
        ...(options.flags ?? []),
      ],
      logFile: join(options.logDir, `${this.name}.log`),
      env: options.env ?? {},
      detached: options.detached ?? false,
    })
  }

  /** Admin API of the running daemon. */
  get admin(): Client<tidepool.Admin_Service> {
    this.#channel ??= openChannel({
      address: this.adminAddress,
      tls: { kind: 'ca', pem: readFileSync(this.tlsCertPath) },
      macaroonHex: readFileSync(join(this.baseDir, 'regtest', 'admin.macaroon')).toString('hex'),
      maxReceiveBytes: 200 * 1024 * 1024,
    })
    return createClient(services.tidepool.Admin, this.#channel)
  }

  /** Resolves when it serves. */
  async start(extraFlags: readonly string[] = []): Promise<void> {
    this.process.start(extraFlags)
    await this.process.waitForLine(/auctioneer ready/)
  }

  async stop(): Promise<void> {
    this.disconnect()
    await this.process.stop()
  }

  async kill(): Promise<void> {
    this.disconnect()
    await this.process.kill()
  }

  /** `auctionctl` in this process, its JSON parsed. @throws HarnessError COMMAND_FAILED, TIMED_OUT */
  ctl(...args: readonly string[]): Promise<unknown> {
    return auctionctlJsonInProcess([...this.#ctlFlags(), '--json', ...args])
  }

  /** `auctionctl` whatever its exit code, as a person would run it: a process. */
  ctlRaw(...args: readonly string[]): Promise<CommandResult> {
    return runCommand(process.execPath, [programs.auctionctl, ...this.#ctlFlags(), ...args])
  }

  /** `auctionctl` that goes on until it is stopped, as in a second terminal. */
  ctlProcess(...args: readonly string[]): ManagedProcess {
    const name = `auctionctl ${args.join(' ')}`
    const logFile = join(dirname(this.process.options.logFile), `auctionctl-${args[0] ?? ''}.log`)
    const watcher = new ManagedProcess({
      name,
      command: process.execPath,
      args: [programs.auctionctl, ...this.#ctlFlags(), ...args],
      logFile,
    })
    watcher.start()
    return watcher
  }

  #ctlFlags(): readonly string[] {
    return [`--rpcserver=${this.adminAddress}`, '--network=regtest', `--basedir=${this.baseDir}`]
  }

  /** Closes the client, so that this process can end. */
  disconnect(): void {
    this.#channel?.close()
    this.#channel = undefined
  }
}

export async function startAuctioneer(options: AuctioneerOptions): Promise<AuctioneerDaemon> {
  const ports = options.ports ?? { rpc: await freePort(), admin: await freePort() }
  const daemon = new AuctioneerDaemon(options, ports)
  await daemon.start()
  return daemon
}

export const lndFlags = (lnd: LndEndpoint): readonly string[] => [
  `--lnd.host=${lnd.address}`,
  `--lnd.tlspath=${lnd.tlsCertPath}`,
  `--lnd.macaroonpath=${lnd.macaroonPath}`,
]

/** The compiled program is there; the scripts of package.json build before they run. */
export const isBuilt = (program: keyof typeof programs): boolean => existsSync(programs[program])
