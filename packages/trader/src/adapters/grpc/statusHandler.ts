import { formatOutPoint, fromHex, idToBytes } from '@tidepool/crypto'
import type { OrderNonce } from '@tidepool/crypto'
import { unitsOf, unitsToSat } from '@tidepool/market'
import type { FeeSchedule } from '@tidepool/market'
import type { poolrpc, tidepool } from '@tidepool/rpc'
import { listLeases } from '../../app/leases.ts'
import type { Lease } from '../../app/leases.ts'
import { freeBalance } from '../../app/trader.ts'
import type { Trader } from '../../app/trader.ts'
import { isActive } from '../../core/account.ts'
import type { TraderAccount } from '../../core/account.ts'
import { StartupError, reasonOf } from '../../core/errors.ts'
import { isOpenOrder } from '../../core/orderRecord.ts'
import type { OrderRecord } from '../../core/orderRecord.ts'
import type { KnownChannel } from '../../ports/channels.ts'
import type { HandlerModules } from './handlerModules.ts'

/** A screen must not wait for an auctioneer that does not answer. */
const PATIENCE = { deadlineMs: 3_000 }

type Reasons = ReadonlyMap<string, tidepool.OrderReason>

/** Everything at a glance; what cannot be had now is missing, never an error. */
export async function traderStatus(
  modules: HandlerModules,
  reasonsOf: () => Promise<tidepool.OrderReasonsResponseInit>,
): Promise<tidepool.TraderStatusResponseInit> {
  const { version } = modules
  const trader = runningTrader(modules)
  if (trader instanceof StartupError) return { version, problem: trader.message, problemCode: trader.code }
  const [terms, told, channels] = await Promise.all([
    modules.queries.terms({}, PATIENCE).catch(() => undefined),
    reasonsOf().catch(() => ({ reasons: [] })),
    trader.channels.knownChannels().catch((error: unknown) => reasonOf(error)),
  ])
  const lndProblem = typeof channels === 'string' ? channels : ''
  const reasons: Reasons = new Map(
    (told.reasons ?? []).map((reason) => [Buffer.from(reason.nonce ?? []).toString('hex'), reason as never]),
  )
  const open = [...trader.ledger.orders.values()].filter(isOpenOrder)
  return {
    version,
    node: nodeStatus(trader, lndProblem),
    auctioneer: auctioneerStatus(trader, modules.auctioneerAddress),
    accounts: accountStatuses(trader, terms),
    orders: open.map((order) => orderStatus(order, trader, reasons)),
    ...(terms !== undefined && { nextBatch: nextBatch(terms, open) }),
    leases: typeof channels === 'string' ? [] : await leaseStatuses(trader, channels),
  }
}

/** The trader, or what keeps it from running. */
export function runningTrader({ trader }: Pick<HandlerModules, 'trader'>): Trader | StartupError {
  try {
    return trader()
  } catch (error) {
    if (error instanceof StartupError) return error
    throw error
  }
}

const nodeStatus = ({ node, height }: Trader, problem: string): tidepool.NodeStatusInit => ({
  nodeKey: idToBytes(node.nodeKey),
  lndVersion: `${node.version.major}.${node.version.minor}.${node.version.patch}`,
  blockHeight: height.best,
  problem,
})

function auctioneerStatus({ session, missed, batches }: Trader, address: string): tidepool.AuctioneerStatusInit {
  const { state, lastOutage } = session.connection
  return {
    address,
    state: state.kind,
    batchState: batches.state,
    missedBatches: missed.last?.batches ?? 0,
    ...(state.kind !== 'idle' && { sinceNs: state.sinceNs }),
    ...(state.kind === 'offline' && { reason: state.reason, tries: state.tries, nextTryNs: state.nextTryNs ?? 0n }),
    ...(lastOutage !== undefined && { outageFromNs: lastOutage.fromNs, outageToNs: lastOutage.toNs }),
  }
}

function accountStatuses(trader: Trader, terms: poolrpc.TermsResponse | undefined): tidepool.AccountStatusInit[] {
  const fees = terms?.executionFee
  return [...trader.ledger.accounts.values()].filter(isActive).map((account) => ({
    traderKey: fromHex(account.key),
    state: snake(account.kind),
    valueSat: account.value,
    availableSat: freeBalance(trader, account, feesOf(account, trader, fees)),
    expiry: account.expiry,
    blocksLeft: Math.max(account.expiry - trader.height.best, 0),
    subscribed: trader.session.subscribed.has(account.key),
    refusal: trader.session.refusalOf(account.key) ?? '',
  }))
}

/** Without the auctioneer the dearest terms of the account's own orders count. */
function feesOf({ key }: TraderAccount, { ledger }: Trader, fees: poolrpc.ExecutionFee | undefined): FeeSchedule {
  const own = [...ledger.orders.values()].filter(({ order }) => order.accountKey === key).map(({ terms }) => terms)
  const most = (of: (schedule: FeeSchedule) => bigint): bigint => own.map(of).reduce((a, b) => (a > b ? a : b), 0n)
  return {
    baseFee: (fees?.baseFee ?? most(({ baseFee }) => baseFee)) as FeeSchedule['baseFee'],
    feeRatePpm: fees?.feeRate ?? most(({ feeRatePpm }) => feeRatePpm),
  }
}

function orderStatus(record: OrderRecord, { missed }: Trader, reasons: Reasons): tidepool.OrderStatusInit {
  const { order, state, unitsUnfulfilled } = record
  const nonce: OrderNonce = order.nonce
  const reason = reasons.get(nonce)
  return {
    nonce: idToBytes(nonce),
    kind: order.kind,
    state: snake(state),
    unitsUnfulfilled,
    units: unitsOf(order.amount),
    rateFixed: order.rate,
    leaseDurationBlocks: order.leaseDuration,
    missedABatch: missed.last?.orders.includes(nonce) ?? false,
    restingCode: reason?.code ?? '',
    restingText: reason?.text ?? '',
  }
}

const nextBatch = (terms: poolrpc.TermsResponse, open: readonly OrderRecord[]): tidepool.NextBatchStatusInit => ({
  clearTimestamp: terms.nextBatchClearTimestamp,
  feeRateSatPerKw: terms.nextBatchFeeRateSatPerKw,
  ordersBelowFeeRate: open.filter(({ order }) => order.maxBatchFeeRate < terms.nextBatchFeeRateSatPerKw).length,
})

async function leaseStatuses(trader: Trader, known: readonly KnownChannel[]): Promise<tidepool.LeaseStatusInit[]> {
  const { ledger, height } = trader
  const untold = { nodeTiers: () => Promise.resolve(new Map<never, number>()) }
  const lnd = { ...trader.channels, knownChannels: () => Promise.resolve(known) }
  const all = { batchIds: [], accounts: [] }
  const { leases } = await listLeases(all, { ledger, auctioneer: untold, channels: lnd })
  return leases
    .filter(({ expiry }) => expiry === 0 || expiry > height.best)
    .map((lease) => leaseStatus(lease, known, height.best))
}

function leaseStatus(one: Lease, known: readonly KnownChannel[], best: number): tidepool.LeaseStatusInit {
  const { lease, expiry, purchased } = one
  const point = formatOutPoint(lease.channel.shim.outpoint)
  const channel = known.find(({ outpoint }) => formatOutPoint(outpoint) === point)
  return {
    channelPoint: point,
    peer: idToBytes(lease.channel.peer),
    amountSat: unitsToSat(lease.units),
    purchased,
    maturesAt: expiry,
    blocksLeft: Math.max(expiry - best, 0),
    premiumSat: lease.premium,
    channelState: channel === undefined ? 'gone' : channel.pending ? 'pending' : 'open',
  }
}

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
