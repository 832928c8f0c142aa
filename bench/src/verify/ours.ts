import { decodeMessage, encodeMessage, proposalToWire } from '@tidepool/rpc'
import {
  DEFAULT_VERIFY_LIMITS,
  NextOutputs,
  serverMessageFromWire,
  validateBatch,
  type OwnRecords,
} from '@tidepool/trader'
import { LATEST_BATCH_VERSION, type BatchProposal } from '@tidepool/market'
import type { LargeBatch } from './batch.ts'

/** Processor time of one proposal in microseconds. */
export interface Timing {
  /** From the bytes of the message to the proposal. */
  readonly readUs: number
  readonly verifyUs: number
}

export interface OurTiming extends Timing {
  /** The same before the next outputs of the accounts are known: the daemon works them out ahead. */
  readonly unforeseenUs: number
}

/** The message as the auctioneer sends it to the trader. */
export function prepareBytes({ batch, stream }: LargeBatch): Uint8Array {
  const proposal = batch.proposals.get(stream)
  if (proposal === undefined) throw new Error('the trader has no part in the batch')
  return encodeMessage('poolrpc.ServerAuctionMessage', { msg: { case: 'prepare', value: proposalToWire(proposal) } })
}

/** What the trader has stored. */
export function recordsOf({ asks, accounts, context }: LargeBatch): OwnRecords {
  const [first] = asks
  if (first === undefined) throw new Error('the trader has no part in the batch')
  return {
    orders: new Map(
      asks.map(({ order, state, unitsUnfulfilled, terms }) => [order.nonce, { order, state, unitsUnfulfilled, terms }]),
    ),
    accounts: new Map(accounts.map(({ account }) => [account.key, { account, state: 'open' }])),
    nodeKey: first.order.nodeKey,
    batchVersion: LATEST_BATCH_VERSION,
    bestHeight: context.height,
    limits: DEFAULT_VERIFY_LIMITS,
  }
}

export function readProposal(bytes: Uint8Array): BatchProposal {
  const message = serverMessageFromWire(decodeMessage('poolrpc.ServerAuctionMessage', bytes))
  if (message.kind === 'prepare') return message.proposal
  throw new Error('the message could not be read', { cause: message })
}

/** Number of channels found right. @throws when the batch is not accepted */
export function verify(proposal: BatchProposal, own: OwnRecords): number {
  const verdict = validateBatch(proposal, own)
  if (verdict.verdict === 'accepted') return verdict.result.channels.length
  throw new Error(verdict.mismatches.map(({ text }) => text).join('; '))
}

/** Mean over at least so many milliseconds, after a tenth of that to get warm. */
export function measureOurs(large: LargeBatch, leastMs: number): OurTiming {
  const bytes = prepareBytes(large)
  const own = recordsOf(large)
  const proposal = readProposal(bytes)
  const foreseen = new NextOutputs()
  foreseen.foresee(
    large.accounts.map(({ account }) => account),
    large.accounts.length,
  )
  return {
    readUs: meanUs(leastMs, () => readProposal(bytes)),
    verifyUs: meanUs(leastMs, () => verify(proposal, { ...own, foreseen })),
    unforeseenUs: meanUs(leastMs, () => verify(proposal, own)),
  }
}

function meanUs(leastMs: number, work: () => void): number {
  repeat(leastMs / 10, work)
  return repeat(leastMs, work)
}

function repeat(leastMs: number, work: () => void): number {
  const from = process.cpuUsage()
  for (let count = 1; ; count++) {
    work()
    if (count % 4 !== 0) continue
    const { user, system } = process.cpuUsage(from)
    if (user + system >= leastMs * 1000) return (user + system) / count
  }
}
