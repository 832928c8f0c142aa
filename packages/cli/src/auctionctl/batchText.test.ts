import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { fillMessage, type tidepool } from '@tidepool/rpc'
import { attemptLines, batchText, chainText, progressLines, runText } from './batchText.ts'

const KEY = new Uint8Array(33).fill(2)
const TXID = 'ab'.repeat(32)
const AT_NS = 1_800_000_000_500_000_000n

const move = (parts: tidepool.AuctionProgressInit): tidepool.AuctionProgress =>
  fillMessage('tidepool.AuctionProgress', { atNs: AT_NS, batchId: KEY, ...parts })
const attempt = (parts: tidepool.AuctionAttemptInit): tidepool.AuctionAttempt =>
  fillMessage('tidepool.AuctionAttempt', { number: 2, numMatches: 3, feeRateSatPerKw: 500n, ...parts })

describe('what the operator reads of an auction', () => {
  it('is one line for each move', () => {
    expect(progressLines(move({ auctionState: 'idle' }))).toEqual(['08:00:00.500  idle'])
    const proposal = { attempt: 1, numMatches: 3, feeRateSatPerKw: 500n, numStreams: 4, txid: TXID }
    expect(progressLines(move({ auctionState: 'preparing', ...proposal, numWaiting: 2 }))).toEqual([
      '08:00:00.500  preparing: attempt 1, 3 matches, 500 sat/kw, abababab…abab, 2 of 4 traders to answer',
    ])
    expect(progressLines(move({ auctionState: 'sealing', ...proposal }))).toEqual([
      '08:00:00.500  sealing: attempt 1, 3 matches, 500 sat/kw, abababab…abab',
    ])
  })

  it('names who ended an attempt, and why', () => {
    const failures = [
      { stream: 7n, accountKeys: [KEY], code: 'partial_reject', detail: '02…: duplicate_peer' },
      { code: 'book_changed', detail: 'order canceled' },
    ]
    expect(attemptLines(attempt({ endedIn: 'prepare', failures }))).toEqual([
      'attempt 2, 3 matches at 500 sat/kw, ended in prepare by 02020202…0202: partial_reject 02…: duplicate_peer',
      'attempt 2, 3 matches at 500 sat/kw, ended in prepare: book_changed order canceled',
    ])
    expect(attemptLines(attempt({ endedIn: 'interrupted' }))).toEqual([
      'attempt 2, 3 matches at 500 sat/kw, ended in interrupted',
    ])
    const ended = move({ endedAttempt: attempt({ endedIn: 'done' }) })
    expect(progressLines(ended)).toEqual(['08:00:00.500  attempt 2, 3 matches at 500 sat/kw, done'])
  })

  it('tells how a run ended', () => {
    const run = { batchId: KEY, outcome: 'held_back', detail: '20 of our transactions wait' }
    expect(progressLines(move({ endedRun: run }))).toEqual([
      '08:00:00.500  held back until the next block: 20 of our transactions wait (02020202…0202)',
    ])
    const resting = [{ nonce: KEY, reason: 'no_counterpart' }]
    const filled = fillMessage('tidepool.AuctionRun', { outcome: 'nothing_to_match', resting })
    expect(runText(filled)).toBe('nothing to match\nresting 02020202…0202: no_counterpart')
  })
})

describe('what waits for a block', () => {
  it('is counted against its limits', () => {
    expect(chainText(undefined)).toBe('nothing waits for a block')
    const chain = fillMessage('tidepool.UnconfirmedChain', {
      ...{ numTransactions: 3, virtualSize: 1_200n, feeRateSatPerKw: 700n, maxTransactions: 20 },
      maxVirtualSize: 100_500n,
    })
    expect(chainText(chain)).toBe('3 of 20 transactions, 1200 of 100500 vB, 700 sat/kw together')
    expect(chainText({ ...chain, problem: 'refused' })).toContain('; no batch can join: refused')
  })
})

describe('a batch', () => {
  it('shows who pays the miner, and what the node refused', () => {
    const batch = fillMessage('tidepool.AdminBatch', {
      ...{ batchId: KEY, txid: TXID, state: 'published', minerFeeSat: 1_500n, feeRateSatPerKw: 500n },
      accounts: [{ chainFeeSat: 600n }, { chainFeeSat: 700n }],
      matches: [{ makerExecutionFeeSat: 201n, takerExecutionFeeSat: 202n }],
      problem: 'mempool min fee not met',
    })
    const text = stripVTControlCharacters(batchText(batch))
    expect(text).toContain('1,500 sat at 500 sat/kw: traders 1,300, auctioneer 200')
    expect(text).toMatch(/execution fees +403 sat/)
    expect(text).toMatch(/refused +mempool min fee not met/)
  })
})
