import {
  accountKey,
  fromHex,
  outPoint,
  pointFromSecret,
  pubKey,
  satoshi,
  satPerKWeight,
  toHex,
  txid,
} from '@tidepool/crypto'
import type { AccountKey, PubKey, Transaction, TxList, TxOutput } from '@tidepool/crypto'
import { ratePpb, supplyUnits } from '@tidepool/market'
import type { AccountDiff, AccountEndingState, BatchProposal, CounterpartOrder, ProposedMatch } from '@tidepool/market'
import fc from 'fast-check'

/** One change of one value in a proposal. `at` picks which of several, modulo their number. */
export type Mutation = (proposal: BatchProposal) => BatchProposal

const index = fc.nat({ max: 63 })
const nonZero = fc
  .oneof(fc.bigInt({ min: -1000n, max: 1000n }), fc.bigInt({ min: -(2n ** 50n), max: 2n ** 50n }))
  .filter((delta) => delta !== 0n)

/** Changes of the amounts, scripts, keys, prices, units and heights of a proposal, and of what it lists. */
export const mutations: Readonly<Record<string, fc.Arbitrary<Mutation>>> = {
  'ending balance': fc
    .tuple(index, nonZero)
    .map(([at, delta]) => inDiff(at, (diff) => ({ ...diff, endingBalance: wrapped(diff.endingBalance + delta) }))),
  'ending state': fc
    .tuple(
      index,
      fc.constantFrom<AccountEndingState>('recreated', 'dustExtendedOffchain', 'dustAddedToFees', 'fullySpent'),
    )
    .map(([at, endingState]) => inDiff(at, (diff) => ({ ...diff, endingState }))),
  'output index': fc
    .tuple(index, fc.integer({ min: -2, max: 9 }))
    .map(([at, outpointIndex]) => inDiff(at, (diff) => ({ ...diff, outpointIndex }))),
  'new expiry': fc
    .tuple(index, fc.oneof(fc.nat({ max: 2_000_000 }), fc.nat({ max: 0xffff_ffff })))
    .map(([at, newExpiry]) => inDiff(at, (diff) => ({ ...diff, newExpiry }))),
  'new version': fc
    .tuple(index, fc.oneof(fc.nat({ max: 4 }), fc.nat({ max: 0xffff_ffff })))
    .map(([at, newVersion]) => inDiff(at, (diff) => ({ ...diff, newVersion }))),
  'account of a diff': fc
    .tuple(index, anyKey())
    .map(([at, key]) => inDiff(at, (diff) => ({ ...diff, accountKey: accountKey(key) }))),
  'output value': fc
    .tuple(index, nonZero)
    .map(([at, delta]) => inOutput(at, (output) => ({ ...output, value: money(output.value + delta) }))),
  'output script': fc
    .tuple(index, fc.nat({ max: 33 * 8 }))
    .map(([at, bit]) => inOutput(at, (output) => ({ ...output, script: flipped(output.script, bit) }))),
  'spent outpoint': fc
    .tuple(index, fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.nat({ max: 3 }))
    .map(([at, id, vout]) =>
      inTransaction((tx) => ({
        ...tx,
        inputs: replaced(tx.inputs, at, (input) => ({ ...input, prevout: outPoint(txid(toHex(id)), vout) })),
      })),
    ),
  'execution base fee': nonZero.map((delta) => (proposal) => ({
    ...proposal,
    executionFee: { ...proposal.executionFee, baseFee: money(proposal.executionFee.baseFee + delta) },
  })),
  'execution fee rate': nonZero.map((delta) => (proposal) => ({
    ...proposal,
    executionFee: { ...proposal.executionFee, feeRatePpm: positive(proposal.executionFee.feeRatePpm + delta) },
  })),
  'batch fee rate': nonZero.map((delta) => (proposal) => ({
    ...proposal,
    feeRate: satPerKWeight(positive(proposal.feeRate + delta)),
  })),
  'clearing price': fc
    .tuple(index, fc.nat({ max: 0xffff_ffff }), fc.integer({ min: -50, max: 50 }))
    .map(([at, rate, delta]) => (proposal) => {
      const prices = [...proposal.clearingPrices]
      const changed = replaced(prices, at, ([duration, price]): (typeof prices)[number] => {
        return [duration, ratePpb(delta === 0 ? rate : Math.max(0, price + delta))]
      })
      return { ...proposal, clearingPrices: new Map(changed) }
    }),
  units: fc
    .tuple(index, fc.oneof(fc.nat({ max: 40 }), fc.nat({ max: 0xffff_ffff })))
    .map(([at, units]) => inMatch(at, (match) => ({ ...match, units: supplyUnits(units) }))),
  'counterpart rate': fc
    .tuple(index, fc.oneof(fc.nat({ max: 6000 }), fc.nat({ max: 0xffff_ffff })))
    .map(([at, rate]) => inCounterpart(at, (order) => ({ ...order, rate: ratePpb(rate) }))),
  'counterpart amount': fc
    .tuple(index, nonZero)
    .map(([at, delta]) => inCounterpart(at, (order) => ({ ...order, amount: money(order.amount + delta) }))),
  'counterpart self channel balance': fc.tuple(index, nonZero).map(([at, delta]) =>
    inCounterpart(at, (order) => {
      if (order.kind === 'ask') return order
      return { ...order, selfChannelBalance: money(order.selfChannelBalance + delta) }
    }),
  ),
  'counterpart funding key': fc
    .tuple(index, anyKey())
    .map(([at, multiSigKey]) => inCounterpart(at, (order) => ({ ...order, multiSigKey }))),
  'match left out': index.map((at) => (proposal) => ({ ...proposal, matches: without(proposal.matches, at) })),
  'match twice': index.map((at) => (proposal) => ({ ...proposal, matches: doubled(proposal.matches, at) })),
  'diff left out': index.map((at) => (proposal) => ({ ...proposal, accountDiffs: without(proposal.accountDiffs, at) })),
  'diff twice': index.map((at) => (proposal) => ({ ...proposal, accountDiffs: doubled(proposal.accountDiffs, at) })),
  'output left out': index.map((at) => inTransaction((tx) => ({ ...tx, outputs: without(tx.outputs, at) }))),
  'input left out': index.map((at) => inTransaction((tx) => ({ ...tx, inputs: without(tx.inputs, at) }))),
  'input twice': index.map((at) => inTransaction((tx) => ({ ...tx, inputs: doubled(tx.inputs, at) }))),
}

function inDiff(at: number, change: (diff: AccountDiff) => AccountDiff): Mutation {
  return (proposal) => ({ ...proposal, accountDiffs: replaced(proposal.accountDiffs, at, change) })
}

function inMatch(at: number, change: (match: ProposedMatch) => ProposedMatch): Mutation {
  return (proposal) => ({ ...proposal, matches: replaced(proposal.matches, at, change) })
}

export function inCounterpart(at: number, change: (order: CounterpartOrder) => CounterpartOrder): Mutation {
  return inMatch(at, (match) => ({ ...match, counterpart: change(match.counterpart) }))
}

export function inTransaction(change: (tx: Transaction) => Transaction): Mutation {
  return (proposal) => ({ ...proposal, transaction: change(proposal.transaction) })
}

function inOutput(at: number, change: (output: TxOutput) => TxOutput): Mutation {
  return inTransaction((tx) => ({ ...tx, outputs: replaced(tx.outputs, at, change) }))
}

export function anyKey(): fc.Arbitrary<PubKey & AccountKey> {
  return fc
    .bigInt({ min: 1n, max: 2n ** 250n })
    .map((secret) => accountKey(pubKey(pointFromSecret(fromHex(secret.toString(16).padStart(64, '0'))))))
}

function replaced<T>(list: TxList<T>, at: number, change: (entry: T) => T): readonly T[] {
  return list.map((entry, i) => (i === at % list.length ? change(entry) : entry))
}

const without = <T>(list: TxList<T>, at: number): readonly T[] => list.filter((_, i) => i !== at % list.length)

const doubled = <T>(list: TxList<T>, at: number): readonly T[] => [
  ...list,
  ...list.filter((_, i) => i === at % list.length),
]

const flipped = (bytes: Uint8Array, bit: number): Uint8Array =>
  bytes.map((byte, i) => (i === (bit >> 3) % bytes.length ? byte ^ (1 << (bit & 7)) : byte))

/** As an unsigned 64-bit number travels. */
const wrapped = (value: bigint): bigint => BigInt.asUintN(64, value)
const positive = (value: bigint): bigint => (value < 0n ? -value : value)
const money = (value: bigint): ReturnType<typeof satoshi> => satoshi(positive(value) % 2_100_000_000_000_000n)
