import { z } from 'zod'
import { FAULT_POINTS } from '../ports/system.ts'
import type { OptionKind } from './rawOptions.ts'

export const NETWORKS = ['mainnet', 'testnet', 'testnet4', 'signet', 'simnet', 'regtest'] as const
export type NetworkName = (typeof NETWORKS)[number]

const text = z.string()
const flag = z.boolean().default(false)
const list = z.array(text).default([])
const whole = z.coerce.number().int().nonnegative()
const amount = z.string().regex(/^\d+$/, 'a whole number of satoshis').transform(BigInt)

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** `10m`, `90s`, `1h30m`; `0` is no time at all. Milliseconds. */
const duration = text
  .regex(/^(0|(\d+(ms|s|m|h))+)$/, 'a duration such as 30s or 10m')
  .transform((value) =>
    [...value.matchAll(/(\d+)(ms|s|m|h)/g)].reduce(
      (sum, [, n, unit]) => sum + Number(n) * (UNIT_MS[unit ?? ''] ?? 0),
      0,
    ),
  )

const bucket = text.regex(/^[1-9]\d*=(closed|accepting|open)$/, 'BLOCKS=closed, BLOCKS=accepting or BLOCKS=open')

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const

/** Every option, each as flag, environment variable and line of the file. */
export const optionSchema = z.strictObject({
  help: flag.describe('show this list'),
  version: flag.describe('show the version'),
  'print-config': flag.describe('write a sample configuration file, filled with the options given, and exit'),
  network: z
    .enum(NETWORKS)
    .default('mainnet')
    .describe(`one of ${NETWORKS.join(', ')}`),
  basedir: text.default('~/.tidepool-auctioneer').describe('folder of data, certificate, macaroon'),
  configfile: text.default('').describe('YAML file with options (default: BASEDIR/auctioneerd.yaml when it is there)'),
  rpclisten: text.default('localhost:12009').describe('address for traders'),
  adminlisten: text.default('localhost:12019').describe('address for the operator'),
  insecure: flag.describe('serve traders without TLS'),
  tlsextradomain: list.describe('further name in the certificate; may be repeated'),
  tlsextraip: list.describe('further address in the certificate; may be repeated'),
  tlsdisableautofill: flag.describe('leave addresses of network interfaces out of the certificate'),
  debuglevel: z
    .enum(LEVELS)
    .default('info')
    .describe(`one of ${LEVELS.join(', ')}`),
  'lnd.host': text.default('localhost:10009').describe('gRPC address of lnd'),
  'lnd.tlspath': text.default('~/.lnd/tls.cert').describe("lnd's certificate"),
  'lnd.macaroonpath': text.default('').describe("lnd's macaroon (default: the admin macaroon of the network)"),
  'auction.interval': duration.default(600_000).describe('time between auctions; 0 for auctions on command only'),
  'auction.conf-target': whole.min(1).default(6).describe('blocks in which a batch should confirm'),
  'auction.min-feerate': amount.default(253n).describe('lowest batch fee rate, sat per 1000 weight'),
  'auction.max-feerate': amount.default(50_000n).describe('highest batch fee rate, sat per 1000 weight'),
  'auction.max-unconfirmed': whole
    .min(1)
    .max(24)
    .default(20)
    .describe('transactions of ours that may wait for a block, a new batch counted'),
  'auction.max-unconfirmed-vsize': whole
    .min(1_000)
    .max(100_800)
    .default(100_500)
    .describe('virtual bytes that may wait for a block, a new batch counted'),
  'auction.step-timeout': duration.default(30_000).describe('time traders have for each step'),
  'auction.conflict-cooldown': whole
    .optional()
    .describe('auctions two nodes are kept apart after a failed funding (default: 1 on regtest and simnet, else 3)'),
  'auction.silence-limit': duration
    .default(86_400_000)
    .describe('longest time a trader that is connected and does not answer is left out; 0: until it answers'),
  'auction.price-rule': z.enum(['mostVolume', 'lowestBid']).default('mostVolume').describe('mostVolume or lowestBid'),
  'market.duration': z
    .array(bucket)
    .default(['2016=open', '4032=accepting', '6048=accepting', '8064=accepting', '12096=accepting'])
    .describe('lease duration and its state: BLOCKS=closed|accepting|open; may be repeated'),
  'market.channel-types': z.enum(['mixed', 'equal']).default('mixed').describe('mixed or equal channel types meet'),
  'order.max-amount': amount.default(1_000_000_000n).describe('largest order, satoshis'),
  'order.max-per-account': whole.min(1).default(1000).describe('open orders an account may have'),
  'channel.max-capacity': amount.default(1_000_000_000n).describe('largest channel, self channel balance included'),
  'fees.base': amount.default(1n).describe('execution fee per match, satoshis'),
  'fees.rate-ppm': amount.default(1000n).describe('execution fee, parts per million'),
  'account.max-value': amount.default(1_000_000_000n).describe('largest account, satoshis'),
  'account.expiry-margin': whole.default(144).describe('blocks an account must outlive the tip by to trade'),
  'account.auto-renew': whole.default(3024).describe('blocks to which a batch extends an account'),
  'account.upgrade-to': z.enum(['0', '1', '2']).default('0').describe('highest version a batch upgrades accounts to'),
  'node-ratings-file': text.default('').describe('JSON file: {"NODEKEY": TIER}'),
  'rating-default': z
    .enum(['0', '1'])
    .optional()
    .describe('tier of unrated nodes, 0 or 1 (default: 1 on regtest and simnet, else 0)'),
  'debug.exit-at': z
    .enum(FAULT_POINTS)
    .optional()
    .describe('end the process at that point of a batch; for crash tests, not on mainnet'),
})

export type Options = z.infer<typeof optionSchema>

/** An option's default tells how it takes its value. */
function kindOf(type: z.ZodType): OptionKind {
  const standing: unknown = type.safeParse(undefined).data
  if (Array.isArray(standing)) return 'list'
  return standing === false ? 'boolean' : 'text'
}

export const OPTION_KINDS: ReadonlyMap<string, OptionKind> = new Map(
  Object.entries(optionSchema.shape).map(([name, type]) => [name, kindOf(type)]),
)
