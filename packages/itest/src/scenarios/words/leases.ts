import { expect } from 'vitest'
import type { lnrpc } from '@tidepool/rpc'
import type { TraderDaemon } from '../../harness/traderDaemon.ts'
import { until } from '../../harness/until.ts'
import type { BatchAnswer, LeaseAnswer, LeasesAnswer, MatchAnswer } from './answers.ts'
import { executionFeeOf, premiumBase, premiumOf, type Deal } from './arithmetic.ts'
import type { Market, NodeName } from './market.ts'
import type { PlacedOrder } from './orders.ts'

/** One channel that the story says must exist. */
export interface ExpectedLease {
  readonly ask: PlacedOrder
  readonly bid: PlacedOrder
  readonly deal: Deal
  readonly unannounced?: boolean
  readonly taproot?: boolean
}

const UNIT = 100_000n
const BOTH_NODES_ACTIVE_MS = 180_000

export const capacityOf = ({ units, selfBalance = 0n }: Deal): bigint => BigInt(units) * UNIT + selfBalance

export function matchOf(batch: BatchAnswer, { ask, bid }: ExpectedLease): MatchAnswer {
  const found = batch.matches.find((match) => match.ask_nonce === ask.nonce && match.bid_nonce === bid.nonce)
  if (found === undefined) throw new Error(`the batch does not match ${ask.nonce} with ${bid.nonce}`)
  return found
}

export const pointOf = (batch: BatchAnswer, lease: ExpectedLease): string =>
  `${batch.txid}:${matchOf(batch, lease).output_index}`

/** The auctioneer matched them as the story says. */
export function assertMatch(batch: BatchAnswer, lease: ExpectedLease): void {
  const { units, pricePpb, blocks } = lease.deal
  expect(matchOf(batch, lease)).toMatchObject({
    units,
    lease_duration_blocks: blocks,
    clearing_price_rate: pricePpb,
    premium_sat: premiumOf(premiumBase(lease.deal), pricePpb, blocks).toString(),
    maker_execution_fee_sat: executionFeeOf(BigInt(units) * UNIT).toString(),
    taker_execution_fee_sat: executionFeeOf(premiumBase(lease.deal)).toString(),
    channel_value_sat: capacityOf(lease.deal).toString(),
    commitment_type: lease.taproot === true ? 'simple_taproot' : 'script_enforced_lease',
  })
}

/** Match, channel on both nodes, lease on both sides: all as ordered. The batch has its confirmations. */
export function assertLease(market: Market, batch: BatchAnswer, lease: ExpectedLease): Promise<void> {
  return assertLeases(market, batch, [lease])
}

/** The same of several; every trader is asked once for its leases. */
export async function assertLeases(
  market: Market,
  batch: BatchAnswer,
  leases: readonly ExpectedLease[],
): Promise<void> {
  const listed = new Map<TraderDaemon, readonly LeaseAnswer[]>()
  for (const { trader } of new Set(leases.flatMap(({ ask, bid }) => [ask.account, bid.account]))) {
    if (!listed.has(trader)) listed.set(trader, await leasesOf(trader))
  }
  for (const lease of leases) {
    assertMatch(batch, lease)
    const point = pointOf(batch, lease)
    await assertChannel(market, point, batch, lease)
    for (const own of [lease.ask, lease.bid]) {
      const found = listed.get(own.account.trader)?.find(({ channel_point }) => channel_point === point)
      expect(found).toMatchObject(listedAs(own, lease))
    }
  }
}

export async function assertChannel(
  market: Market,
  point: string,
  batch: BatchAnswer,
  lease: ExpectedLease,
): Promise<void> {
  const { ask, bid, deal } = lease
  const common = {
    capacity: capacityOf(deal),
    commitmentType: lease.taproot === true ? 'SIMPLE_TAPROOT' : 'SCRIPT_ENFORCED_LEASE',
    // Script-enforced leases have a height, others the nodes' promise to wait so many blocks.
    thawHeight: lease.taproot === true ? deal.blocks : batch.height_hint + deal.blocks,
    private: lease.unannounced === true,
    pushAmountSat: deal.selfBalance ?? 0n,
  }
  const makers = await activeChannel(market, ask, point)
  const takers = await activeChannel(market, bid, point)
  expect(makers).toMatchObject({ ...common, initiator: true, remotePubkey: keyOf(market, bid) })
  expect(takers).toMatchObject({ ...common, initiator: false, remotePubkey: keyOf(market, ask) })
}

const nodeOf = ({ account }: PlacedOrder): NodeName => account.trader.name as NodeName
const keyOf = (market: Market, order: PlacedOrder): string => market.stack.nodes[nodeOf(order)].nodeKey

export function activeChannel(market: Market, order: PlacedOrder, point: string): Promise<lnrpc.Channel> {
  const name = nodeOf(order)
  return until(
    `channel ${point.slice(0, 8)} is active on ${name}`,
    async () => {
      const { channels } = await market.stack.nodes[name].rpc.lightning.listChannels({})
      const channel = channels.find((candidate) => candidate.channelPoint === point)
      return channel?.active === true ? channel : undefined
    },
    { timeoutMs: BOTH_NODES_ACTIVE_MS },
  )
}

/** As in the stock daemon, what the bidder adds is no part of the amount, and told to the bidder only. */
function listedAs(own: PlacedOrder, { ask, bid, deal }: ExpectedLease): Partial<LeaseAnswer> {
  const amount = BigInt(deal.units) * UNIT
  const purchased = own === bid
  return {
    channel_amt_sat: Number(amount),
    channel_duration_blocks: deal.blocks,
    premium_sat: Number(premiumOf(premiumBase(deal), deal.pricePpb, deal.blocks)),
    clearing_rate_price: deal.pricePpb,
    order_fixed_rate: own.wish.rate,
    execution_fee_sat: Number(executionFeeOf(purchased ? premiumBase(deal) : amount)),
    order_nonce: own.nonce,
    matched_order_nonce: (purchased ? ask : bid).nonce,
    purchased,
    self_chan_balance: purchased ? Number(deal.selfBalance ?? 0n) : 0,
  }
}

/** The lease of a channel, as its trader lists it. */
export async function leaseAt({ account }: PlacedOrder, point: string): Promise<LeaseAnswer | undefined> {
  return (await leasesOf(account.trader)).find((lease) => lease.channel_point === point)
}

const leasesOf = async (trader: TraderDaemon): Promise<readonly LeaseAnswer[]> =>
  ((await trader.pool('auction', 'leases')) as LeasesAnswer).leases
