import type { BatchProposal } from '@tidepool/market'
import type { OwnOrder, OwnRecords } from '../../src/core/verify/ownRecords.ts'
import type { AcceptedBatch, ExpectedChannel } from '../../src/core/verify/verdict.ts'

/** What must hold of anything ever accepted, worked out from the result alone; what does not hold. */
export function unsound(batch: AcceptedBatch, proposal: BatchProposal, own: OwnRecords): readonly string[] {
  const outputs = batch.transaction.outputs
  const used = [
    ...batch.channels.map(({ outpoint }) => outpoint.index),
    ...batch.accounts.flatMap(({ next }) => (next === undefined ? [] : [next.outpoint.index])),
  ]
  const faults: (string | false)[] = [
    new Set(used).size !== used.length && 'one output serves twice',
    batch.channels.length !== proposal.matches.length && 'a match without a channel',
    ...batch.channels.map(({ value, units, pushAmount, outpoint }) => {
      return (
        (value !== BigInt(units) * 100_000n + pushAmount || outputs.at(outpoint.index)?.value !== value) &&
        'channel size'
      )
    }),
    ...batch.channels.flatMap((channel) => brokenLimits(channel, proposal, orderOf(own, channel))),
    ...batch.fills.map(({ nonce, unitsFilled }) => {
      return unitsFilled > (own.orders.get(nonce)?.unitsUnfulfilled ?? 0) && 'overfilled'
    }),
    ...batch.accounts.flatMap((ending) => {
      const { before, endingBalance, executionFee, chainFee, next, inputIndex } = ending
      const ours = batch.channels.filter((channel) => orderOf(own, channel).order.accountKey === before.key)
      const moved = ours.reduce((sum, channel) => sum + balanceOf(channel), 0n)
      const input = batch.transaction.inputs.at(inputIndex)?.prevout
      return [
        before.value + moved - executionFee - chainFee !== endingBalance && 'lost satoshis',
        (input?.txid !== before.outpoint.txid || input.index !== before.outpoint.index) && 'not our input',
        next !== undefined && outputs.at(next.outpoint.index)?.value !== endingBalance && 'account output',
        next === undefined && endingBalance >= 435n && 'output missing',
        next !== undefined && (next.expiry < before.expiry || next.version < before.version) && 'lowered',
        next !== undefined && next.expiry > Math.max(before.expiry, own.bestHeight + 52_560) && 'hostage',
      ]
    }),
  ]
  return faults.filter((fault) => fault !== false)
}

function brokenLimits(channel: ExpectedChannel, proposal: BatchProposal, own: OwnOrder): readonly (string | false)[] {
  const { order, terms } = own
  const highest = terms.baseFee + (channel.value * terms.feeRatePpm) / 1_000_000n
  const beyond = order.kind === 'ask' ? channel.price < order.rate : channel.price > order.rate
  return [
    beyond && 'price beyond the limit',
    proposal.feeRate > order.maxBatchFeeRate && 'fee rate above the maximum',
    channel.executionFee > highest && 'execution fee above the terms',
    order.auctionType === 'inbound' && channel.units < order.minUnitsMatch && 'below the minimum',
  ]
}

function orderOf(own: OwnRecords, channel: ExpectedChannel): OwnOrder {
  const found = own.orders.get(channel.ownNonce)
  if (found === undefined) throw new Error('a channel of no order')
  return found
}

const balanceOf = ({ role, premium, pushAmount, value }: ExpectedChannel): bigint =>
  role === 'asker' ? premium - (value - pushAmount) : 0n - premium - pushAmount
