import { batchKey, blockCount, blockHeight, outPoint, satoshi, satPerKWeight, txid, txidOf } from '@tidepool/crypto'
import type { PubKey } from '@tidepool/crypto'
import { ratePpb, supplyUnits } from '@tidepool/market'
import type { BatchProposal, CounterpartOrder } from '@tidepool/market'
import { describe, expect, it } from 'vitest'
import { validCase } from '../../../test/support/acceptedBase.ts'
import { inCounterpart, inTransaction } from '../../../test/support/mutations.ts'
import { proposalFromJson } from '../../../test/support/proposalJson.ts'
import { ownRecords } from '../../../test/support/verifyCase.ts'
import type { OwnAccount, OwnOrder, OwnRecords } from './ownRecords.ts'
import { rejectText } from './rejected.ts'
import { validateBatch } from './validateBatch.ts'

function scenario(base: string): { readonly proposal: BatchProposal; readonly own: OwnRecords } {
  const c = validCase(base)
  return { proposal: proposalFromJson(c.prepare_json), own: ownRecords(c) }
}

function codes(proposal: BatchProposal, own: OwnRecords): readonly string[] {
  const verdict = validateBatch(proposal, own)
  return verdict.verdict === 'accepted' ? [] : verdict.mismatches.map(({ code }) => code)
}

const eachOrder = (own: OwnRecords, change: (order: OwnOrder, i: number) => OwnOrder): OwnRecords => ({
  ...own,
  orders: new Map([...own.orders].map(([nonce, order], i) => [nonce, change(order, i)])),
})
const eachAccount = (own: OwnRecords, change: (account: OwnAccount) => OwnAccount): OwnRecords => ({
  ...own,
  accounts: new Map([...own.accounts].map(([key, account]) => [key, change(account)])),
})
const withDiff = (proposal: BatchProposal, change: object): BatchProposal => ({
  ...proposal,
  accountDiffs: proposal.accountDiffs.map((diff) => ({ ...diff, ...change })),
})

describe('the proposal as a whole', () => {
  const { proposal, own } = scenario('bid-v0')

  it('must not reuse the id of a final batch', () => {
    const { batchId } = proposal
    expect(codes(proposal, { ...own, finalizedBatchIds: new Set([batchId]) })).toEqual(['BATCH_ALREADY_FINALIZED'])
    expect(codes(proposal, { ...own, finalizedBatchIds: new Set([batchKey(own.nodeKey)]) })).toEqual([])
  })

  it('must not have a transaction that was signed before', () => {
    const signed = txidOf(proposal.transaction)
    expect(codes(proposal, { ...own, signedTransactions: new Set([signed]) })).toEqual(['TRANSACTION_ALREADY_SIGNED'])
    const other = txidOf({ ...proposal.transaction, lockTime: 1 })
    expect(codes(proposal, { ...own, signedTransactions: new Set([other]) })).toEqual([])
  })

  it.each([
    ['a lock time at the tip', { lockTime: own.bestHeight }, []],
    ['a lock time ahead', { lockTime: own.bestHeight + 1 }, ['TRANSACTION_TIME_LOCKED']],
    ['a timestamp', { lockTime: 500_000_000 }, ['TRANSACTION_TIME_LOCKED']],
    ['a relative lock', { sequence: 1 }, ['TRANSACTION_TIME_LOCKED']],
    ['a relative lock by time', { sequence: 0x0040_0001 }, ['TRANSACTION_TIME_LOCKED']],
    ['a relative lock below version 2', { sequence: 1, version: 1 }, []],
    ['a sequence without a lock', { sequence: 0xffff_fffd }, []],
    ['a lock time that final sequences switch off', { sequence: 0xffff_ffff, lockTime: 600_000_000 }, []],
  ])('with %s', (_, { sequence, ...fields }: { sequence?: number; lockTime?: number; version?: number }, expected) => {
    const locked = inTransaction((tx) => ({
      ...tx,
      ...fields,
      inputs: tx.inputs.map((input) => ({ ...input, sequence: sequence ?? input.sequence })),
    }))
    expect(codes(locked(proposal), own)).toEqual(expected)
  })
})

describe('our own records', () => {
  const { proposal, own } = scenario('bid-v0')
  const expiring = (blocks: number) =>
    eachAccount(own, ({ account }) => ({
      account: { ...account, expiry: blockHeight(own.bestHeight + blocks) },
      state: 'open',
    }))

  it('V-19: an account must outlive the batch by more than the margin', () => {
    expect(codes(proposal, expiring(72))).toEqual(['ACCOUNT_EXPIRES_TOO_SOON'])
    expect(codes(proposal, expiring(73))).not.toContain('ACCOUNT_EXPIRES_TOO_SOON')
    const limits = { ...own.limits, expiryMargin: blockCount(10) }
    expect(codes(proposal, { ...expiring(72), limits })).not.toContain('ACCOUNT_EXPIRES_TOO_SOON')
  })

  it.each(['initiated', 'pendingOpen', 'pendingUpdate', 'expired', 'pendingClosed', 'closed'] as const)(
    'V-19: an account that is %s takes no part',
    (state) => {
      expect(
        codes(
          proposal,
          eachAccount(own, ({ account }) => ({ account, state })),
        ),
      ).toEqual(['ACCOUNT_NOT_OPEN'])
    },
  )

  it.each(['executed', 'canceled', 'expired', 'failed'] as const)(
    'V-18: an order that is %s is not filled',
    (state) => {
      const verdict = validateBatch(
        proposal,
        eachOrder(own, (order) => ({ ...order, state })),
      )
      expect(verdict).toMatchObject({ verdict: 'rejected', rejectCode: 'unknown' })
      expect(
        codes(
          proposal,
          eachOrder(own, (order) => ({ ...order, state })),
        ),
      ).toEqual(['ORDER_NOT_OPEN'])
    },
  )

  it('V-17: an account without a match is not spent', () => {
    const [first] = own.accounts.values()
    if (first === undefined) throw new Error('no account')
    const foreign = proposal.transaction.inputs.find(({ prevout }) => prevout.txid !== first.account.outpoint.txid)
    const key = batchKey(own.nodeKey) as unknown as typeof first.account.key
    const other: OwnAccount = {
      ...first,
      account: { ...first.account, key, outpoint: foreign?.prevout ?? outPoint(txid('0'.repeat(64)), 0) },
    }
    expect(codes(proposal, { ...own, accounts: new Map([...own.accounts, [key, other]]) })).toEqual([
      'ACCOUNT_SPENT_UNINVOLVED',
    ])
  })

  it('an account is spent once', () => {
    const twice = inTransaction((tx) => ({ ...tx, inputs: [...tx.inputs, ...tx.inputs] }))
    expect(codes(twice(proposal), own)).toEqual(['ACCOUNT_INPUT_TWICE'])
  })
})

describe('fees', () => {
  it('V-02: each component is bounded by the highest terms among the matched orders', () => {
    const { proposal, own } = scenario('two-bids-self-balance')
    const lower = { baseFee: satoshi(0), feeRatePpm: 0n }
    const { baseFee, feeRatePpm } = proposal.executionFee
    const apart = eachOrder(own, (order, i) => ({
      ...order,
      terms: i === 0 ? { ...lower, baseFee } : { ...lower, feeRatePpm },
    }))
    expect(codes(proposal, apart)).toEqual([])
    expect(
      codes(
        proposal,
        eachOrder(own, (order) => ({ ...order, terms: { ...lower, feeRatePpm } })),
      ),
    ).toEqual(['EXECUTION_FEE_ABOVE_TERMS'])
  })

  it('V-01: the fee rate is bounded by the lowest maximum among the matched orders', () => {
    const { proposal, own } = scenario('two-bids-self-balance')
    const maximum = (order: OwnOrder, sat: bigint): OwnOrder => ({
      ...order,
      order: { ...order.order, maxBatchFeeRate: satPerKWeight(sat) },
    })
    expect(
      codes(
        proposal,
        eachOrder(own, (order) => maximum(order, proposal.feeRate)),
      ),
    ).toEqual([])
    const one = eachOrder(own, (order, i) => maximum(order, proposal.feeRate - (i === 0 ? 1n : 0n)))
    expect(codes(proposal, one)).toEqual(['FEE_RATE_ABOVE_MAXIMUM'])
  })

  it('stays within the amounts of money whatever the message says', () => {
    const { proposal, own } = scenario('ask-v0')
    const price = ratePpb(0xffff_ffff)
    const clearingPrices = new Map([...proposal.clearingPrices.keys()].map((duration) => [duration, price]))
    const generous = inCounterpart(0, (order) => ({ ...order, rate: price }))
    const rich = eachOrder(own, (order) => ({ ...order, unitsUnfulfilled: supplyUnits(0xffff_ffff) }))
    const huge = inCounterpart(0, (order) => ({ ...order, amount: satoshi(2_000_000_000_000_000n) }))
    const units = {
      ...huge(generous({ ...proposal, clearingPrices })),
      matches: huge(generous(proposal)).matches.map((match) => ({ ...match, units: supplyUnits(2_000_000_000) })),
    }
    expect(codes(units, rich)).toEqual(['AMOUNT_OUT_OF_RANGE'])
    const balance = inCounterpart(0, (order): CounterpartOrder => {
      return order.kind === 'bid' ? { ...order, selfChannelBalance: satoshi(2_100_000_000_000_000n) } : order
    })
    expect(codes(balance(proposal), own)).toEqual(['AMOUNT_OUT_OF_RANGE'])
  })
})

describe('funding keys', () => {
  const { proposal, own } = scenario('two-bids-self-balance')
  const ours = [...own.orders.values()].map(({ order }) => order.multiSigKey)
  const negated = (key: PubKey) => ((key.startsWith('02') ? '03' : '02') + key.slice(2)) as PubKey

  it.each([ours[0], ours[1], ...ours.map(negated)])('V-25: %s is ours, in whichever order and parity', (key) => {
    const keyed = inCounterpart(0, (order) => ({ ...order, multiSigKey: key ?? order.multiSigKey }))
    expect(codes(keyed(proposal), own)).toEqual(['FUNDING_KEY_IS_OWN'])
  })
})

describe('a new expiry', () => {
  const { proposal, own } = scenario('expiry-on-dust')
  const current = [...own.accounts.values()][0]?.account.expiry ?? 0
  const latest = own.bestHeight + 52_560

  it.each([
    ['none', 0, own, []],
    ['the same', current, own, []],
    ['one lower', current - 1, own, ['NEW_EXPIRY_LOWERED']],
    ['the last allowed', latest, own, []],
    ['one beyond', latest + 1, own, ['NEW_EXPIRY_TOO_FAR']],
    ['the largest number', 0xffff_ffff, own, ['NEW_EXPIRY_TOO_FAR']],
  ] as const)('V-03, V-21: %s', (_, newExpiry, us, expected) => {
    expect(codes(withDiff(proposal, { newExpiry }), us)).toEqual(expected)
  })

  it('V-03: the terms’ own extension is the nearer bound, with three blocks of slack', () => {
    const blocks = current - own.bestHeight + 100
    const limits = { ...own.limits, autoRenewExtension: blockCount(blocks) }
    const bound = own.bestHeight + blocks + 3
    expect(codes(withDiff(proposal, { newExpiry: bound }), { ...own, limits })).toEqual([])
    expect(codes(withDiff(proposal, { newExpiry: bound + 1 }), { ...own, limits })).toEqual(['NEW_EXPIRY_TOO_FAR'])
  })
})

describe('a rejection', () => {
  it('names every mismatch of its stage in one line', () => {
    const { proposal, own } = scenario('bid-v0')
    const verdict = validateBatch(withDiff(proposal, { endingBalance: 1n, accountKey: own.nodeKey }), own)
    if (verdict.verdict === 'accepted') throw new Error('accepted')
    expect(verdict.mismatches.map(({ code }) => code)).toEqual(['DIFF_UNINVOLVED', 'DIFF_MISSING'])
    expect(rejectText(verdict.mismatches)).toMatch(/^diff for uninvolved account 02.*; no diff for account 03/)
  })
})
