import { fromHex } from '@tidepool/crypto'
import type { PubKey } from '@tidepool/crypto'
import { unitsOf } from '@tidepool/market'
import type { Ask, Bid } from '@tidepool/market'
import { keyToWire } from '@tidepool/rpc'
import type { tidepool } from '@tidepool/rpc'
import type { AdminAccount, AdminOrder } from '../../app/admin.ts'
import type { Ledger } from '../../app/ledger.ts'
import type { Reservation } from '../../core/account.ts'
import type { Failure } from '../../core/exclusions.ts'
import type {
  AttemptFailure,
  AttemptRecord,
  BatchAccountRecord,
  BatchRecord,
  MatchRecord,
  RunRecord,
} from '../../core/records.ts'

/** Names as the command line shows them. */
export const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

export function masterToWire(
  { auction, unconfirmedBatches }: Pick<Ledger, 'auction' | 'unconfirmedBatches'>,
  key: PubKey,
): tidepool.MasterAccountInit {
  const { master } = auction
  if (master === undefined) return { state: 'NONE', key: fromHex(key) }
  const { value, batchKey } = master
  const base = { valueSat: value, batchKey: fromHex(batchKey), key: fromHex(key) }
  if (master.kind === 'funding') return { ...base, state: 'FUNDING' }
  const { txid, index } = master.outpoint
  // A batch makes it usable for the next one at once, in a block or not.
  const inBlock = ![...unconfirmedBatches.values()].some((batch) => batch.txid === txid)
  if (master.kind === 'toppingUp') {
    return { ...base, state: 'FUNDING', txid, outputIndex: index, confirmed: inBlock }
  }
  const ready = master.kind === 'ready'
  return { ...base, state: ready ? 'READY' : 'FUNDING', txid, outputIndex: index, confirmed: ready && inBlock }
}

export function accountToWire({ record, subscribed, batchVersion, reserved }: AdminAccount): tidepool.AdminAccountInit {
  const { account, state, userAgent } = record
  return {
    accountKey: fromHex(account.key),
    valueSat: account.value,
    expiry: account.expiry,
    version: account.version,
    state: snake(state.kind),
    txid: account.outpoint.txid,
    outputIndex: account.outpoint.index,
    batchKey: fromHex(account.batchKey),
    subscribed,
    batchVersion,
    reservedSat: reserved,
    userAgent,
  }
}

export const reservationToWire = (reservation: Reservation): tidepool.AdminReservationInit => ({
  accountKey: fromHex(reservation.traderKey),
  valueSat: reservation.value,
  expiry: reservation.expiry,
  version: reservation.version,
  batchKey: fromHex(reservation.batchKey),
  heightHint: reservation.heightHint,
})

export function orderToWire({ record, resting }: AdminOrder): tidepool.AdminOrderInit {
  const { order, state, unitsUnfulfilled, createdAtNs } = record
  return {
    nonce: fromHex(order.nonce),
    accountKey: fromHex(order.accountKey),
    kind: order.kind,
    state: snake(state),
    rateFixed: order.rate,
    amountSat: order.amount,
    units: unitsOf(order.amount),
    unitsUnfulfilled,
    minUnitsMatch: order.minUnitsMatch,
    leaseDurationBlocks: order.leaseDuration,
    maxBatchFeeRateSatPerKw: order.maxBatchFeeRate,
    auctionType: order.auctionType,
    channelType: snake(order.channelType),
    selfChanBalanceSat: order.kind === 'bid' ? order.selfChannelBalance : 0n,
    version: order.version,
    nodeKey: fromHex(order.nodeKey),
    createdAtNs,
    restingReason: snake(resting),
    ...(order.kind === 'ask' ? askToWire(order) : bidToWire(order)),
    allowedNodeIds: order.nodeFilter.kind === 'allow' ? order.nodeFilter.nodes.map(keyToWire) : [],
    notAllowedNodeIds: order.nodeFilter.kind === 'deny' ? order.nodeFilter.nodes.map(keyToWire) : [],
    isPublic: order.isPublic,
  }
}

const askToWire = ({ announcement, confirmation }: Ask): tidepool.AdminOrderInit => ({
  announcement: snake(announcement),
  confirmation: snake(confirmation),
})

const bidToWire = ({ minNodeTier, isSidecar, unannounced, zeroConf }: Bid): tidepool.AdminOrderInit => ({
  minNodeTier,
  isSidecar,
  unannounced,
  zeroConf,
})

/** `problem`: what the node said when it last refused the transaction. */
export function batchToWire(batch: BatchRecord, problem = ''): tidepool.AdminBatchInit {
  return {
    batchId: fromHex(batch.batchId),
    txid: batch.txid,
    createdAtNs: batch.createdAtNs,
    feeRateSatPerKw: batch.feeRate,
    heightHint: batch.heightHint,
    state: batch.state,
    matches: batch.matches.map(matchToWire),
    accounts: batch.accounts.map(diffToWire),
    clearingPrices: new Map<number, number>(batch.clearingPrices),
    minerFeeSat: batch.minerFee,
    masterValueBeforeSat: batch.masterBefore,
    masterValueAfterSat: batch.masterAfter,
    numAttempts: batch.attempts.length,
    confirmedHeight: batch.confirmedHeight ?? 0,
    problem,
  }
}

export const matchToWire = (match: MatchRecord): tidepool.AdminMatchInit => ({
  askNonce: fromHex(match.askNonce),
  bidNonce: fromHex(match.bidNonce),
  units: match.units,
  leaseDurationBlocks: match.duration,
  clearingPriceRate: match.clearingPrice,
  premiumSat: match.premium,
  makerExecutionFeeSat: match.makerFee,
  takerExecutionFeeSat: match.takerFee,
  channelValueSat: match.channelValue,
  outputIndex: match.outputIndex,
  commitmentType: snake(match.commitmentType),
  askNodeKey: fromHex(match.askNode),
  bidNodeKey: fromHex(match.bidNode),
  selfChanBalanceSat: match.selfChannelBalance,
})

const diffToWire = ({
  diff,
  startingBalance,
  chainFee,
  version,
}: BatchAccountRecord): tidepool.AdminAccountDiffInit => ({
  accountKey: fromHex(diff.accountKey),
  startingBalanceSat: startingBalance,
  endingBalanceSat: diff.endingBalance,
  chainFeeSat: chainFee,
  endingState: snake(diff.endingState),
  outputIndex: diff.outpointIndex,
  newExpiry: diff.newExpiry,
  newVersion: diff.newVersion,
  version,
})

/** The run that made a batch, as the batch itself remembers it. */
export const runOf = (batch: BatchRecord): RunRecord => ({
  batchId: batch.batchId,
  startedAtNs: batch.startedAtNs,
  endedAtNs: batch.createdAtNs,
  outcome: 'batch',
  detail: '',
  attempts: batch.attempts,
  resting: batch.resting,
})

export const runToWire = (run: RunRecord): tidepool.AuctionRunInit => ({
  batchId: fromHex(run.batchId),
  startedAtNs: run.startedAtNs,
  endedAtNs: run.endedAtNs,
  outcome: snake(run.outcome),
  detail: run.detail,
  attempts: run.attempts.map(attemptToWire),
  resting: [...run.resting].map(([nonce, reason]) => ({ nonce: fromHex(nonce), reason: snake(reason) })),
})

export const attemptToWire = (attempt: AttemptRecord): tidepool.AuctionAttemptInit => ({
  number: attempt.number,
  feeRateSatPerKw: attempt.feeRate,
  numMatches: attempt.matches,
  endedIn: attempt.endedIn,
  failures: attempt.failures.map(failureToWire),
})

const failureToWire = ({ failure, accounts }: AttemptFailure): tidepool.AttemptFailureInit => ({
  stream: 'stream' in failure ? BigInt(failure.stream) : 0n,
  accountKeys: accounts.map((key) => fromHex(key)),
  code: snake(failure.kind),
  detail: detailOf(failure),
})

function detailOf(failure: Failure): string {
  switch (failure.kind) {
    case 'partialReject':
      return failure.pairs.map(({ other, code, reason }) => `${other}: ${snake(code)} (${reason})`).join('; ')
    case 'fullReject':
      return `${snake(failure.code)}: ${failure.reason}`
    case 'silent':
      return failure.step
    case 'streamLost':
      return ''
    case 'badSignature':
      return `${failure.accountKey}: ${snake(failure.reason)}`
    case 'channelInfoMissing':
      return failure.channel
    case 'channelInfoMismatch':
      return `${failure.channel}: ${failure.what}`
    case 'bookChanged':
      return failure.reason
  }
}
