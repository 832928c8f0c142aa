import { blockCount, pointFromSecret, concatBytes, sha256 } from '@tidepool/crypto'
import type { AccountKey } from '@tidepool/crypto'
import { constructBatch, matchAndClear } from '@tidepool/market'
import type { BatchProposal, ConstructedBatch, MatchContext, BookOrder } from '@tidepool/market'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { scene } from '../../market/test/arbitraryBooks.ts'
import { BATCH_KEY, master, nodeOf } from '../../market/test/books.ts'
import { checkSignRequest } from '../src/core/sign/checkSignRequest.ts'
import { DEFAULT_VERIFY_LIMITS } from '../src/core/verify/ownRecords.ts'
import type { OwnRecords } from '../src/core/verify/ownRecords.ts'
import { validateBatch } from '../src/core/verify/validateBatch.ts'
import type { AcceptedBatch } from '../src/core/verify/verdict.ts'
import { mutations } from './support/mutations.ts'
import { unsound } from './support/sound.ts'

interface Changes {
  readonly extend: boolean
  readonly upgrade: boolean
}

const changes: fc.Arbitrary<Changes> = fc.record({ extend: fc.boolean(), upgrade: fc.boolean() })

function build(book: readonly BookOrder[], context: MatchContext, change: Changes): ConstructedBatch | undefined {
  const { market } = matchAndClear(book, context)
  if (market === undefined) return undefined
  return constructBatch(market, master(), {
    batchId: BATCH_KEY,
    feeRate: context.feeRate,
    heightHint: context.height,
    sidecarRecipients: context.sidecarRecipients,
    extendExpiry: change.extend ? blockCount(20_000) : undefined,
    upgradeTo: change.upgrade ? 2 : undefined,
  })
}

/** What the trader behind a stream has stored. */
function recordsOf(
  stream: string,
  proposal: BatchProposal,
  book: readonly BookOrder[],
  context: MatchContext,
): OwnRecords {
  const accounts = [...context.accounts.values()].filter((entry) => entry.stream?.id === stream)
  const keys = new Set(accounts.map(({ account }) => account.key))
  const orders = book.filter(({ order }) => keys.has(order.accountKey))
  return {
    orders: new Map(
      orders.map(({ order, state, unitsUnfulfilled, terms }) => [
        order.nonce,
        { order, state, unitsUnfulfilled, terms },
      ]),
    ),
    accounts: new Map(accounts.map(({ account }) => [account.key, { account, state: 'open' }])),
    nodeKey: nodeOf(Number(stream.slice(1))),
    batchVersion: proposal.batchVersion,
    bestHeight: context.height,
    limits: DEFAULT_VERIFY_LIMITS,
  }
}

function accepted(proposal: BatchProposal, own: OwnRecords): AcceptedBatch {
  const verdict = validateBatch(proposal, own)
  if (verdict.verdict === 'accepted') return verdict.result
  throw new Error(verdict.mismatches.map(({ text }) => text).join('; '))
}

const nonceOf = (key: AccountKey): Uint8Array => {
  const point = pointFromSecret(sha256(new TextEncoder().encode(key)))
  return concatBytes(point, point)
}

/** What the auctioneer says a batch leads to, one trader's part. */
function compare(batch: ConstructedBatch, result: AcceptedBatch): void {
  for (const { before, next, inputIndex } of result.accounts) {
    const theirs = batch.accounts.get(before.key)
    expect(next).toEqual(theirs?.after)
    expect(inputIndex).toBe(theirs?.inputIndex)
  }
  for (const channel of result.channels) {
    const theirs = batch.channels.find(({ outpoint }) => outpoint.index === channel.outpoint.index)
    expect(channel.pendingChannelId).toEqual(theirs?.pendingChannelId)
    expect(channel.value).toBe(theirs?.match.capacity)
    expect(channel.premium).toBe(theirs?.match.premium)
    expect(channel.commitmentType).toBe(theirs?.match.commitment)
  }
}

describe('every batch the auctioneer’s builder makes', () => {
  it('is accepted by each of its traders, who expect the same channels and accounts', () => {
    let seen = 0
    fc.assert(
      fc.property(scene, changes, ({ book, context }, change) => {
        const batch = build(book, context, change)
        for (const [stream, proposal] of batch?.proposals ?? []) {
          const own = recordsOf(stream, proposal, book, context)
          const result = accepted(proposal, own)
          if (batch !== undefined) compare(batch, result)
          expect(unsound(result, proposal, own)).toEqual([])
          seen++
        }
      }),
      { numRuns: 60 },
    )
    expect(seen).toBeGreaterThan(60)
  })

  it('is signed by each of them, and pays the miner what they were charged', () => {
    fc.assert(
      fc.property(scene, changes, ({ book, context }, change) => {
        const batch = build(book, context, change)
        for (const [stream, proposal] of batch?.proposals ?? []) {
          const result = accepted(proposal, recordsOf(stream, proposal, book, context))
          const taproot = result.accounts.filter(({ before }) => before.version > 0)
          const verdict = checkSignRequest(
            {
              batchId: proposal.batchId,
              serverNonces: new Map(taproot.map(({ before }) => [before.key, nonceOf(before.key)])),
              prevOutputs: batch?.prevOutputs ?? [],
            },
            result,
          )
          if (verdict.verdict === 'rejected') throw new Error(verdict.mismatches[0]?.text)
          expect(verdict.tasks).toHaveLength(result.accounts.length)
          expect(verdict.fee.paid).toBe(batch?.fees.minerFee)
        }
      }),
      { numRuns: 30 },
    )
  })

  it('is refused or sound after any change', () => {
    const any = fc.array(fc.oneof(...Object.values(mutations)), { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(scene, changes, any, ({ book, context }, change, mutate) => {
        const batch = build(book, context, change)
        for (const [stream, proposal] of batch?.proposals ?? []) {
          const own = recordsOf(stream, proposal, book, context)
          const message = mutate.reduce((changed, step) => step(changed), proposal)
          const verdict = validateBatch(message, own)
          if (verdict.verdict === 'accepted') expect(unsound(verdict.result, message, own)).toEqual([])
        }
      }),
      { numRuns: 60 },
    )
  })
})
