import {
  accountScript,
  batchKeyOffset,
  blockCount,
  blockHeight,
  encodeTx,
  fundingOutput,
  incrementBatchKey,
  masterAccountOutput,
  satPerKWeight,
  satoshi,
  sortBip69,
  txidOf,
  type PubKey,
} from '@tidepool/crypto'
import type { TxList, TxOutput } from '@tidepool/crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { scene } from '../../test/arbitraryBooks.ts'
import {
  account,
  accountOf,
  ask,
  BATCH_KEY,
  bid,
  bookAccount,
  context,
  keyOf,
  master,
  withAccounts,
} from '../../test/books.ts'
import { accountScriptOf } from '../account.ts'
import { batchVersion } from '../batchVersion.ts'
import { streamId, type BookOrder } from '../book.ts'
import { ACCOUNT_DUST } from '../chainFee.ts'
import { tallyTaker, tallyMaker, tallyChainFees, openTally } from '../accountTally.ts'
import { ratePpb } from '../supplyUnit.ts'
import type { ConstructContext, ConstructedBatch } from './batchTypes.ts'
import { matchAndClear } from './clearMarket.ts'
import type { ClearedMarket } from './clearedTypes.ts'
import { constructBatch } from './constructBatch.ts'
import type { MatchContext } from './types.ts'

const constructContext = (from: MatchContext, extra: Partial<ConstructContext> = {}): ConstructContext => ({
  batchId: BATCH_KEY,
  feeRate: from.feeRate,
  heightHint: from.height,
  sidecarRecipients: from.sidecarRecipients,
  ...extra,
})

function clearedOf(book: readonly BookOrder[], from: MatchContext): ClearedMarket {
  const { market } = matchAndClear(book, from)
  if (market === undefined) throw new Error('nothing matched')
  return market
}

const build = (book: readonly BookOrder[], from: MatchContext, extra: Partial<ConstructContext> = {}) =>
  constructBatch(clearedOf(book, from), master(), constructContext(from, extra))

const totalOf = (outputs: TxList<TxOutput>) => outputs.reduce((sum, { value }) => sum + value, 0n)

/** The batch of Pool's own verifier test: both accounts version 0, price 5000 for 1000 blocks, 1100 sat + 50 ppm. */
describe('worked example', () => {
  const terms = { baseFee: satoshi(1100), feeRatePpm: 50n }
  const lease = { leaseDuration: blockCount(1000) }
  const bids = [
    bid({ trader: 0, rate: 5000, units: 2, minUnits: 2, terms, arrival: 1 }, lease),
    bid(
      { trader: 0, rate: 5000, units: 2, minUnits: 2, terms, arrival: 2 },
      { ...lease, selfChannelBalance: satoshi(100_000) },
    ),
  ]
  const book = [...bids, ask({ trader: 3, rate: 5000, units: 4, terms }, lease)]
  const from = withAccounts(
    context(0, { openDurations: new Set([blockCount(1000)]) }),
    bookAccount(0, { account: account(0, { value: satoshi(500_000) }) }),
    bookAccount(3, { account: account(3, { value: satoshi(400_840) }) }),
  )
  const batch = build(book, from)
  const diffOf = (trader: number) => batch.accounts.get(accountOf(trader))?.diff

  test('one account is recreated, the other is dust', () => {
    expect(diffOf(0)).toMatchObject({ endingBalance: 395_594n, endingState: 'recreated' })
    expect(diffOf(3)).toMatchObject({ endingBalance: 434n, endingState: 'dustAddedToFees', outpointIndex: -1 })
    expect(batch.accounts.get(accountOf(3))?.after).toBeUndefined()
    expect(batch.fees.dust).toBe(434n)
    expect(batch.channels.map(({ output }) => output.value)).toEqual([200_000n, 300_000n])
  })

  test('the same numbers read as outbound', () => {
    const taken = (amount: bigint) => ({
      amount,
      premiumAmount: 200_000n + amount,
      price: ratePpb(5000),
      duration: blockCount(1000),
    })
    const taker = [0n, 100_000n].reduce((tally, amount) => tallyTaker(tally, taken(amount), terms), openTally(500_000n))
    const maker = [0n, 100_000n].reduce(
      (tally, amount) => tallyMaker(tally, { ...taken(amount), amount: 200_000n }, terms),
      openTally(400_840n),
    )
    const ends = [taker, maker].map((tally) => tallyChainFees(tally, 2, satPerKWeight(253), 0).balance)
    expect(ends).toEqual([395_089n, 934n])
  })
})

describe('every batch', () => {
  const checkTransaction = (batch: ConstructedBatch) => {
    const { transaction, prevOutputs, fees } = batch
    expect(transaction).toMatchObject({ version: 2, lockTime: 0 })
    expect(transaction.inputs.every((input) => input.sequence === 0 && input.witness.length === 0)).toBe(true)
    expect(sortBip69(transaction)).toEqual(transaction)
    expect(txidOf(transaction)).toBe(batch.txid)
    expect(totalOf(prevOutputs)).toBe(totalOf(transaction.outputs) + fees.minerFee)
    const stripped = encodeTx(transaction, { witness: false }).length
    const witnesses = [...batch.accounts.values()].map(({ before }) => (before.version === 0 ? 229 : 66))
    const weight = 4 * stripped + 2 + 111 + witnesses.reduce((sum, size) => sum + size, 0)
    expect(fees.weight).toBe(weight)
    expect(fees.minerFee * 1000n).toBeGreaterThanOrEqual(batch.feeRate * BigInt(weight))
    expect((fees.minerFee - 1n) * 1000n).toBeLessThan(batch.feeRate * BigInt(weight))
  }

  const checkAccounts = (batch: ConstructedBatch) => {
    for (const { before, inputIndex, diff, after } of batch.accounts.values()) {
      expect(batch.transaction.inputs.at(inputIndex)?.prevout).toEqual(before.outpoint)
      expect(batch.prevOutputs[inputIndex]).toEqual({ value: before.value, script: accountScriptOf(before) })
      expect(diff.endingState === 'recreated').toBe(diff.endingBalance >= ACCOUNT_DUST)
      if (after === undefined) continue
      const next = { ...before, traderKey: before.key, batchKey: incrementBatchKey(before.batchKey) }
      const output = { value: diff.endingBalance, script: accountScript(next) }
      expect(batch.transaction.outputs.at(diff.outpointIndex)).toEqual(output)
      expect(after).toEqual({
        ...before,
        value: diff.endingBalance,
        batchKey: next.batchKey,
        outpoint: { txid: batch.txid, index: diff.outpointIndex },
      })
    }
  }

  const checkChannels = (batch: ConstructedBatch) => {
    for (const { match, outpoint, output } of batch.channels) {
      expect(batch.transaction.outputs.at(outpoint.index)).toEqual(output)
      const keys: [PubKey, PubKey] = [match.bid.order.multiSigKey, match.ask.order.multiSigKey]
      const kind = match.commitment === 'simpleTaproot' ? 'simpleTaproot' : 'p2wsh'
      expect(output).toEqual(fundingOutput({ keys, kind, value: match.capacity }))
    }
    const used = [
      ...batch.channels.map(({ outpoint }) => outpoint.index),
      ...[...batch.accounts.values()].flatMap(({ after }) => after?.outpoint.index ?? []),
      batch.master.outpoint.index,
    ]
    expect(used.toSorted((a, b) => a - b)).toEqual(batch.transaction.outputs.map((_, index) => index))
  }

  const checkMaster = (batch: ConstructedBatch) => {
    const { fees } = batch
    expect(batch.master.value).toBe(10_000_000n + fees.executionFees + fees.chainFees + fees.dust - fees.minerFee)
    const key = { auctioneerKey: batch.master.key, batchKey: batchKeyOffset(BATCH_KEY, 1) }
    const output = { value: batch.master.value, script: masterAccountOutput(key).script }
    expect(batch.transaction.outputs.at(batch.master.outpoint.index)).toEqual(output)
    expect(batch.nextBatchKey).toBe(key.batchKey)
    expect(batch.transaction.inputs.at(batch.masterInputIndex)?.prevout).toEqual(master().outpoint)
  }

  const checkProposals = (batch: ConstructedBatch, market: ClearedMarket, from: MatchContext) => {
    const entries = [...batch.proposals].flatMap(([stream, { matches }]) =>
      matches.map((match) => ({ stream, ...match })),
    )
    expect(entries).toHaveLength(2 * market.matches.length)
    for (const [id, proposal] of batch.proposals) {
      expect(proposal).toMatchObject({ batchId: BATCH_KEY, transaction: batch.transaction, feeRate: batch.feeRate })
      const own = [...from.accounts.values()].filter(({ stream }) => stream?.id === id)
      expect(proposal.accountDiffs.map(({ accountKey }) => accountKey).toSorted()).toEqual(
        own
          .map((entry) => entry.account.key)
          .filter((key) => batch.accounts.has(key))
          .toSorted(),
      )
      for (const { counterpart } of proposal.matches) {
        expect(Object.keys(counterpart)).not.toEqual(expect.arrayContaining(['accountKey']))
        expect(proposal.clearingPrices.get(counterpart.leaseDuration)).toBe(
          market.prices.get(counterpart.leaseDuration),
        )
      }
    }
  }

  test('balances to the satoshi, in canonical order, with everything where it says', () => {
    const used = scene.filter(({ book, context: from }) => matchAndClear(book, from).market !== undefined)
    fc.assert(
      fc.property(used, ({ book, context: from }) => {
        const market = clearedOf(book, from)
        const batch = constructBatch(market, master(), constructContext(from))
        checkTransaction(batch)
        checkAccounts(batch)
        checkChannels(batch)
        checkMaster(batch)
        checkProposals(batch, market, from)
      }),
      { numRuns: 60 },
    )
  })
})

describe('options', () => {
  const book = [bid({ trader: 0, rate: 5000, units: 2 }), ask({ trader: 3, rate: 5000, units: 2 })]
  const stream = (trader: number, version: number) => ({
    stream: { id: streamId(`s${trader}`), batchVersion: batchVersion(version) },
  })
  const changesOf = (batch: ConstructedBatch) =>
    [0, 3].map((trader) => {
      const entry = batch.accounts.get(accountOf(trader))
      return [entry?.diff.newExpiry, entry?.after?.expiry, entry?.diff.newVersion, entry?.after?.version]
    })

  test('by default nothing of an account changes', () => {
    expect(changesOf(build(book, context(4)))).toEqual([
      [0, 10_000, 0, 0],
      [0, 10_000, 0, 0],
    ])
  })

  test('extension reaches near expiries of traders that know it, never back', () => {
    const from = withAccounts(
      context(4),
      bookAccount(0, { ...stream(0, 0), account: account(0, { expiry: blockHeight(2000) }) }),
      bookAccount(3, { account: account(3, { expiry: blockHeight(2000) }) }),
    )
    expect(changesOf(build(book, from, { extendExpiry: blockCount(3024) }))).toEqual([
      [0, 2000, 0, 0],
      [4024, 4024, 0, 0],
    ])
    expect(changesOf(build(book, from, { extendExpiry: blockCount(500) }))).toEqual([
      [0, 2000, 0, 0],
      [0, 2000, 0, 0],
    ])
  })

  test('upgrades go as far as each batch version carries', () => {
    const from = withAccounts(context(4), bookAccount(0, stream(0, 10)), bookAccount(3, stream(3, 10 | 0x20)))
    expect(changesOf(build(book, from, { upgradeTo: 2 }))).toEqual([
      [0, 10_000, 1, 1],
      [0, 10_000, 2, 2],
    ])
    const old = withAccounts(context(4), bookAccount(0, stream(0, 2)))
    expect(changesOf(build(book, old, { upgradeTo: 1 }))).toEqual([
      [0, 10_000, 0, 0],
      [0, 10_000, 1, 1],
    ])
  })

  test('each stream gets its own batch version', () => {
    const batch = build(book, withAccounts(context(4), bookAccount(0, stream(0, 10))))
    expect([...batch.proposals.values()].map((proposal) => proposal.batchVersion)).toEqual([58, 10])
  })

  test('a stream is charged the lowest of each component among its orders', () => {
    const dear = { baseFee: satoshi(5), feeRatePpm: 10n }
    const cheap = { baseFee: satoshi(2), feeRatePpm: 4000n }
    const orders = [
      bid({ trader: 0, rate: 5000, units: 2, terms: dear }),
      bid({ trader: 0, rate: 5000, units: 3, terms: cheap, arrival: 1 }),
      ask({ trader: 3, rate: 5000, units: 5 }),
    ]
    const batch = build(orders, context(4))
    expect(batch.proposals.get(streamId('s0'))?.executionFee).toEqual({ baseFee: 2n, feeRatePpm: 10n })
    expect(batch.proposals.get(streamId('s3'))?.executionFee).toEqual({ baseFee: 1n, feeRatePpm: 1000n })
    expect(batch.channels.map(({ match }) => match.takerExecutionFee)).toEqual([4n, 5n])
  })

  test('a sidecar recipient sees the match and no account', () => {
    const recipient = { id: streamId('recipient'), batchVersion: batchVersion(58) }
    const sidecar = bid(
      { trader: 0, rate: 5000, units: 2, minUnits: 2 },
      { isSidecar: true, nodeKey: keyOf(77) as (typeof book)[0]['order']['nodeKey'], multiSigKey: keyOf(78) },
    )
    const from = context(4, { sidecarRecipients: new Map([[keyOf(78), recipient]]) })
    const batch = build([sidecar, ask({ trader: 3, rate: 5000, units: 2 })], from)
    expect(batch.proposals.size).toBe(3)
    const proposal = batch.proposals.get(recipient.id)
    expect(proposal?.accountDiffs).toEqual([])
    expect(proposal?.matches.map(({ ownNonce }) => ownNonce)).toEqual([sidecar.order.nonce])
  })

  test('a master account too small for the fee is refused', () => {
    const from = context(4, { feeRate: satPerKWeight(25_000) })
    const market = clearedOf(book, from)
    const poor = () => constructBatch(market, master(10_000n), constructContext(from))
    expect(poor).toThrow(expect.objectContaining({ code: 'BATCH_MASTER_TOO_SMALL' }))
  })
})
