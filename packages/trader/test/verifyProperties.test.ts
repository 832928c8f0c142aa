import { batchKey, nodeKey, orderNonce, satPerKWeight, satoshi, toHex } from '@tidepool/crypto'
import type { BatchProposal, CounterpartOrder } from '@tidepool/market'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { validateBatch } from '../src/core/verify/validateBatch.ts'
import type { OwnRecords } from '../src/core/verify/ownRecords.ts'
import type { AcceptedBatch } from '../src/core/verify/verdict.ts'
import { acceptedBase, validBases, validCase } from './support/acceptedBase.ts'
import { anyKey, inCounterpart, inTransaction, mutations } from './support/mutations.ts'
import type { Mutation } from './support/mutations.ts'
import { proposalFromJson } from './support/proposalJson.ts'
import { unsound } from './support/sound.ts'
import { ownRecords } from './support/verifyCase.ts'

interface Valid {
  readonly proposal: BatchProposal
  readonly own: OwnRecords
  readonly accepted: AcceptedBatch
}

const batches: ReadonlyMap<string, Valid> = new Map(
  validBases().map((base) => {
    const c = validCase(base)
    return [base, { proposal: proposalFromJson(c.prepare_json), own: ownRecords(c), accepted: acceptedBase(base) }]
  }),
)
const anyBase = fc.constantFrom(...batches.keys())

function valid(base: string): Valid {
  const found = batches.get(base)
  if (found === undefined) throw new Error(`no batch ${base}`)
  return found
}

/**
 * All that a batch does to us: what we end with, behind which scripts, for which channels. Not the premium of a single
 * channel: an account that sells as much as it buys in one bucket pays itself, whatever the price.
 */
function effect(batch: AcceptedBatch) {
  return {
    accounts: batch.accounts.map(({ before, endingBalance, executionFee, chainFee, next, nextScript }) => ({
      ...{ key: before.key, endingBalance, executionFee, chainFee },
      next: next && [next.value, next.expiry, next.version, next.batchKey],
      nextScript: nextScript && toHex(nextScript),
      held: next && heldBy(batch, next.outpoint.index),
    })),
    fills: batch.fills,
    channels: batch.channels.map((channel) => ({
      ...{ ownNonce: channel.ownNonce, units: channel.units, value: channel.value, pushAmount: channel.pushAmount },
      ...{ executionFee: channel.executionFee, leaseDuration: channel.leaseDuration },
      ...{ localKey: channel.localKey, remoteKey: channel.remoteKey },
      script: toHex(channel.script),
      held: heldBy(batch, channel.outpoint.index),
    })),
  }
}

/** What the named output really pays. */
const heldBy = (batch: AcceptedBatch, index: number) => {
  const output = batch.transaction.outputs.at(index)
  return output && [output.value, toHex(output.script)]
}

function outcome(proposal: BatchProposal, own: OwnRecords) {
  const verdict = validateBatch(proposal, own)
  return verdict.verdict === 'accepted' ? effect(verdict.result) : verdict.mismatches.map(({ code }) => code)
}

describe('a single change of a valid proposal', () => {
  it.each(Object.entries(mutations))('of %s is refused or changes nothing for us', (_, arbitrary) => {
    fc.assert(
      fc.property(anyBase, arbitrary, (base, mutate) => {
        const { proposal, own, accepted } = valid(base)
        const result = outcome(mutate(proposal), own)
        if (Array.isArray(result)) expect(result.length).toBeGreaterThan(0)
        else expect(result).toEqual(effect(accepted))
      }),
      { numRuns: 150 },
    )
  })

  it('or several changes at once never leave more than an honest batch within our limits', () => {
    const several = fc.array(fc.oneof(...Object.values(mutations)), { minLength: 2, maxLength: 4 })
    fc.assert(
      fc.property(anyBase, several, (base, changes) => {
        const { proposal, own } = valid(base)
        const message = changes.reduce((changed, mutate) => mutate(changed), proposal)
        const verdict = validateBatch(message, own)
        if (verdict.verdict === 'accepted') expect(unsound(verdict.result, message, own)).toEqual([])
      }),
      { numRuns: 800 },
    )
  })

  it('is sound to begin with', () => {
    for (const { proposal, own, accepted } of batches.values()) expect(unsound(accepted, proposal, own)).toEqual([])
  })
})

/** What a careful trader need not care about: it changes neither balances nor scripts, only whom we talk to. */
const harmless: Readonly<Record<string, fc.Arbitrary<Mutation>>> = {
  'the counterpart’s node': anyKey().map((key) => inCounterpart(0, (order) => ({ ...order, nodeKey: nodeKey(key) }))),
  'the counterpart’s addresses': fc.constant(inCounterpart(0, (order) => ({ ...order, nodeAddresses: [] }))),
  'the counterpart’s nonce': fc
    .uint8Array({ minLength: 32, maxLength: 32 })
    .map((nonce) => inCounterpart(0, (order) => ({ ...order, nonce: orderNonce(toHex(nonce)) }))),
  'the counterpart’s own fee limit': fc.constant(
    inCounterpart(0, (order): CounterpartOrder => ({ ...order, maxBatchFeeRate: satPerKWeight(253) })),
  ),
  'the batch id': anyKey().map((key) => (proposal: BatchProposal) => ({ ...proposal, batchId: batchKey(key) })),
  'one more output': fc.bigInt({ min: 0n, max: 10n ** 9n }).map((value) =>
    inTransaction((tx) => ({
      ...tx,
      outputs: [...tx.outputs, { value: satoshi(value), script: Uint8Array.of(0x6a) }],
    })),
  ),
}

describe('a change that harms nobody', () => {
  it.each(Object.entries(harmless))('of %s is accepted', (_, arbitrary) => {
    const anywhere = fc.constantFrom(...[...batches.keys()].filter((base) => base !== 'node-lists'))
    fc.assert(
      fc.property(anywhere, arbitrary, (base, mutate) => {
        const { proposal, own, accepted } = valid(base)
        expect(outcome(mutate(proposal), own)).toEqual(effect(accepted))
      }),
      { numRuns: 60 },
    )
  })
})

describe('the verdict', () => {
  it('does not depend on the order in which matches and diffs are listed', () => {
    const sorted = (result: ReturnType<typeof outcome>) =>
      Array.isArray(result)
        ? result.toSorted()
        : { ...result, accounts: result.accounts.toSorted((a, b) => (a.key < b.key ? -1 : 1)) }
    fc.assert(
      fc.property(anyBase, fc.oneof(...Object.values(mutations)), (base, mutate) => {
        const { proposal, own } = valid(base)
        const message = mutate(proposal)
        const turned = {
          ...message,
          matches: message.matches.toReversed(),
          accountDiffs: message.accountDiffs.toReversed(),
          clearingPrices: new Map([...message.clearingPrices].toReversed()),
        }
        const channels = (result: ReturnType<typeof outcome>) =>
          Array.isArray(result) ? [] : result.channels.map((channel) => JSON.stringify(channel, text)).toSorted()
        const [one, two] = [outcome(message, own), outcome(turned, own)]
        expect(channels(two)).toEqual(channels(one))
        const strip = (result: ReturnType<typeof outcome>) => {
          const found = sorted(result)
          return Array.isArray(found) ? found : { ...found, channels: [] }
        }
        expect(strip(two)).toEqual(strip(one))
      }),
      { numRuns: 300 },
    )
  })
})

const text = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}` : value)
