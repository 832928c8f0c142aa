import type { Command } from 'commander'
import type { poolrpc } from '@tidepool/rpc'
import { messageJson, outputOf, withTrader, type TraderClient } from '../context.ts'
import { badArgument } from '../errors.ts'
import { btc, toHex } from '../format.ts'
import { parseUint, parseUint32 } from '../parse.ts'
import { confirm } from '../prompt.ts'
import { satsInWords } from '../words.ts'
import { addBidFlags, addOrderFlags, parseOrderFlags, type OrderFlags, type ParsedOrder } from './orderFlags.ts'

const ORDER_VERSION = 5
const UNIT = 100_000n

export interface BidFlags extends OrderFlags {
  readonly min_node_tier?: string
  readonly self_chan_balance?: string
  readonly unannounced_channel?: boolean
  readonly zero_conf_channel?: boolean
  readonly sidecar_ticket?: string
}

interface AskFlags extends OrderFlags {
  readonly announcement_constraints: string
  readonly confirmation_constraints: string
}

const ANNOUNCEMENT = ['ANNOUNCEMENT_NO_PREFERENCE', 'ONLY_ANNOUNCED', 'ONLY_UNANNOUNCED'] as const
const CONFIRMATION = ['CONFIRMATION_NO_PREFERENCE', 'ONLY_CONFIRMED', 'ONLY_ZEROCONF'] as const
const TIERS = ['TIER_0', 'TIER_1'] as const

function pick<T>(name: string, text: string, choices: readonly T[]): T {
  const value = choices[parseUint32(name, text)]
  if (value === undefined) throw badArgument(name, `${name}: expected 0 to ${choices.length - 1}, got '${text}'`)
  return value
}

async function describe(
  client: TraderClient,
  kind: 'ask' | 'bid',
  order: ParsedOrder,
  selfBalance: bigint,
): Promise<string> {
  const quote = await client.quoteOrder({
    amt: order.amount,
    rateFixed: order.rateFixed,
    leaseDurationBlocks: order.leaseDurationBlocks,
    maxBatchFeeRateSatPerKw: order.maxBatchFeeRate,
    minUnitsMatch: order.minUnits,
  })
  const name = kind === 'ask' ? 'Ask' : 'Bid'
  const lines = [
    '-- Order Details --',
    `${name} Amount: ${btc(order.amount)}`,
    `In words: ${satsInWords(order.amount)}`,
    `${name} Duration: ${order.leaseDurationBlocks}`,
    `Total Premium (${kind === 'ask' ? 'yield from taker' : 'paid to maker'}): ${btc(quote.totalPremiumSat)}`,
    `Rate Fixed: ${order.rateFixed}`,
    `Rate Per Block: ${quote.ratePerBlock.toFixed(9)} (${quote.ratePercent.toFixed(7)}%)`,
    `Execution Fee:  ${btc(quote.totalExecutionFeeSat)}`,
    `Max batch fee rate: ${order.maxBatchFeeRate / 250n} sat/vByte`,
    `Max chain fee: ${btc(quote.worstCaseChainFeeSat)}`,
    ...(selfBalance > 0n ? [`Self channel balance: ${btc(selfBalance)}`] : []),
    `Is public: ${String(order.details.isPublic)}`,
  ]
  return lines.join('\n')
}

/** Shows what an order may cost and asks, unless told not to. */
export async function confirmOrder(
  client: TraderClient,
  kind: 'ask' | 'bid',
  order: ParsedOrder,
  selfBalance: bigint,
  flags: OrderFlags,
): Promise<boolean> {
  if (flags.force === true || flags.yes === true) return true
  process.stderr.write(`${await describe(client, kind, order, selfBalance)}\n`)
  return confirm('Confirm order (yes/no): ')
}

async function submit(
  kind: 'ask' | 'bid',
  order: ParsedOrder,
  selfBalance: bigint,
  request: poolrpc.SubmitOrderRequestInit,
  flags: OrderFlags,
  command: Command,
) {
  const out = outputOf(command)
  await withTrader(command, async (client) => {
    if (!(await confirmOrder(client, kind, order, selfBalance, flags))) return out.write('Cancelling order...')
    const answer = await client.submitOrder(request)
    if (out.json) return out.write(messageJson('poolrpc.SubmitOrderResponse', answer))
    const details = answer.details
    if (details?.case === 'invalidOrder') return out.write(`order refused: ${details.value.failString}`)
    if (details?.case === 'acceptedOrderNonce') out.write(`order accepted: ${toHex(details.value)}`)
  })
}

async function submitAsk(args: readonly string[], flags: AskFlags, command: Command): Promise<void> {
  if (args.length === 0 && flags.amt === undefined && flags.acct_key === undefined) return command.help()
  const order = parseOrderFlags(flags, args, 'ask')
  const ask: poolrpc.AskInit = {
    details: order.details,
    leaseDurationBlocks: order.leaseDurationBlocks,
    version: ORDER_VERSION,
    announcementConstraints: pick('announcement_constraints', flags.announcement_constraints, ANNOUNCEMENT),
    confirmationConstraints: pick('confirmation_constraints', flags.confirmation_constraints, CONFIRMATION),
  }
  await submit('ask', order, 0n, { details: { case: 'ask', value: ask }, initiator: 'pool-cli' }, flags, command)
}

/** Self channel balance and the minimum it forces. @throws CliError BAD_ARGUMENT */
function selfBalanceOf(flags: BidFlags, order: ParsedOrder): bigint {
  const balance = flags.self_chan_balance === undefined ? 0n : parseUint('self_chan_balance', flags.self_chan_balance)
  if (order.outbound && (balance < UNIT || balance % UNIT !== 0n)) {
    throw badArgument('self_chan_balance', `an outbound bid needs --self_chan_balance in whole units of ${UNIT} sat`)
  }
  if (!order.outbound && balance > 0n) {
    if (balance > order.amount)
      throw badArgument('self_chan_balance', 'self_chan_balance is above the amount of the order')
    if (BigInt(order.minUnits) * UNIT !== order.amount) {
      throw badArgument(
        'min_chan_amt',
        'with a self channel balance the bid fills at once or not at all: set --min_chan_amt to the amount',
      )
    }
  }
  return balance
}

/** The bid that flags and positions describe. @throws CliError BAD_ARGUMENT */
export function bidOf(flags: BidFlags, args: readonly string[]) {
  const order = parseOrderFlags(flags, args, 'bid')
  const selfChanBalance = selfBalanceOf(flags, order)
  const bid: poolrpc.BidInit = {
    details: order.details,
    leaseDurationBlocks: order.leaseDurationBlocks,
    version: ORDER_VERSION,
    minNodeTier: flags.min_node_tier === undefined ? 'TIER_DEFAULT' : pick('min_node_tier', flags.min_node_tier, TIERS),
    selfChanBalance,
    unannouncedChannel: flags.unannounced_channel === true,
    zeroConfChannel: flags.zero_conf_channel === true,
    sidecarTicket: flags.sidecar_ticket ?? '',
  }
  return { order, selfChanBalance, bid }
}

async function submitBid(args: readonly string[], flags: BidFlags, command: Command): Promise<void> {
  if (args.length === 0 && flags.amt === undefined && flags.acct_key === undefined) return command.help()
  const agreed = flags.sidecar_ticket === undefined ? flags : await withTicket(flags, flags.sidecar_ticket, command)
  const { order, selfChanBalance, bid } = bidOf(agreed, args)
  const request = { details: { case: 'bid', value: bid }, initiator: 'pool-cli' } as const
  await submit('bid', order, selfChanBalance, request, flags, command)
}

/** A ticket says what was agreed with its recipient, whatever the flags say. @throws CliError BAD_ARGUMENT */
async function withTicket(flags: BidFlags, ticket: string, command: Command): Promise<BidFlags> {
  const read = await withTrader(command, (client) => client.decodeSidecarTicket({ ticket }))
  if (read.recipientNodePubkey.length === 0) {
    throw badArgument('sidecar_ticket', 'the recipient has not registered the ticket: pool sidecar register TICKET')
  }
  const amount = String(read.offerCapacity)
  return {
    ...flags,
    amt: amount,
    min_chan_amt: amount,
    self_chan_balance: String(read.offerPushAmount),
    lease_duration_blocks: String(read.offerLeaseDurationBlocks),
  }
}

export function addSubmit(orders: Command): void {
  const group = orders.command('submit').alias('s').description('offer to lease capacity out, or wish to lease it in')
  addOrderFlags(group.command('ask').description('offer to lease channel capacity out'))
    .option('--announcement_constraints <number>', '0 none, 1 only announced, 2 only unannounced channels', '0')
    .option('--confirmation_constraints <number>', '0 none, 1 only confirmed, 2 only zero-conf channels', '1')
    .action(submitAsk)
  addBidFlags(addOrderFlags(group.command('bid').description('wish to lease channel capacity in')))
    .option('--sidecar_ticket <ticket>', 'for the node that registered this ticket; it decides size and duration')
    .action(submitBid)
}
