import { z } from 'zod'
import { CRASH_POINTS } from '../app/crashPoints.ts'
import type { FlagKind } from './flags.ts'

export const NETWORKS = ['regtest', 'testnet', 'mainnet', 'simnet'] as const
export type NetworkName = (typeof NETWORKS)[number]

const text = z.string()
const flag = z.boolean().default(false)
const list = z.array(text).default([])
const whole = z.coerce.number().int().nonnegative()

/** Go's way of writing durations: `5s`, `1m30s`, `500ms`. Milliseconds. */
const duration = text
  .regex(/^(\d+(\.\d+)?(ms|s|m|h))+$/, 'a duration such as 5s or 1m')
  .transform((value) => [...value.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)].reduce((sum, part) => sum + inMs(part), 0))

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
const inMs = ([, amount, unit]: RegExpMatchArray): number => Number(amount) * (UNIT_MS[unit ?? ''] ?? 0)

const callSite = z.enum(['off', 'short', 'long']).default('off')

/** Every option of the daemon, by its stock name; ours are marked. spec trader-rpc-and-cli §2 */
export const optionSchema = z.strictObject({
  help: flag,
  version: flag,
  /** Ours: writes a sample configuration file. */
  'print-config': flag,
  network: z.enum(NETWORKS).default('mainnet'),
  auctionserver: text.default(''),
  insecure: flag,
  tlspathauctserver: text.default(''),
  proxy: text.default(''),
  rpclisten: text.default('localhost:12010'),
  restlisten: text.default('localhost:8281'),
  /** Ours: origins whose pages may call REST; none as in the stock daemon. */
  restcors: list,
  /** Ours: HTTP for supervisors, off unless named. */
  healthlisten: text.default(''),
  basedir: text.default(''),
  logdir: text.default(''),
  debuglevel: text.default('info'),
  minbackoff: duration.default(5000),
  maxbackoff: duration.default(60_000),
  tlscertpath: text.default(''),
  tlskeypath: text.default(''),
  tlsextraip: list,
  tlsextradomain: list,
  tlsautorefresh: flag,
  tlsdisableautofill: flag,
  macaroonpath: text.default(''),
  newnodesonly: flag,
  lsatmaxroutingfee: whole.default(50),
  profile: text.default(''),
  fakeauth: flag,
  txlabelprefix: text.default(''),
  'lnd.host': text.default('localhost:10009'),
  'lnd.macaroonpath': text.default(''),
  'lnd.macaroondir': text.default(''),
  'lnd.tlspath': text.default(''),
  'logging.console.disable': flag,
  'logging.console.no-timestamps': flag,
  'logging.console.call-site': callSite,
  'logging.file.disable': flag,
  'logging.file.no-timestamps': flag,
  'logging.file.call-site': callSite,
  'logging.file.compressor': z.enum(['gzip', 'zstd']).default('gzip'),
  'logging.file.max-files': whole.default(10),
  'logging.file.max-file-size': whole.default(20),
  'logging.no-commit-hash': flag,
  maxlogfiles: whole.default(0),
  maxlogfilesize: whole.default(0),
  'debug.batchversion': z.coerce.number().int().min(-1).max(0xffff_ffff).default(-1),
  /** Ours, hidden: ends the process at a named moment, for tests. Refused on mainnet. */
  'debug.exit-at': z.enum(CRASH_POINTS).optional(),
  /** Ours, hidden: the daemon hangs at a named moment, once, until it gets SIGCONT; as above. */
  'debug.freeze-at': z.enum(CRASH_POINTS).optional(),
  /** Ours: farthest a batch may move an account's expiry beyond the best height (V-03). */
  'batch.max-expiry-ahead': whole.default(52_560),
  /** Ours: execution fee beyond which no order is submitted, whatever the auctioneer's terms. */
  'order.max-base-fee': whole.default(10_000),
  'order.max-fee-ppm': whole.default(10_000),
})

export type Options = z.output<typeof optionSchema>

const BOOLEANS: ReadonlySet<string> = new Set(
  Object.entries(optionSchema.shape)
    .filter(([, schema]) => schema === flag)
    .map(([name]) => name),
)
const LISTS: ReadonlySet<string> = new Set(['tlsextraip', 'tlsextradomain', 'restcors'])

const kindOf = (name: string): FlagKind => (BOOLEANS.has(name) ? 'boolean' : LISTS.has(name) ? 'list' : 'text')

/** How each option is written. */
export const OPTION_KINDS: ReadonlyMap<string, FlagKind> = new Map(
  Object.keys(optionSchema.shape).map((name) => [name, kindOf(name)]),
)
