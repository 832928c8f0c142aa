import { existsSync, readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { TraderError } from './core/errors.ts'
import type { CrashPoint } from './app/crashPoints.ts'
import { parseEnvironment, parseFlags, parseIni } from './config/flags.ts'
import type { RawOptions } from './config/flags.ts'
import { parseLevels } from './config/levels.ts'
import type { LogLevels } from './config/levels.ts'
import { Places, expand, pathOr } from './config/paths.ts'
import { OPTION_KINDS, optionSchema } from './config/schema.ts'
import type { NetworkName, Options } from './config/schema.ts'

export interface LogConfig {
  readonly levels: LogLevels
  readonly console: { readonly timestamps: boolean } | undefined
  readonly file:
    | {
        readonly path: string
        readonly timestamps: boolean
        readonly maxFiles: number
        readonly maxBytes: number
        readonly compressor: 'gzip' | 'zstd'
      }
    | undefined
}

/** Everything the daemon is told from outside, checked and complete. */
export interface Config {
  readonly network: NetworkName
  readonly storeDir: string
  readonly log: LogConfig
  readonly rpcListen: string
  /** Where `/healthz` and `/readyz` are served, if anywhere. */
  readonly healthListen: string | undefined
  readonly rest: { readonly listen: string; readonly corsOrigins: readonly string[] }
  readonly tls: {
    readonly certPath: string
    readonly keyPath: string
    readonly extraDomains: readonly string[]
    readonly extraAddresses: readonly string[]
    readonly withoutAutofill: boolean
    readonly autoRefresh: boolean
  }
  readonly macaroonPath: string
  /** Where a stock daemon of the same folder keeps its macaroon keys. */
  readonly stockMacaroonDb: string
  readonly auctioneer: {
    readonly address: string
    readonly insecure: boolean
    readonly certPath: string | undefined
    readonly proxy: string | undefined
    readonly fakeAuth: boolean
    readonly minBackoffMs: number
    readonly maxBackoffMs: number
  }
  readonly lnd: { readonly host: string; readonly tlsPath: string; readonly macaroonPath: string }
  readonly newNodesOnly: boolean
  readonly labelPrefix: string
  /** Forced by `--debug.batchversion`. */
  readonly batchVersion: number | undefined
  readonly maxExpiryAhead: number
  readonly maxBaseFee: number
  readonly maxFeePpm: number
  readonly exitAt: CrashPoint | undefined
  readonly freezeAt: CrashPoint | undefined
}

export type Request =
  | { readonly kind: 'run'; readonly config: Config }
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | { readonly kind: 'subsystems' }
  /** What was given, to write it down in a file. */
  | { readonly kind: 'sample'; readonly given: RawOptions }

/** Flags over environment over file over defaults. @throws TraderError CONFIG_INVALID */
export function readConfig(args: readonly string[], environment: NodeJS.ProcessEnv): Request {
  const flags = parseFlags(args, OPTION_KINDS)
  if (flags['help'] === true) return { kind: 'help' }
  if (flags['version'] === true) return { kind: 'version' }
  const withVariables = (raw: RawOptions): RawOptions => expandVariables(raw, environment)
  const overFile = withVariables({ ...parseEnvironment(environment, OPTION_KINDS), ...flags })
  // The file's own place depends on what is said outside of it.
  const { configFile } = new Places(parsed(overFile), environment)
  const fromFile: RawOptions = existsSync(configFile)
    ? withVariables(parseIni(readFileSync(configFile, 'utf8'), OPTION_KINDS))
    : {}
  const given = { ...fromFile, ...overFile }
  if (given['debuglevel'] === 'show') return { kind: 'subsystems' }
  const options = parsed(given)
  if (options['print-config']) return { kind: 'sample', given }
  return { kind: 'run', config: configFrom(options, new Places(options, environment)) }
}

/** `$NAME` in paths, as a shell would. */
function expandVariables(raw: RawOptions, environment: NodeJS.ProcessEnv): RawOptions {
  const expanded = (value: string): string => value.replace(/\$(\w+)/g, (_, name: string) => environment[name] ?? '')
  return Object.fromEntries(
    Object.entries(raw).map(([name, value]) => [name, typeof value === 'string' ? expanded(value) : value]),
  )
}

function parsed(raw: RawOptions): Options {
  const result = optionSchema.safeParse(raw)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  throw invalid(`${issue?.path.join('.') ?? 'option'}: ${issue?.message ?? 'invalid'}`)
}

function configFrom(options: Options, places: Places): Config {
  checkCombinations(options)
  return {
    network: options.network,
    storeDir: join(places.network, 'store'),
    log: logConfig(options, places),
    rpcListen: options.rpclisten,
    healthListen: options.healthlisten === '' ? undefined : options.healthlisten,
    rest: { listen: options.restlisten, corsOrigins: options.restcors },
    tls: {
      certPath: pathOr(options.tlscertpath, join(places.network, 'tls.cert')),
      keyPath: pathOr(options.tlskeypath, join(places.network, 'tls.key')),
      extraDomains: options.tlsextradomain,
      extraAddresses: options.tlsextraip,
      withoutAutofill: options.tlsdisableautofill,
      autoRefresh: options.tlsautorefresh,
    },
    macaroonPath: pathOr(options.macaroonpath, join(places.network, 'pool.macaroon')),
    stockMacaroonDb: join(places.network, 'macaroons.db'),
    auctioneer: auctioneerConfig(options),
    lnd: { host: options['lnd.host'], tlsPath: places.lndTls(options), macaroonPath: places.lndMacaroon(options) },
    newNodesOnly: options.newnodesonly,
    labelPrefix: options.txlabelprefix,
    batchVersion: options['debug.batchversion'] < 0 ? undefined : options['debug.batchversion'],
    maxExpiryAhead: options['batch.max-expiry-ahead'],
    maxBaseFee: options['order.max-base-fee'],
    maxFeePpm: options['order.max-fee-ppm'],
    exitAt: options['debug.exit-at'],
    freezeAt: options['debug.freeze-at'],
  }
}

const MB = 1024 * 1024

function logConfig(options: Options, places: Places): LogConfig {
  const dir = join(pathOr(options.logdir, join(places.base, 'logs')), options.network)
  // The older name counts when it is given.
  const files = options.maxlogfiles || options['logging.file.max-files']
  const megabytes = options.maxlogfilesize || options['logging.file.max-file-size']
  const file = {
    path: join(dir, 'poold.log'),
    timestamps: !options['logging.file.no-timestamps'],
    maxFiles: files,
    maxBytes: megabytes * MB,
    compressor: options['logging.file.compressor'],
  }
  return {
    levels: parseLevels(options.debuglevel),
    console: options['logging.console.disable'] ? undefined : { timestamps: !options['logging.console.no-timestamps'] },
    file: options['logging.file.disable'] ? undefined : file,
  }
}

function auctioneerConfig(options: Options): Config['auctioneer'] {
  return {
    address: auctionServer(options),
    insecure: options.insecure,
    certPath: options.tlspathauctserver === '' ? undefined : expand(options.tlspathauctserver),
    proxy: options.proxy === '' ? undefined : options.proxy,
    fakeAuth: options.fakeauth,
    minBackoffMs: options.minbackoff,
    maxBackoffMs: options.maxbackoff,
  }
}

const OWN_PATHS = ['logdir', 'macaroonpath', 'tlscertpath', 'tlskeypath'] as const
const LOG_NAMES = [
  ['maxlogfiles', 'logging.file.max-files', 10],
  ['maxlogfilesize', 'logging.file.max-file-size', 20],
] as const

function checkCombinations(options: Options): void {
  const both = OWN_PATHS.find((name) => options.basedir !== '' && options[name] !== '')
  if (both !== undefined) throw invalid(`--basedir and --${both}: set one of them`)
  if (options.fakeauth && options.network === 'mainnet') throw invalid('--fakeauth is not for mainnet')
  for (const name of ['debug.exit-at', 'debug.freeze-at'] as const) {
    if (options[name] !== undefined && options.network === 'mainnet') throw invalid(`--${name} is not for mainnet`)
  }
  if (options['lnd.macaroondir'] !== '' && options['lnd.macaroonpath'] !== '') {
    throw invalid('--lnd.macaroondir and --lnd.macaroonpath: set one of them')
  }
  if (options.minbackoff > options.maxbackoff) throw invalid('--minbackoff is above --maxbackoff')
  for (const [older, newer, usual] of LOG_NAMES) {
    if (options[older] !== 0 && options[newer] !== usual) throw invalid(`--${older} and --${newer}: set one of them`)
  }
  const address = options.tlsextraip.find((one) => isIP(one) === 0)
  if (address !== undefined) throw invalid(`--tlsextraip: ${address} is no IP address`)
  checkProfile(options.profile)
}

function checkProfile(profile: string): void {
  if (profile === '') return
  const port = Number(profile.slice(profile.lastIndexOf(':') + 1))
  if (!(port >= 1024 && port <= 65_535)) throw invalid('--profile: a port from 1024 to 65535')
}

function auctionServer(options: Options): string {
  if (options.auctionserver !== '') return options.auctionserver
  if (options.network === 'mainnet') return 'pool.lightning.finance:12010'
  if (options.network === 'testnet') return 'test.pool.lightning.finance:12010'
  throw invalid(`--auctionserver: name the auctioneer's host:port, ${options.network} has no default`)
}

function invalid(reason: string): TraderError {
  return new TraderError({ code: 'CONFIG_INVALID', reason }, reason)
}
