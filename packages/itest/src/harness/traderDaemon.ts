import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createClient, openChannel, services, type Channel, type Client, type poolrpc } from '@tidepool/rpc'
import { lndFlags } from './auctioneerDaemon.ts'
import { runCommand, runJson, type CommandResult } from './command.ts'
import { pinnedDaemons, programPath } from './daemonBuild.ts'
import { poolJsonInProcess } from './inProcessCli.ts'
import type { LndEndpoint } from './lndNode.ts'
import { programs } from './paths.ts'
import { freePort } from './ports.ts'
import { ManagedProcess } from './process.ts'
import { until } from './until.ts'

export interface TraderOptions {
  readonly name: string
  readonly dir: string
  readonly logDir: string
  readonly lnd: LndEndpoint
  readonly auctioneer: { readonly address: string; readonly tlsCertPath: string }
  readonly flags?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly detached?: boolean
  readonly ports?: { readonly rpc: number; readonly rest: number }
  /** What every order of this trader is submitted with. */
  readonly orderFlags?: readonly string[]
}

export interface TraderPlaces {
  readonly baseDir: string
  readonly rpcListen: string
  readonly restListen: string
  readonly auctioneer: { readonly address: string; readonly tlsCertPath: string }
  readonly lnd: LndEndpoint
}

/** Command line of a poold, on this machine and in containers. */
export const traderArguments = (places: TraderPlaces): readonly string[] => [
  '--network=regtest',
  `--basedir=${places.baseDir}`,
  `--rpclisten=${places.rpcListen}`,
  `--restlisten=${places.restListen}`,
  `--auctionserver=${places.auctioneer.address}`,
  `--tlspathauctserver=${places.auctioneer.tlsCertPath}`,
  '--minbackoff=100ms',
  '--maxbackoff=2s',
  ...lndFlags(places.lnd),
]

/** Which poold: a program with the arguments that come before all flags. */
interface Flavour {
  readonly daemon: readonly string[]
  readonly cli: readonly string[]
  /** Our CLI prints JSON when asked; the stock one always does. */
  readonly jsonFlags: readonly string[]
  readonly ready: 'logLine' | 'getInfo'
}

const OURS: Flavour = {
  daemon: [process.execPath, programs.poold],
  cli: [process.execPath, programs.pool],
  jsonFlags: ['--json'],
  ready: 'logLine',
}

/** A poold as a process, ours or the stock one: same flags, same API, same command line. */
export class TraderDaemon {
  readonly name: string
  readonly baseDir: string
  readonly address: string
  readonly restAddress: string
  readonly process: ManagedProcess
  readonly orderFlags: readonly string[]
  readonly #flavour: Flavour
  #channel: Channel | undefined

  constructor(options: TraderOptions, ports: { readonly rpc: number; readonly rest: number }, flavour: Flavour) {
    const { name, dir, logDir, auctioneer } = options
    this.name = name
    this.baseDir = join(dir, `poold-${name}`)
    this.address = `localhost:${ports.rpc}`
    this.restAddress = `localhost:${ports.rest}`
    this.orderFlags = options.orderFlags ?? []
    this.#flavour = flavour
    const [command = '', ...entry] = flavour.daemon
    this.process = new ManagedProcess({
      name: `poold ${name}`,
      command,
      args: [
        ...entry,
        ...traderArguments({
          baseDir: this.baseDir,
          rpcListen: this.address,
          restListen: this.restAddress,
          auctioneer,
          lnd: options.lnd,
        }),
        '--debuglevel=debug',
        ...(options.flags ?? []),
      ],
      logFile: join(logDir, `poold-${name}.log`),
      env: options.env ?? {},
      detached: options.detached ?? false,
    })
  }

  get isOurs(): boolean {
    return this.#flavour.daemon === OURS.daemon
  }

  /** Trader API of the running daemon. */
  get trader(): Client<poolrpc.Trader_Service> {
    this.#channel ??= openChannel({
      address: this.address,
      tls: { kind: 'ca', pem: readFileSync(join(this.baseDir, 'regtest', 'tls.cert')) },
      macaroonHex: readFileSync(join(this.baseDir, 'regtest', 'pool.macaroon')).toString('hex'),
    })
    return createClient(services.poolrpc.Trader, this.#channel)
  }

  /** Resolves when it serves. */
  async start(extraFlags: readonly string[] = []): Promise<void> {
    this.process.start(extraFlags)
    if (this.#flavour.ready === 'logLine') await this.process.waitForLine(/trader daemon ready/)
    await until(`poold ${this.name} serves`, async () => {
      this.process.assertRunning()
      if (!existsSync(join(this.baseDir, 'regtest', 'pool.macaroon'))) return false
      return (await this.trader.getInfo({}, { deadlineMs: 5000 })).version !== ''
    })
  }

  async stop(): Promise<void> {
    this.disconnect()
    await this.process.stop()
  }

  async kill(): Promise<void> {
    this.disconnect()
    await this.process.kill()
  }

  /** `pool`, its JSON parsed; ours runs in this process. @throws HarnessError COMMAND_FAILED, TIMED_OUT */
  pool(...args: readonly string[]): Promise<unknown> {
    const { cli, jsonFlags } = this.#flavour
    const words = [...this.#cliFlags(), ...jsonFlags, ...args]
    const [command = '', ...entry] = cli
    return cli === OURS.cli ? poolJsonInProcess(words) : runJson(command, [...entry, ...words])
  }

  /** `pool` whatever its exit code, as a person would run it: a process. */
  poolRaw(...args: readonly string[]): Promise<CommandResult> {
    const [command = '', ...entry] = this.#flavour.cli
    return runCommand(command, [...entry, ...this.#cliFlags(), ...args])
  }

  #cliFlags(): readonly string[] {
    return [`--rpcserver=${this.address}`, '--network=regtest', `--basedir=${this.baseDir}`]
  }

  /** Closes the client, so that this process can end. */
  disconnect(): void {
    this.#channel?.close()
    this.#channel = undefined
  }
}

/** Our trader daemon. */
export const startTrader = (options: TraderOptions): Promise<TraderDaemon> => launch(options, OURS)

/** The stock Go daemon with the stock command line. */
export async function startStockTrader(options: TraderOptions): Promise<TraderDaemon> {
  const daemons = await pinnedDaemons(['pool'])
  return launch(options, {
    daemon: [programPath(daemons, 'poold')],
    cli: [programPath(daemons, 'pool')],
    jsonFlags: [],
    ready: 'getInfo',
  })
}

/** Our trader daemon, driven by the stock command line. */
export async function startTraderForStockCli(options: TraderOptions): Promise<TraderDaemon> {
  const daemons = await pinnedDaemons(['pool'])
  return launch(options, { ...OURS, cli: [programPath(daemons, 'pool')], jsonFlags: [] })
}

/** Our trader daemon, not started: for starts that are to fail. */
export const makeTrader = (options: TraderOptions): Promise<TraderDaemon> => make(options, OURS)

async function make(options: TraderOptions, flavour: Flavour): Promise<TraderDaemon> {
  const ports = options.ports ?? { rpc: await freePort(), rest: await freePort() }
  return new TraderDaemon(options, ports, flavour)
}

async function launch(options: TraderOptions, flavour: Flavour): Promise<TraderDaemon> {
  const daemon = await make(options, flavour)
  await daemon.start()
  return daemon
}
