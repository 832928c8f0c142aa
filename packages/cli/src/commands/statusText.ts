import { colors } from '../colors.ts'
import type { tidepool } from '@tidepool/rpc'
import { grouped, satPerVByte, short, toHex } from '../format.ts'
import { facts, table } from '../output.ts'

/** Blocks a day has on average. */
const BLOCKS_PER_DAY = 144
const MS_PER_NS = 1_000_000n

/** The status as one screen; `now` in Unix milliseconds. */
export function statusText(status: tidepool.TraderStatusResponse, now: number): string {
  if (status.problem !== '') {
    return facts([
      ['poold', status.version],
      ['state', colors.red(`waits: ${status.problem} (${status.problemCode})`)],
    ])
  }
  return [
    facts([
      ['poold', status.version],
      ['node', nodeLine(status.node)],
      ['auctioneer', auctioneerLine(status, now)],
      ...costLines(status),
      ['next batch', nextBatchLine(status.nextBatch, now)],
    ]),
    section('accounts', accountsTable(status.accounts)),
    section('open orders', ordersTable(status.orders)),
    section('leases', leasesTable(status.leases)),
  ].join('\n\n')
}

const section = (title: string, body: string | undefined): string =>
  `${colors.bold(title)}${body === undefined ? ': none' : `\n${body}`}`

function nodeLine(node: tidepool.NodeStatus | undefined): string {
  if (node === undefined) return 'unknown'
  const { nodeKey, lndVersion, blockHeight, problem } = node
  const what = `${short(toHex(nodeKey))}, lnd ${lndVersion}, block ${blockHeight}`
  return problem === '' ? what : `${what}; ${colors.red(`lnd does not answer: ${problem}`)}`
}

function auctioneerLine({ auctioneer }: tidepool.TraderStatusResponse, now: number): string {
  if (auctioneer === undefined) return 'unknown'
  const { address, state, sinceNs, reason, tries, nextTryNs, batchState } = auctioneer
  const since = ago(now - ms(sinceNs))
  if (state === 'online') {
    return `${colors.green('online')} for ${since} at ${address}${batchState === 'idle' ? '' : `, in a batch: ${batchState}`}`
  }
  if (state === 'offline') {
    const next = nextTryNs === 0n ? 'trying now' : `next try in ${ago(ms(nextTryNs) - now)}`
    return `${colors.red('OFFLINE')} for ${since} (${reason}); tried ${tries} times, ${next}`
  }
  return state === 'connecting'
    ? `connecting to ${address} for ${since}`
    : `not needed yet: no open account (${address})`
}

/** What being offline costs, and what it has cost. */
function costLines({ auctioneer, orders }: tidepool.TraderStatusResponse): readonly (readonly [string, string])[] {
  if (auctioneer?.state === 'offline') {
    return [['', colors.red(`no batch until it is back for ${count(orders.length, 'open order')}`)]]
  }
  if (auctioneer === undefined || auctioneer.missedBatches === 0) return []
  const missed = orders.filter(({ missedABatch }) => missedABatch).length
  const seconds = ms(auctioneer.outageToNs) - ms(auctioneer.outageFromNs)
  const what = `${count(auctioneer.missedBatches, 'batch', 'batches')} while offline for ${ago(seconds)}`
  return [['missed', colors.yellow(`${what}; ${count(missed, 'open order')} could not take part`)]]
}

function nextBatchLine(next: tidepool.NextBatchStatus | undefined, now: number): string {
  if (next === undefined) return 'unknown while the auctioneer does not answer'
  const at = Number(next.clearTimestamp) * 1000
  const when = at === 0 ? 'when the auctioneer says so' : at > now ? `in ${ago(at - now)}` : 'now'
  const below = next.ordersBelowFeeRate
  const sitOut =
    below === 0 ? '' : `; ${colors.yellow(`${count(below, 'order')} would sit out: their fee rate is lower`)}`
  return `${when} at ${satPerVByte(next.feeRateSatPerKw)}${sitOut}`
}

function accountsTable(accounts: readonly tidepool.AccountStatus[]): string | undefined {
  if (accounts.length === 0) return undefined
  return table(
    [
      ['ACCOUNT', 'left'],
      ['STATE', 'left'],
      ['VALUE (SAT)', 'right'],
      ['FREE (SAT)', 'right'],
      ['EXPIRES', 'right'],
      ['AT THE AUCTIONEER', 'left'],
    ],
    accounts.map((account) => [
      short(toHex(account.traderKey)),
      account.state,
      grouped(account.valueSat),
      grouped(account.availableSat),
      account.blocksLeft === 0 ? 'expired' : blocks(account.blocksLeft),
      account.subscribed ? 'subscribed' : account.refusal === '' ? 'no' : `refused: ${account.refusal}`,
    ]),
  )
}

function ordersTable(orders: readonly tidepool.OrderStatus[]): string | undefined {
  if (orders.length === 0) return undefined
  return table(
    [
      ['ORDER', 'left'],
      ['SIDE', 'left'],
      ['UNITS LEFT', 'right'],
      ['RATE (PPB)', 'right'],
      ['BLOCKS', 'right'],
      ['LAST AUCTION', 'left'],
    ],
    orders.map((order) => [
      short(toHex(order.nonce)),
      order.kind,
      `${order.unitsUnfulfilled} of ${order.units}`,
      grouped(order.rateFixed),
      String(order.leaseDurationBlocks),
      order.missedABatch && order.restingText === '' ? 'missed: offline' : order.restingText,
    ]),
  )
}

function leasesTable(leases: readonly tidepool.LeaseStatus[]): string | undefined {
  if (leases.length === 0) return undefined
  return table(
    [
      ['CHANNEL', 'left'],
      ['PEER', 'left'],
      ['ROLE', 'left'],
      ['AMOUNT (SAT)', 'right'],
      ['PREMIUM (SAT)', 'right'],
      ['MATURES', 'right'],
      ['STATE', 'left'],
    ],
    leases.map((lease) => [
      short(lease.channelPoint),
      short(toHex(lease.peer)),
      lease.purchased ? 'bought' : 'sold',
      grouped(lease.amountSat),
      grouped(lease.premiumSat),
      lease.maturesAt === 0 ? 'after its confirmation' : blocks(lease.blocksLeft),
      lease.channelState === 'gone' ? colors.red('gone') : lease.channelState,
    ]),
  )
}

const ms = (ns: bigint): number => Number(ns / MS_PER_NS)
const count = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`
const blocks = (n: number): string => `${grouped(n)} blocks (${(n / BLOCKS_PER_DAY).toFixed(1)} d)`

/** `8s`, `3m 5s`, `2h 10m`, `3d 4h`. */
export function ago(milliseconds: number): string {
  const seconds = Math.max(Math.round(milliseconds / 1000), 0)
  const parts: readonly (readonly [string, number])[] = [
    ['d', Math.floor(seconds / 86_400)],
    ['h', Math.floor(seconds / 3600) % 24],
    ['m', Math.floor(seconds / 60) % 60],
    ['s', seconds % 60],
  ]
  const first = parts.findIndex(([, n]) => n > 0)
  if (first === -1) return '0s'
  return parts
    .slice(first, first + 2)
    .filter(([, n]) => n > 0)
    .map(([unit, n]) => `${n}${unit}`)
    .join(' ')
}
