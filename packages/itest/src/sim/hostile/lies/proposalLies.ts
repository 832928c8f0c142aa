import { blockCount, blockHeight, orderNonce, satPerKWeight, satoshi } from '@tidepool/crypto'
import { batchVersion, ratePpb } from '@tidepool/market'
import type { BatchProposal } from '@tidepool/market'
import { proposing, spending } from '../lie.ts'
import type { Lie, Scene, Words } from '../lie.ts'

const version = (words: Words, change: (version: number) => number): Lie =>
  proposing('proposal', words, (batch) => ({ ...batch, batchVersion: batchVersion(change(batch.batchVersion)) }))

const hint = (words: Words, change: (height: number) => number): Lie =>
  proposing('proposal', words, (batch) => ({ ...batch, heightHint: blockHeight(change(batch.heightHint)) }))

const fee = (words: Words, change: (batch: BatchProposal) => Partial<BatchProposal['executionFee']>): Lie =>
  proposing('price', words, (batch) => ({ ...batch, executionFee: { ...batch.executionFee, ...change(batch) } }))

const feeRate = (words: Words, change: (rate: bigint) => bigint): Lie =>
  proposing('price', words, (batch) => ({ ...batch, feeRate: satPerKWeight(change(batch.feeRate)) }))

const price = (words: Words, change: (price: number) => number): Lie =>
  proposing('price', words, (batch) => ({
    ...batch,
    clearingPrices: new Map([...batch.clearingPrices].map(([blocks, rate]) => [blocks, ratePpb(change(rate))])),
  }))

/** The batch the victim took part in before this one. */
function earlier({ heard, world, victim }: Scene): BatchProposal {
  const last = heard.findLast((message) => message.kind === 'prepare')
  const [record] = victim.trader.ledger.batches.values()
  if (record === undefined || last?.kind !== 'prepare') throw new Error('there was no earlier batch')
  const { batchId, transaction, leases } = record
  const matches = leases.map(({ own, counterpart, units }) => ({ ownNonce: own.nonce, counterpart, units }))
  return { ...last.proposal, batchId, transaction, matches, heightHint: blockHeight(world.stage.chain.height) }
}

/** The proposal as a whole, and what it costs. */
export const PROPOSAL_LIES: readonly Lie[] = [
  version(['a batch version one lower', 'BATCH_VERSION_MISMATCH', 'caught'], (v) => v - 1),
  version(['batch version 0', 'BATCH_VERSION_MISMATCH', 'caught'], () => 0),
  version(['a batch version without a flag of ours', 'BATCH_VERSION_MISMATCH', 'caught'], (v) => v & ~0x20),
  version(['a batch version with a flag nobody knows', 'BATCH_VERSION_MISMATCH', 'caught'], (v) => v | 0x40),
  hint(['a height four blocks ahead', 'HEIGHT_HINT_OUT_OF_RANGE', 'caught'], (h) => h + 4),
  hint(['a height four blocks back', 'HEIGHT_HINT_OUT_OF_RANGE', 'caught'], (h) => h - 4),
  hint(['height 0', 'HEIGHT_HINT_OUT_OF_RANGE', 'caught'], () => 0),
  proposing(
    'proposal',
    ['the id of a batch that is final', 'BATCH_ALREADY_FINALIZED', 'accepted', { book: 'second' }],
    (batch, scene) => ({
      ...batch,
      batchId: earlier(scene).batchId,
    }),
  ),
  proposing(
    'proposal',
    ['the last batch once more', 'BATCH_ALREADY_FINALIZED', 'accepted', { book: 'second' }],
    (_, scene) => earlier(scene),
  ),
  proposing(
    'proposal',
    ['the last batch under the next id', 'ORDER_NOT_OPEN', 'accepted', { gap: 'V-18', book: 'second' }],
    (batch, scene) => ({
      ...earlier(scene),
      batchId: batch.batchId,
    }),
  ),
  spending('proposal', ['a lock time ahead', 'TRANSACTION_TIME_LOCKED', 'accepted'], (_, batch) => ({
    lockTime: batch.heightHint + 100,
  })),
  spending('proposal', ['a lock time that is a date', 'TRANSACTION_TIME_LOCKED', 'accepted'], () => ({
    lockTime: 1_900_000_000,
  })),
  spending('proposal', ['a relative lock', 'TRANSACTION_TIME_LOCKED', 'accepted'], (tx) => ({
    inputs: tx.inputs.map((input) => ({ ...input, sequence: 144 })),
  })),
  proposing('proposal', ['no matches, but a charge', 'DIFF_UNINVOLVED', 'caught'], (batch) => ({
    ...batch,
    matches: [],
  })),
  proposing('proposal', ['an order we never made', 'ORDER_UNKNOWN', 'stops'], (batch) => ({
    ...batch,
    matches: batch.matches.map((match) => ({ ...match, ownNonce: orderNonce(new Uint8Array(32).fill(5)) })),
  })),
  proposing('proposal', ["the other's order as ours", 'ORDER_UNKNOWN', 'stops'], (batch) => ({
    ...batch,
    matches: batch.matches.map((match) => ({ ...match, ownNonce: match.counterpart.nonce })),
  })),
  proposing('proposal', ['every match twice', 'COUNTERPART_LISTED_TWICE', 'accepted', 'V-24'], (batch) => ({
    ...batch,
    matches: batch.matches.flatMap((match) => [match, match]),
  })),

  feeRate(["a fee rate above the order's maximum", 'FEE_RATE_ABOVE_MAXIMUM', 'accepted', 'V-01'], () => 25_001n),
  feeRate(['a fee rate that no balance can carry', 'FEE_RATE_ABOVE_MAXIMUM', 'accepted', 'V-01'], () => 1n << 40n),
  feeRate(['twice the fee rate, the same balances', 'ENDING_BALANCE_WRONG', 'caught'], (rate) => rate * 2n),
  feeRate(['a lower fee rate than charged', 'ENDING_BALANCE_WRONG', 'caught'], () => 100n),
  fee(['a base fee above the terms', 'EXECUTION_FEE_ABOVE_TERMS', 'accepted', 'V-02'], ({ executionFee }) => ({
    baseFee: satoshi(executionFee.baseFee + 1n),
  })),
  fee(
    ['an execution fee rate above the terms', 'EXECUTION_FEE_ABOVE_TERMS', 'accepted', 'V-02'],
    ({ executionFee }) => ({
      feeRatePpm: executionFee.feeRatePpm + 1n,
    }),
  ),
  fee(['an execution fee of more than everything', 'EXECUTION_FEE_ABOVE_TERMS', 'accepted', 'V-02'], () => ({
    feeRatePpm: (1n << 63n) - 1n,
  })),
  fee(['no execution fee, but one charged', 'ENDING_BALANCE_WRONG', 'caught'], () => ({
    baseFee: satoshi(0),
    feeRatePpm: 0n,
  })),
  price(['a price above the bid', 'CLEARING_PRICE_EXCEEDED', 'caught'], (rate) => rate + 1),
  price(['a price below the ask', 'CLEARING_PRICE_EXCEEDED', 'caught', { victim: 'alice' }], () => 999),
  price(['price 0', 'CLEARING_PRICE_EXCEEDED', 'caught', { victim: 'alice' }], () => 0),
  price(["a price below the other's ask", 'COUNTERPART_PRICE_EXCEEDED', 'accepted'], () => 0),
  price(['another price than charged', 'ENDING_BALANCE_WRONG', 'caught'], (rate) => rate - 1),
  price(['the highest price there is', 'CLEARING_PRICE_EXCEEDED', 'caught'], () => 0xffff_ffff),
  proposing('price', ['no price for our duration', 'CLEARING_PRICE_MISSING', 'accepted'], (batch) => ({
    ...batch,
    clearingPrices: new Map([[blockCount(4032), ratePpb(1)]]),
    matches: batch.matches.map((match) => ({
      ...match,
      counterpart: { ...match.counterpart, leaseDuration: blockCount(4032) },
    })),
  })),
]
