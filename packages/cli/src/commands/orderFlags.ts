import type { Command } from 'commander'
import type { poolrpc } from '@tidepool/rpc'
import { badArgument } from '../errors.ts'
import {
  Positions,
  parseChoice,
  parseNumber,
  parsePubKey,
  parseUint,
  parseUint32,
  repeated,
  satPerKwFromVByte,
} from '../parse.ts'

const UNIT = 100_000n

export interface OrderFlags {
  readonly amt?: string
  readonly acct_key?: string
  readonly interest_rate_percent?: string
  readonly lease_duration_blocks: string
  readonly min_chan_amt?: string
  readonly max_batch_fee_rate: string
  readonly channel_type?: string
  readonly auction_type: string
  readonly allowed_node_id?: readonly string[]
  readonly not_allowed_node_id?: readonly string[]
  readonly public?: string
  readonly force?: boolean
  readonly yes?: boolean
}

/** What the shared flags of ask and bid say. */
export interface ParsedOrder {
  readonly details: poolrpc.OrderInit
  readonly amount: bigint
  readonly rateFixed: number
  readonly leaseDurationBlocks: number
  readonly minUnits: number
  readonly maxBatchFeeRate: bigint
  readonly outbound: boolean
}

const CHANNEL_TYPES = {
  legacy: 'ORDER_CHANNEL_TYPE_PEER_DEPENDENT',
  'script-enforced': 'ORDER_CHANNEL_TYPE_SCRIPT_ENFORCED',
  'simple-taproot': 'ORDER_CHANNEL_TYPE_SIMPLE_TAPROOT',
} as const

const AUCTION_TYPES = {
  inbound: 'AUCTION_TYPE_BTC_INBOUND_LIQUIDITY',
  outbound: 'AUCTION_TYPE_BTC_OUTBOUND_LIQUIDITY',
} as const

/** Adds the flags that asks and bids share. */
export function addOrderFlags(command: Command, positions = 'AMT ACCT_KEY'): Command {
  return command
    .argument('[args...]', `${positions}, unless given as flags`)
    .option('--amt <sat>', 'size of the order in satoshis, whole units of 100,000')
    .option('--acct_key <hex>', 'account that pays and is paid')
    .option('--interest_rate_percent <percent>', 'premium for the whole duration in percent of the amount')
    .option('--lease_duration_blocks <blocks>', 'duration of the lease', '2016')
    .option('--min_chan_amt <sat>', 'smallest channel you take; a tenth of the amount when not given')
    .option('--max_batch_fee_rate <rate>', 'sit batches out whose fee rate is above so many sat/vByte', '100')
    .option('--channel_type <type>', 'legacy, script-enforced or simple-taproot', 'script-enforced')
    .option('--auction_type <type>', 'inbound or outbound', 'inbound')
    .option('--allowed_node_id <hex>', 'match only with this node (repeatable)', repeated)
    .option('--not_allowed_node_id <hex>', 'never match with this node (repeatable)', repeated)
    .option('--public <bool>', 'whether the order may be listed publicly', 'true')
    .option('--force', 'do not ask')
    .option('--yes', 'do not ask')
}

/** Adds the flags of bids. */
export function addBidFlags(command: Command): Command {
  return command
    .option('--min_node_tier <number>', 'lowest tier of the node you lease from: 0 any, 1 rated nodes')
    .option('--self_chan_balance <sat>', 'start the channel with so much on your own side')
    .option('--unannounced_channel', 'a channel that is not announced')
    .option('--zero_conf_channel', 'a channel that is usable before it confirms')
}

/** Percent over the whole duration to parts per billion per block. @throws CliError BAD_ARGUMENT below 1 */
export function rateFromPercent(percent: number, blocks: number): number {
  const rate = Math.floor(((percent / 100) * 1e9) / blocks)
  if (!(rate >= 1))
    throw badArgument('interest_rate_percent', 'the rate is below 1 ppb per block: raise --interest_rate_percent')
  if (rate > 0xffff_ffff)
    throw badArgument('interest_rate_percent', 'the rate does not fit: lower --interest_rate_percent')
  return rate
}

function minChannelAmount(flags: OrderFlags, kind: 'ask' | 'bid', amount: bigint, outbound: boolean): bigint {
  if (flags.min_chan_amt === undefined) {
    if (!outbound) return ((amount / 10n + UNIT - 1n) / UNIT) * UNIT
    if (kind === 'bid') return UNIT
    throw badArgument('min_chan_amt', 'an ask in the outbound market needs --min_chan_amt')
  }
  const min = parseUint('min_chan_amt', flags.min_chan_amt)
  if (min < UNIT || min % UNIT !== 0n)
    throw badArgument('min_chan_amt', `min_chan_amt: expected whole units of ${UNIT} sat`)
  if (!outbound && min > amount) throw badArgument('min_chan_amt', 'min_chan_amt is above the amount of the order')
  if (outbound && kind === 'bid' && min !== UNIT)
    throw badArgument('min_chan_amt', `min_chan_amt of an outbound bid is ${UNIT} sat`)
  return min
}

/** Reads the flags both sides share. @throws CliError BAD_ARGUMENT naming the flag */
export function parseOrderFlags(flags: OrderFlags, args: readonly string[], kind: 'ask' | 'bid'): ParsedOrder {
  const positions = new Positions(args)
  const amount = parseUint('amt', positions.take('amt', flags.amt))
  const traderKey = parsePubKey('acct_key', positions.take('acct_key', flags.acct_key))
  if (positions.unused.length > 0) throw badArgument('args', `what is '${positions.unused.join(' ')}' for?`)
  const auctionType = parseChoice('auction_type', flags.auction_type, AUCTION_TYPES)
  const outbound = flags.auction_type === 'outbound'
  if (outbound && amount !== UNIT)
    throw badArgument('amt', `an order in the outbound market has an amount of exactly ${UNIT} sat`)
  const blocks = parseUint32('lease_duration_blocks', flags.lease_duration_blocks)
  const rateFixed = rateFromPercent(parseNumber('interest_rate_percent', flags.interest_rate_percent ?? '0'), blocks)
  if (flags.allowed_node_id !== undefined && flags.not_allowed_node_id !== undefined) {
    throw badArgument('allowed_node_id', 'give --allowed_node_id or --not_allowed_node_id, not both')
  }
  const feeRate = parseUint('max_batch_fee_rate', flags.max_batch_fee_rate)
  if (feeRate === 0n) throw badArgument('max_batch_fee_rate', 'max_batch_fee_rate must be at least 1 sat/vByte')
  const minUnits = Number(minChannelAmount(flags, kind, amount, outbound) / UNIT)
  const maxBatchFeeRate = satPerKwFromVByte(feeRate)
  return {
    amount,
    rateFixed,
    leaseDurationBlocks: blocks,
    minUnits,
    maxBatchFeeRate,
    outbound,
    details: {
      traderKey,
      rateFixed,
      amt: amount,
      maxBatchFeeRateSatPerKw: maxBatchFeeRate,
      minUnitsMatch: minUnits,
      channelType: parseChoice('channel_type', flags.channel_type ?? 'script-enforced', CHANNEL_TYPES),
      allowedNodeIds: (flags.allowed_node_id ?? []).map((id) => parsePubKey('allowed_node_id', id)),
      notAllowedNodeIds: (flags.not_allowed_node_id ?? []).map((id) => parsePubKey('not_allowed_node_id', id)),
      auctionType,
      isPublic: parseChoice('public', flags.public ?? 'true', { true: true, false: false }),
    },
  }
}
