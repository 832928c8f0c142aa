import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { blockCount, nodeKey, satPerKWeight, satoshi } from '@tidepool/crypto'
import type { BlockCount, NodeKey } from '@tidepool/crypto'
import { DEFAULT_MATCH_RULES } from '@tidepool/market'
import type { BucketState, NodeTier } from '@tidepool/market'
import { parse as parseYaml } from 'yaml'
import type { AuctioneerOptions } from './app/options.ts'
import type { FaultPointName } from './ports/system.ts'
import { ConfigError } from './config/configError.ts'
import { optionsFromEnvironment, optionsFromFile, optionsFromFlags } from './config/rawOptions.ts'
import type { RawOptions } from './config/rawOptions.ts'
import { OPTION_KINDS, optionSchema } from './config/schema.ts'
import type { NetworkName, Options } from './config/schema.ts'

/** Everything the daemon is told from outside, checked and complete. */
export interface Config {
  readonly network: NetworkName
  readonly dataDir: string
  readonly logLevel: Options['debuglevel']
  readonly rpcListen: string
  readonly adminListen: string
  readonly insecure: boolean
  readonly tls: {
    readonly certPath: string
    readonly keyPath: string
    readonly extraDomains: readonly string[]
    readonly extraAddresses: readonly string[]
    readonly withoutAutofill: boolean
  }
  readonly adminMacaroonPath: string
  readonly lnd: { readonly host: string; readonly tlsPath: string; readonly macaroonPath: string }
  readonly market: AuctioneerOptions
  readonly ratings: ReadonlyMap<NodeKey, NodeTier>
  readonly exitAt: FaultPointName | undefined
}

export type Request =
  | { readonly kind: 'run'; readonly config: Config }
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | { readonly kind: 'sample'; readonly given: RawOptions }

/** Flags over environment over file over defaults. @throws ConfigError CONFIG_INVALID */
export function readConfig(args: readonly string[], environment: NodeJS.ProcessEnv): Request {
  const flags = optionsFromFlags(args, OPTION_KINDS)
  if (flags['help'] === true) return { kind: 'help' }
  if (flags['version'] === true) return { kind: 'version' }
  const overFile = { ...optionsFromEnvironment(environment, OPTION_KINDS), ...flags }
  const all = { ...fromFile(parsed(overFile)), ...overFile }
  const config = configFrom(parsed(all))
  return flags['print-config'] === true ? { kind: 'sample', given: all } : { kind: 'run', config }
}

function fromFile(options: Options): RawOptions {
  const named = options.configfile !== ''
  const path = named ? expand(options.configfile) : join(expand(options.basedir), 'auctioneerd.yaml')
  if (!existsSync(path)) {
    if (named) throw new ConfigError({ code: 'CONFIG_INVALID', option: 'configfile', reason: `${path} is not there` })
    return {}
  }
  return optionsFromFile(parseYaml(readFileSync(path, 'utf8')) as unknown, OPTION_KINDS)
}

function parsed(raw: RawOptions): Options {
  const result = optionSchema.safeParse(raw)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const option = issue?.path.join('.') ?? 'option'
  throw new ConfigError({ code: 'CONFIG_INVALID', option, reason: issue?.message ?? 'invalid' })
}

function configFrom(options: Options): Config {
  checkCombinations(options)
  const { network } = options
  const dataDir = join(expand(options.basedir), network)
  return {
    network,
    dataDir,
    logLevel: options.debuglevel,
    rpcListen: options.rpclisten,
    adminListen: options.adminlisten,
    insecure: options.insecure,
    tls: {
      certPath: join(dataDir, 'tls.cert'),
      keyPath: join(dataDir, 'tls.key'),
      extraDomains: options.tlsextradomain,
      extraAddresses: options.tlsextraip,
      withoutAutofill: options.tlsdisableautofill,
    },
    adminMacaroonPath: join(dataDir, 'admin.macaroon'),
    lnd: {
      host: options['lnd.host'],
      tlsPath: expand(options['lnd.tlspath']),
      macaroonPath: expand(options['lnd.macaroonpath'] || `~/.lnd/data/chain/bitcoin/${network}/admin.macaroon`),
    },
    market: marketFrom(options),
    ratings: readRatings(options['node-ratings-file']),
    exitAt: options['debug.exit-at'],
  }
}

/** More than a stock daemon takes from one account to the next when it starts. */
const QUIET_MS = 2_000

/** Networks of which one coin is worth nothing. */
const isToy = (network: NetworkName): boolean => network === 'regtest' || network === 'simnet'

function marketFrom(options: Options): AuctioneerOptions {
  const toy = isToy(options.network)
  const upgrade = options['account.upgrade-to']
  return {
    maxAccountValue: satoshi(options['account.max-value']),
    executionFee: { baseFee: satoshi(options['fees.base']), feeRatePpm: options['fees.rate-ppm'] },
    buckets: new Map(options['market.duration'].map(bucketFrom)),
    caps: {
      orderAmount: satoshi(options['order.max-amount']),
      channelCapacity: satoshi(options['channel.max-capacity']),
      ordersPerAccount: options['order.max-per-account'],
    },
    autoRenewExtension: blockCount(options['account.auto-renew']),
    expiryMargin: blockCount(options['account.expiry-margin']),
    upgradeTo: upgrade === '0' ? undefined : upgrade === '1' ? 1 : 2,
    confTarget: options['auction.conf-target'],
    minFeeRate: satPerKWeight(options['auction.min-feerate']),
    maxFeeRate: satPerKWeight(options['auction.max-feerate']),
    chainLimits: {
      transactions: options['auction.max-unconfirmed'],
      virtualSize: options['auction.max-unconfirmed-vsize'],
    },
    intervalMs: options['auction.interval'],
    stepTimeoutMs: options['auction.step-timeout'],
    quietMs: QUIET_MS,
    conflictCooldown: options['auction.conflict-cooldown'] ?? (toy ? 1 : 3),
    silenceLimitMs: options['auction.silence-limit'],
    defaultTier: (options['rating-default'] ?? (toy ? '1' : '0')) === '1' ? 1 : 0,
    rules: {
      ...DEFAULT_MATCH_RULES,
      priceRule: options['auction.price-rule'],
      channelTypes: options['market.channel-types'],
    },
  }
}

const BUCKET_STATES: Readonly<Record<string, BucketState>> = {
  closed: 'closed',
  accepting: 'acceptingOrders',
  open: 'open',
}

function bucketFrom(text: string): readonly [BlockCount, BucketState] {
  const [blocks, state] = text.split('=')
  return [blockCount(Number(blocks)), BUCKET_STATES[state ?? ''] ?? 'noMarket']
}

function checkCombinations(options: Options): void {
  const wrong = (option: string, reason: string): ConfigError =>
    new ConfigError({ code: 'CONFIG_INVALID', option, reason })
  if (options['debug.exit-at'] !== undefined && options.network === 'mainnet') {
    throw wrong('debug.exit-at', 'not for mainnet')
  }
  if (options['account.max-value'] < 100_000n) throw wrong('account.max-value', 'at least 100000 satoshis')
  for (const cap of ['order.max-amount', 'channel.max-capacity'] as const) {
    if (options[cap] < 100_000n) throw wrong(cap, 'at least 100000 satoshis')
  }
  if (options['auction.min-feerate'] < 253n) throw wrong('auction.min-feerate', 'at least 253')
  if (options['auction.max-feerate'] < options['auction.min-feerate']) {
    throw wrong('auction.max-feerate', 'below auction.min-feerate')
  }
  if (options['auction.step-timeout'] < 16_000 && !isToy(options.network)) {
    throw wrong('auction.step-timeout', 'more than the 15 seconds a stock trader takes')
  }
}

/** `{"02…": 1, …}`; nodes it does not name have the default tier. @throws ConfigError CONFIG_INVALID */
function readRatings(path: string): ReadonlyMap<NodeKey, NodeTier> {
  if (path === '') return new Map()
  try {
    const document = JSON.parse(readFileSync(expand(path), 'utf8')) as unknown
    if (typeof document !== 'object' || document === null) throw new Error('not an object')
    return new Map(Object.entries(document).map(([key, tier]) => [nodeKey(key), tierFrom(tier)]))
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unreadable'
    throw new ConfigError({ code: 'CONFIG_INVALID', option: 'node-ratings-file', reason })
  }
}

function tierFrom(value: unknown): NodeTier {
  if (value === 0 || value === 1) return value
  throw new Error('tiers are 0 and 1')
}

/** `~` as a shell would. */
function expand(path: string): string {
  return resolve(path.startsWith('~') ? join(homedir(), path.slice(1)) : path)
}
