import type { Command } from 'commander'
import type { poolrpc } from '@tidepool/rpc'
import { messageJson, outputOf, withTrader } from '../context.ts'
import { badArgument } from '../errors.ts'
import { displayOutPoint, grouped, short, toHex } from '../format.ts'
import { facts, plainJson, table } from '../output.ts'
import { parseHex, parsePubKey, parseUint32, repeated } from '../parse.ts'
import { snapshotJson, snapshotText } from './snapshot.ts'

const leaseJson = (lease: poolrpc.Lease) => ({
  channel_point: displayOutPoint(lease.channelPoint),
  channel_amt_sat: lease.channelAmtSat,
  channel_duration_blocks: lease.channelDurationBlocks,
  channel_lease_expiry: lease.channelLeaseExpiry,
  channel_node_key: toHex(lease.channelRemoteNodeKey),
  channel_node_tier: lease.channelNodeTier,
  premium_sat: lease.premiumSat,
  clearing_rate_price: lease.clearingRatePrice,
  order_fixed_rate: lease.orderFixedRate,
  execution_fee_sat: lease.executionFeeSat,
  chain_fee_sat: lease.chainFeeSat,
  order_nonce: toHex(lease.orderNonce),
  matched_order_nonce: toHex(lease.matchedOrderNonce),
  purchased: lease.purchased,
  self_chan_balance: lease.selfChanBalance,
  sidecar_channel: lease.sidecarChannel,
})

const LEASE_COLUMNS = [
  ['CHANNEL', 'left'],
  ['SIDE', 'left'],
  ['AMOUNT (SAT)', 'right'],
  ['PREMIUM (SAT)', 'right'],
  ['RATE (PPB)', 'right'],
  ['FEES (SAT)', 'right'],
  ['BLOCKS', 'right'],
  ['UNTIL', 'right'],
  ['PEER', 'left'],
] as const

const leaseRow = (lease: poolrpc.Lease): string[] => [
  displayOutPoint(lease.channelPoint),
  lease.purchased ? 'leased in' : 'leased out',
  grouped(lease.channelAmtSat),
  `${lease.purchased ? '-' : '+'}${grouped(lease.premiumSat)}`,
  grouped(lease.clearingRatePrice),
  grouped(lease.executionFeeSat + lease.chainFeeSat),
  String(lease.channelDurationBlocks),
  lease.channelLeaseExpiry === 0 ? 'unconfirmed' : String(lease.channelLeaseExpiry),
  short(toHex(lease.channelRemoteNodeKey)),
]

interface LeaseFlags {
  readonly batch_ids?: readonly string[]
  readonly accounts?: readonly string[]
}

async function leases(flags: LeaseFlags, command: Command): Promise<void> {
  const answer = await withTrader(command, (client) =>
    client.leases({
      batchIds: (flags.batch_ids ?? []).map((id) => parseHex('batch_ids', id, 33)),
      accounts: (flags.accounts ?? []).map((key) => parsePubKey('accounts', key)),
    }),
  )
  const out = outputOf(command)
  if (out.json) {
    return out.write(
      plainJson({
        leases: answer.leases.map(leaseJson),
        total_amt_earned_sat: answer.totalAmtEarnedSat,
        total_amt_paid_sat: answer.totalAmtPaidSat,
      }),
    )
  }
  if (answer.leases.length === 0) return out.write('no leases yet')
  out.write(table(LEASE_COLUMNS, answer.leases.map(leaseRow)))
  out.write(`earned ${grouped(answer.totalAmtEarnedSat)} sat, paid ${grouped(answer.totalAmtPaidSat)} sat`)
}

async function snapshot(
  position: string | undefined,
  flags: { batch_id?: string; num_batches: string },
  command: Command,
): Promise<void> {
  const id = position ?? flags.batch_id
  const answer = await withTrader(command, (client) =>
    client.batchSnapshots({
      startBatchId: id === undefined ? new Uint8Array(0) : parseHex('batch_id', id, 33),
      numBatchesBack: parseUint32('num_batches', flags.num_batches),
    }),
  )
  const out = outputOf(command)
  out.write(out.json ? plainJson(answer.batches.map(snapshotJson)) : answer.batches.map(snapshotText).join('\n\n'))
}

async function leaseDurations(_flags: unknown, command: Command): Promise<void> {
  const answer = await withTrader(command, (client) => client.leaseDurations({}))
  const out = outputOf(command)
  if (out.json) return out.write(messageJson('poolrpc.LeaseDurationResponse', answer))
  const rows = [...answer.leaseDurationBuckets].toSorted(([a], [b]) => a - b)
  out.write(
    table(
      [
        ['BLOCKS', 'right'],
        ['STATE', 'left'],
      ],
      rows.map(([blocks, state]) => [String(blocks), state]),
    ),
  )
}

const timeOf = (seconds: bigint): string => new Date(Number(seconds) * 1000).toISOString()

async function nextBatchInfo(_flags: unknown, command: Command): Promise<void> {
  const info = await withTrader(command, (client) => client.nextBatchInfo({}))
  const out = outputOf(command)
  if (out.json) return out.write(messageJson('poolrpc.NextBatchInfoResponse', info))
  out.write(
    facts([
      ['clears at', info.clearTimestamp === 0n ? 'when the auctioneer is told to' : timeOf(info.clearTimestamp)],
      ['fee rate', `${info.feeRateSatPerKw} sat/kw`],
      ['confirmation target', `${info.confTarget} blocks`],
      ['account extension', `${info.autoRenewExtensionBlocks} blocks`],
    ]),
  )
}

async function fee(_flags: unknown, command: Command): Promise<void> {
  const answer = await withTrader(command, (client) => client.auctionFee({}))
  const out = outputOf(command)
  if (out.json) return out.write(messageJson('poolrpc.AuctionFeeResponse', answer))
  const terms = answer.executionFee
  out.write(`execution fee per match: ${terms?.baseFee ?? 0n} sat + ${terms?.feeRate ?? 0n} ppm of the amount`)
}

async function ratings(position: string | undefined, flags: { node_key?: string }, command: Command): Promise<void> {
  const key = position ?? flags.node_key
  if (key === undefined) throw badArgument('node_key', 'name the node: pool auction ratings NODE_KEY')
  const answer = await withTrader(command, (client) =>
    client.nodeRatings({ nodePubkeys: [parsePubKey('node_key', key)] }),
  )
  const out = outputOf(command)
  if (out.json) return out.write(messageJson('poolrpc.NodeRatingResponse', answer))
  out.write(
    table(
      [
        ['NODE', 'left'],
        ['TIER', 'left'],
      ],
      answer.nodeRatings.map((r) => [toHex(r.nodePubkey), r.nodeTier]),
    ),
  )
}

export function addAuction(program: Command): void {
  const auction = program.command('auction').alias('auc').description('leases, prices and the next batch')
  auction.command('fee').alias('f').description('the execution fee').action(fee)
  auction
    .command('snapshot')
    .alias('s')
    .description('finished batches: prices, matches, transaction')
    .argument('[batch_id]', 'the newest one wanted')
    .option('--batch_id <hex>', 'the newest one wanted; default the latest')
    .option('--num_batches <count>', 'how many, going back', '1')
    .action(snapshot)
  auction
    .command('leases')
    .alias('l')
    .description('channels leased in and out')
    .option('--batch_ids <hex>', 'only of this batch (repeatable)', repeated)
    .option('--accounts <hex>', 'only of this account (repeatable)', repeated)
    .action(leases)
  auction
    .command('leasedurations')
    .alias('ld')
    .description('lease durations and whether they trade')
    .action(leaseDurations)
  auction
    .command('nextbatchinfo')
    .alias('nbi')
    .description('when the next batch clears, at what fee rate')
    .action(nextBatchInfo)
  auction
    .command('ratings')
    .alias('r')
    .description("a node's rating")
    .argument('[node_key]', 'node key')
    .option('--node_key <hex>', 'node key')
    .action(ratings)
}
