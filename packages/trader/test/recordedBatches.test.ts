import { satoshi } from '@tidepool/crypto'
import type { OrderNonce } from '@tidepool/crypto'
import { supplyUnits, unitsOf } from '@tidepool/market'
import type { Order } from '@tidepool/market'
import { describe, expect, it } from 'vitest'
import { checkSignRequest } from '../src/core/sign/checkSignRequest.ts'
import type { SignVerdict } from '../src/core/sign/checkSignRequest.ts'
import { assembleSignReply } from '../src/core/sign/signReply.ts'
import type { SignResult } from '../src/core/sign/signReply.ts'
import { DEFAULT_VERIFY_LIMITS } from '../src/core/verify/ownRecords.ts'
import type { OwnOrder } from '../src/core/verify/ownRecords.ts'
import { validateBatch } from '../src/core/verify/validateBatch.ts'
import { validateSidecarBatch } from '../src/core/verify/validateSidecarBatch.ts'
import type { BatchVerdict } from '../src/core/verify/verdict.ts'
import { readRecording, spentAccount } from './support/recording.ts'
import type { RecordedBatch } from './support/recording.ts'

const FILES = [
  '20-batch-v0',
  '21-batch-second-v0',
  '20-batch-v1',
  '21-batch-second-v1',
  '20-batch-v2',
  '21-batch-second-v2',
  '22-batch-zero-conf',
  '23-batch-simple-taproot',
  '24-batch-outbound',
  '25-batch-two-matches',
  '26-batch-account-used-up',
  '27-batch-sidecar',
]
const recordings = FILES.map((file) => readRecording(file))
const expiries = new Set(recordings.flatMap((recording) => [...recording.expiries]))
const orders = new Map<OrderNonce, Order>(
  recordings.flatMap((recording) => recording.orders.map(({ order }) => [order.nonce, order])),
)
const batches = recordings.flatMap((recording) => recording.batches)
const terms = { baseFee: satoshi(1), feeRatePpm: 1000n }

function orderOf(nonce: OrderNonce): Order {
  const order = orders.get(nonce)
  if (order === undefined) throw new Error(`order ${nonce} was not recorded`)
  return order
}

/** Units of an order that batches recorded earlier have filled. */
function filledBefore(batch: RecordedBatch, nonce: OrderNonce): number {
  const earlier = batches.slice(0, batches.indexOf(batch)).filter(({ trader, file }) => {
    return trader === batch.trader && file !== batch.file
  })
  const matches = earlier.flatMap(({ proposal }) => proposal.matches.filter(({ ownNonce }) => ownNonce === nonce))
  return matches.reduce((sum, { units }) => sum + units, 0)
}

function ownOrder(batch: RecordedBatch, nonce: OrderNonce): OwnOrder {
  const order = orderOf(nonce)
  const left = unitsOf(order.amount) - filledBefore(batch, nonce)
  const own: OwnOrder = { order, state: 'submitted', unitsUnfulfilled: supplyUnits(left), terms }
  if (order.kind === 'ask' || !order.isSidecar) return own
  return { ...own, sidecarRecipient: { nodeKey: order.nodeKey, multiSigKey: order.multiSigKey } }
}

function verdictOf(batch: RecordedBatch): BatchVerdict {
  const { proposal } = batch
  const nonces = [...new Set(proposal.matches.map(({ ownNonce }) => ownNonce))]
  if (batch.sidecar) return sidecarVerdict(batch, nonces)
  const accounts = proposal.accountDiffs.map(({ accountKey }) => spentAccount(accountKey, batch, expiries))
  const asker = nonces.map(orderOf).find((order) => order.kind === 'ask' || !order.isSidecar)
  return validateBatch(proposal, {
    orders: new Map(nonces.map((nonce) => [nonce, ownOrder(batch, nonce)])),
    accounts: new Map(accounts.map((account) => [account.key, { account, state: 'open' }])),
    nodeKey: asker?.nodeKey ?? (accounts[0]?.key as unknown as Order['nodeKey']),
    batchVersion: proposal.batchVersion,
    bestHeight: proposal.heightHint,
    limits: DEFAULT_VERIFY_LIMITS,
  })
}

function sidecarVerdict({ proposal }: RecordedBatch, nonces: readonly OrderNonce[]): BatchVerdict {
  const tickets = nonces.map(orderOf).flatMap((bid) => {
    if (bid.kind === 'ask') return []
    const { nonce, nodeKey, multiSigKey, amount, selfChannelBalance, leaseDuration, unannounced, zeroConf } = bid
    const ticket = { bidNonce: nonce, nodeKey, multiSigKey, capacity: amount, pushAmount: selfChannelBalance }
    return [{ ...ticket, leaseDuration, unannounced, zeroConf }]
  })
  const nodeKey = tickets[0]?.nodeKey
  if (nodeKey === undefined) throw new Error('no ticket')
  return validateSidecarBatch(proposal, {
    tickets: new Map(tickets.map((ticket) => [ticket.bidNonce, ticket])),
    nodeKey,
    bestHeight: proposal.heightHint,
  })
}

/** What the recorded trader's lnd signed, as our signer port would return it. */
function signed(batch: RecordedBatch, verdict: SignVerdict): readonly SignResult[] {
  if (verdict.verdict === 'rejected') throw new Error(verdict.mismatches[0]?.text)
  return verdict.tasks.map(({ accountKey, kind }): SignResult => {
    const signature = batch.reply.accountSigs.get(accountKey) ?? new Uint8Array()
    if (kind === 'ecdsa') return { kind, accountKey, signature }
    const nonce = batch.reply.traderNonces.get(accountKey) ?? new Uint8Array()
    return { kind, accountKey, partialSignature: signature, nonce }
  })
}

it('covers a batch of every kind', () => {
  expect(batches).toHaveLength(25)
})

describe.each(
  batches.map((batch) => ({
    name: `${batch.file}, ${batch.trader}, ${batch.sidecar ? 'sidecar recipient' : 'accounts'}`,
    batch,
  })),
)('$name', ({ batch }) => {
  const verdict = verdictOf(batch)
  const accepted = verdict.verdict === 'accepted' ? verdict.result : undefined

  it('is accepted', () => {
    expect(verdict.verdict === 'rejected' ? verdict.mismatches.map(({ text }) => text) : []).toEqual([])
    expect(accepted?.channels).toHaveLength(batch.proposal.matches.length)
  })

  it('is signed as the stock trader’s lnd signed it', () => {
    if (accepted === undefined) throw new Error('not accepted')
    if (batch.sidecar) {
      expect(batch.reply.accountSigs.size).toBe(0)
      return
    }
    const request = checkSignRequest(batch.request, accepted)
    const tasks = request.verdict === 'accepted' ? request.tasks : []
    const results = signed(batch, request)
    const reply = assembleSignReply(accepted.batchId, tasks, results, batch.reply.channelInfos)
    expect(reply).toEqual(batch.reply)
  })

  it('expects the channels whose infos the trader sent', () => {
    const expected = (accepted?.channels ?? [])
      .filter(({ sidecar }) => sidecar !== 'provider')
      .map(({ outpoint }) => `${outpoint.txid}:${outpoint.index}`)
    expect([...batch.reply.channelInfos.keys()].toSorted()).toEqual(expected.toSorted())
    for (const info of batch.reply.channelInfos.values()) {
      const channel = accepted?.channels.find(({ counterpart }) => counterpart.nodeKey === info.remoteNodeKey)
      const lease = channel?.commitmentType === 'scriptEnforcedLease'
      expect(info.type === 'scriptEnforcedLease').toBe(lease)
    }
  })
})
