import type { tidepool } from '@tidepool/rpc'
import { fromHex } from '@tidepool/crypto'
import type { OrderWish } from '../scenarios/words/orders.ts'

type Seen = Partial<tidepool.AdminOrder>

/** Options of one submission besides the common ones, and what the auctioneer must hold afterwards. */
export interface OptionCase {
  readonly kind: 'ask' | 'bid'
  readonly flags: readonly string[]
  readonly wish?: Partial<OrderWish>
  readonly seen: Seen
}

const NODES = [
  '0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798',
  '02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5',
] as const
const ids = NODES.map((node) => fromHex(node))
const ENFORCED = '--channel_type=script-enforced'
const TAPROOT = '--channel_type=simple-taproot'
const OUTBOUND = '--auction_type=outbound'

const DEFAULTS: Seen = {
  state: 'submitted',
  amountSat: 200_000n,
  rateFixed: 1_000,
  leaseDurationBlocks: 2_016,
  minUnitsMatch: 1,
  maxBatchFeeRateSatPerKw: 25_000n,
  channelType: 'peer_dependent',
  auctionType: 'inbound',
  version: 5,
  allowedNodeIds: [],
  notAllowedNodeIds: [],
  isPublic: true,
}

const row = (
  kind: OptionCase['kind'],
  flags: readonly string[],
  seen: Seen,
  wish: Partial<OrderWish> = {},
): OptionCase => ({
  kind,
  flags,
  wish,
  seen: { ...DEFAULTS, kind, ...seen },
})

const forBoth = (kind: OptionCase['kind']): readonly OptionCase[] => [
  row(kind, ['--max_batch_fee_rate=10'], { maxBatchFeeRateSatPerKw: 2_500n }),
  row(kind, ['--max_batch_fee_rate=1'], { maxBatchFeeRateSatPerKw: 253n }),
  row(kind, ['--channel_type=legacy'], { channelType: 'peer_dependent' }),
  row(kind, [ENFORCED], { channelType: 'script_enforced' }),
  row(kind, ['--auction_type=inbound'], { auctionType: 'inbound' }),
  row(
    kind,
    NODES.map((node) => `--allowed_node_id=${node}`),
    { allowedNodeIds: ids },
  ),
  row(
    kind,
    NODES.map((node) => `--not_allowed_node_id=${node}`),
    { notAllowedNodeIds: ids },
  ),
  row(kind, ['--public'], { isPublic: true }),
  row(kind, ['--public=false'], { isPublic: false }),
  row(kind, [], { amountSat: 700_000n, minUnitsMatch: 3 }, { amount: 700_000n, minChannel: 300_000n }),
  row(kind, [], { leaseDurationBlocks: 4_032 }, { blocks: 4_032 }),
  row(kind, [], { rateFixed: 49_603 }, { rate: 49_603 }),
]

const WHOLE = { minChannel: 200_000n }
const ONE = { amount: 100_000n, minChannel: 100_000n }
const anyTier: Seen = { minNodeTier: 'tier0' }

/** Every option of `pool orders submit` at the stock version, with each of its values. */
export const OPTION_CASES: readonly OptionCase[] = [
  row('ask', [], { announcement: 'none', confirmation: 'only_confirmed' }),
  ...forBoth('ask'),
  row('ask', ['--announcement_constraints=0'], { announcement: 'none' }),
  row('ask', ['--announcement_constraints=1'], { announcement: 'only_announced' }),
  row('ask', ['--announcement_constraints=2'], { announcement: 'only_unannounced' }),
  row('ask', ['--confirmation_constraints=0'], { confirmation: 'none' }),
  row('ask', ['--confirmation_constraints=1'], { confirmation: 'only_confirmed' }),
  row('ask', ['--confirmation_constraints=2', ENFORCED], {
    confirmation: 'only_zero_conf',
    channelType: 'script_enforced',
  }),
  row('ask', [TAPROOT, '--announcement_constraints=2'], {
    channelType: 'simple_taproot',
    announcement: 'only_unannounced',
  }),
  row(
    'ask',
    [OUTBOUND],
    { auctionType: 'outbound', amountSat: 100_000n, minUnitsMatch: 4 },
    { ...ONE, minChannel: 400_000n },
  ),
  row('bid', [], { selfChanBalanceSat: 0n, unannounced: false, zeroConf: false, isSidecar: false }),
  ...forBoth('bid'),
  row('bid', ['--min_node_tier=0'], anyTier),
  row('bid', ['--min_node_tier=1'], { minNodeTier: 'tier1' }),
  row('bid', ['--self_chan_balance=50000'], { selfChanBalanceSat: 50_000n, minUnitsMatch: 2 }, WHOLE),
  row('bid', ['--unannounced_channel'], { unannounced: true }),
  row('bid', ['--zero_conf_channel', ENFORCED], { zeroConf: true, channelType: 'script_enforced' }),
  row('bid', [TAPROOT, '--unannounced_channel'], { channelType: 'simple_taproot', unannounced: true }),
  row(
    'bid',
    [OUTBOUND, '--self_chan_balance=300000'],
    { auctionType: 'outbound', amountSat: 100_000n, selfChanBalanceSat: 300_000n },
    ONE,
  ),
]

/** Names of the options that a help text lists, less those that say nothing of the order. */
export function optionsInHelp(help: string): readonly string[] {
  const names = [...help.matchAll(/^ +--([a-z_]+)/gm)].map(([, name]) => name ?? '')
  return names.filter((name) => name !== 'help' && name !== 'force')
}
