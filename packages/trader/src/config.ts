import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { TraderError } from './core/errors.ts'
import type { CrashPoint } from './app/crashPoints.ts'
import { parseEnvironment, parseFlags, parseIni } from './config/flags.ts'
import type { RawOptions } from './config/flags.ts'
import { OPTION_KINDS, optionSchema } from './config/schema.ts'
import type { NetworkName, Options } from './config/schema.ts'

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'

/** Everything the daemon is told from outside, checked and complete. */
export interface Config {
  readonly network: NetworkName
  readonly storeDir: string
  readonly logFile: string | undefined
  readonly logLevel: LogLevel
  readonly logToConsole: boolean
  readonly rpcListen: string
  readonly tls: {
    readonly certPath: string
    readonly keyPath: string
    readonly extraDomains: readonly string[]
    readonly extraAddresses: readonly string[]
    readonly withoutInterfaces: boolean
  }
  readonly macaroonPath: string
  readonly auctioneer: {
    readonly address: string
    readonly insecure: boolean
    readonly certPath: string | undefined
    readonly minBackoffMs: number
    readonly maxBackoffMs: number
  }
  readonly lnd: { readonly host: string; readonly tlsPath: string; readonly macaroonPath: string }
  readonly newNodesOnly: boolean
  readonly labelPrefix: string
  /** Forced by `--debug.batchversion`. */
  readonly batchVersion: number | undefined
  readonly maxExpiryAhead: number
  readonly exitAt: CrashPoint | undefined
}

export type Request =
  | { readonly kind: 'run'; readonly config: Config }
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }

/** Flags over environment over file over defaults. @throws TraderError CONFIG_INVALID */
export function readConfig(args: readonly string[], environment: NodeJS.ProcessEnv): Request {
  const flags = parseFlags(args, OPTION_KINDS)
  if (flags['help'] === true) return { kind: 'help' }
  if (flags['version'] === true) return { kind: 'version' }
  const withVariables = (raw: RawOptions): RawOptions => expandVariables(raw, environment)
  const overFile = withVariables({ ...parseEnvironment(environment, OPTION_KINDS), ...flags })
  // The file's own place depends on what is said outside of it.
  const place = parsed(overFile)
  const file = join(networkDir(place), 'poold.conf')
  const fromFile: RawOptions = existsSync(file) ? withVariables(parseIni(readFileSync(file, 'utf8'), OPTION_KINDS)) : {}
  return { kind: 'run', config: configFrom(parsed({ ...fromFile, ...overFile })) }
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

function configFrom(options: Options): Config {
  checkCombinations(options)
  const dir = networkDir(options)
  const lndDir = join(homedir(), '.lnd')
  const logDir = options.logdir === '' ? join(baseDir(options), 'logs') : expand(options.logdir)
  return {
    network: options.network,
    storeDir: join(dir, 'store'),
    logFile: options['logging.file.disable'] ? undefined : join(logDir, options.network, 'poold.log'),
    logLevel: logLevel(options.debuglevel),
    logToConsole: !options['logging.console.disable'],
    rpcListen: options.rpclisten,
    tls: {
      certPath: pathOr(options.tlscertpath, join(dir, 'tls.cert')),
      keyPath: pathOr(options.tlskeypath, join(dir, 'tls.key')),
      extraDomains: options.tlsextradomain,
      extraAddresses: options.tlsextraip,
      withoutInterfaces: options.tlsdisableautofill,
    },
    macaroonPath: pathOr(options.macaroonpath, join(dir, 'pool.macaroon')),
    auctioneer: {
      address: auctionServer(options),
      insecure: options.insecure,
      certPath: options.tlspathauctserver === '' ? undefined : expand(options.tlspathauctserver),
      minBackoffMs: options.minbackoff,
      maxBackoffMs: options.maxbackoff,
    },
    lnd: {
      host: options['lnd.host'],
      tlsPath: pathOr(options['lnd.tlspath'], join(lndDir, 'tls.cert')),
      macaroonPath: lndMacaroon(options, lndDir),
    },
    newNodesOnly: options.newnodesonly,
    labelPrefix: options.txlabelprefix,
    batchVersion: options['debug.batchversion'] < 0 ? undefined : options['debug.batchversion'],
    maxExpiryAhead: options['batch.max-expiry-ahead'],
    exitAt: options['debug.exit-at'],
  }
}

function checkCombinations(options: Options): void {
  const paths = ['logdir', 'macaroonpath', 'tlscertpath', 'tlskeypath'] as const
  const both = paths.find((name) => options.basedir !== '' && options[name] !== '')
  if (both !== undefined) throw invalid(`--basedir and --${both}: set one of them`)
  if (options.fakeauth && options.network === 'mainnet') throw invalid('--fakeauth is not for mainnet')
  if (options['debug.exit-at'] !== undefined && options.network === 'mainnet') {
    throw invalid('--debug.exit-at is not for mainnet')
  }
  if (options['lnd.macaroondir'] !== '' && options['lnd.macaroonpath'] !== '') {
    throw invalid('--lnd.macaroondir and --lnd.macaroonpath: set one of them')
  }
  if (options.minbackoff > options.maxbackoff) throw invalid('--minbackoff is above --maxbackoff')
  if (options.proxy !== '') throw invalid('--proxy is not supported: leave it out')
}

function auctionServer(options: Options): string {
  if (options.auctionserver !== '') return options.auctionserver
  if (options.network === 'mainnet') return 'pool.lightning.finance:12010'
  if (options.network === 'testnet') return 'test.pool.lightning.finance:12010'
  throw invalid(`--auctionserver: name the auctioneer's host:port, ${options.network} has no default`)
}

function lndMacaroon(options: Options, lndDir: string): string {
  if (options['lnd.macaroondir'] !== '') return join(expand(options['lnd.macaroondir']), 'admin.macaroon')
  return pathOr(
    options['lnd.macaroonpath'],
    join(lndDir, 'data', 'chain', 'bitcoin', options.network, 'admin.macaroon'),
  )
}

const LEVELS: Readonly<Record<string, LogLevel>> = {
  trace: 'trace',
  debug: 'debug',
  info: 'info',
  warn: 'warn',
  error: 'error',
  critical: 'fatal',
}

/** One level for all: of `SUB=level` lists the most talkative one is taken. */
function logLevel(text: string): LogLevel {
  const levels = text.split(',').map((part) => part.slice(part.indexOf('=') + 1))
  const unknown = levels.find((level) => LEVELS[level] === undefined)
  if (unknown !== undefined) throw invalid(`--debuglevel: ${Object.keys(LEVELS).join(', ')}; not ${unknown}`)
  const found = Object.keys(LEVELS).find((level) => levels.includes(level)) ?? 'info'
  return LEVELS[found] ?? 'info'
}

const baseDir = (options: Options): string =>
  options.basedir === '' ? join(homedir(), '.pool') : expand(options.basedir)
const networkDir = (options: Options): string => join(baseDir(options), options.network)
const pathOr = (path: string, otherwise: string): string => (path === '' ? otherwise : expand(path))

/** `~` as a shell would. */
function expand(path: string): string {
  return resolve(path.startsWith('~') ? join(homedir(), path.slice(1)) : path)
}

function invalid(reason: string): TraderError {
  return new TraderError({ code: 'CONFIG_INVALID', reason }, reason)
}
