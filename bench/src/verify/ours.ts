import { randomBytes } from 'node:crypto'
import { pointFromSecret, pubKey } from '@tidepool/crypto'
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

/** Processor time, in microseconds, of what a daemon works out once and remembers. */
export interface FirstTimes {
  /** That a key is a point. */
  readonly keyUs: number
  /** The output that follows an account, unless it was foreseen. */
  readonly outputUs: number
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

/** Mean over at least so many milliseconds, after a tenth of that to get warm: all keys have been seen before then. */
export function measureOurs(large: LargeBatch, leastMs: number): Timing {
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
  }
}

/** Mean over so many keys, and outputs, that nobody has seen. */
export function measureFirstTimes({ accounts: [first] }: LargeBatch, count: number): FirstTimes {
  if (first === undefined) throw new Error('a batch without accounts')
  const secrets = Array.from({ length: count }, () => randomBytes(32))
  const keys = secrets.map((secret) => pointFromSecret(secret))
  const accounts = secrets.map((secret) => ({ ...first.account, secret }))
  const outputs = new NextOutputs()
  return {
    keyUs: eachUs(keys, (key) => pubKey(key)),
    outputUs: eachUs(accounts, (account) => outputs.of(account, account)),
  }
}

function eachUs<T>(items: readonly T[], work: (item: T) => unknown): number {
  const from = process.cpuUsage()
  for (const item of items) work(item)
  const { user, system } = process.cpuUsage(from)
  return (user + system) / items.length
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
