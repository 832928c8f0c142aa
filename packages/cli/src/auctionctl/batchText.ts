import type { tidepool } from '@tidepool/rpc'
import { grouped, short, toHex } from '../format.ts'
import { facts, table } from '../output.ts'

const MATCH_COLUMNS = [
  ['ASK', 'left'],
  ['BID', 'left'],
  ['UNITS', 'right'],
  ['BLOCKS', 'right'],
  ['PRICE (PPB)', 'right'],
  ['PREMIUM (SAT)', 'right'],
  ['CHANNEL (SAT)', 'right'],
  ['TYPE', 'left'],
] as const

const DIFF_COLUMNS = [
  ['ACCOUNT', 'left'],
  ['BEFORE (SAT)', 'right'],
  ['AFTER (SAT)', 'right'],
  ['CHAIN FEE (SAT)', 'right'],
  ['OUTPUT', 'left'],
] as const

/** One batch for the operator: transaction, matches, accounts. */
export function batchText(batch: tidepool.AdminBatch): string {
  const matches = batch.matches.map((m) => [
    short(toHex(m.askNonce)),
    short(toHex(m.bidNonce)),
    String(m.units),
    String(m.leaseDurationBlocks),
    grouped(m.clearingPriceRate),
    grouped(m.premiumSat),
    grouped(m.channelValueSat),
    m.commitmentType,
  ])
  const accounts = batch.accounts.map((d) => [
    short(toHex(d.accountKey)),
    grouped(d.startingBalanceSat),
    grouped(d.endingBalanceSat),
    grouped(d.chainFeeSat),
    d.outputIndex < 0 ? d.endingState : `${d.outputIndex}`,
  ])
  return [
    facts([
      ['batch', toHex(batch.batchId)],
      ['transaction', batch.txid],
      ['state', batch.confirmedHeight === 0 ? batch.state : `${batch.state} at height ${batch.confirmedHeight}`],
      ['miner fee', minerFeeText(batch)],
      [
        'execution fees',
        `${grouped(sum(batch.matches.flatMap((m) => [m.makerExecutionFeeSat, m.takerExecutionFeeSat])))} sat`,
      ],
      ["auctioneer's account", `${grouped(batch.masterValueBeforeSat)} to ${grouped(batch.masterValueAfterSat)} sat`],
      ['attempts', String(batch.numAttempts)],
      ...(batch.problem === '' ? [] : [['refused', batch.problem] as const]),
    ]),
    table(MATCH_COLUMNS, matches),
    table(DIFF_COLUMNS, accounts),
  ].join('\n')
}

/** Who pays it: each account its share, the auctioneer what is left, which may be a gain. */
function minerFeeText({ minerFeeSat, feeRateSatPerKw, accounts }: tidepool.AdminBatch): string {
  const shares = sum(accounts.map(({ chainFeeSat }) => chainFeeSat))
  const own = minerFeeSat - shares
  return `${grouped(minerFeeSat)} sat at ${feeRateSatPerKw} sat/kw: traders ${grouped(shares)}, auctioneer ${grouped(own)}`
}

const sum = (values: readonly bigint[]): bigint => values.reduce((total, value) => total + value, 0n)

const OUTCOMES: Readonly<Record<string, string>> = {
  batch: 'a batch was made',
  nothing_to_match: 'nothing to match',
  held_back: 'held back until the next block',
  failed: 'the auction failed',
}

/** One line for each reason an attempt ended. */
export function attemptLines(attempt: tidepool.AuctionAttempt): readonly string[] {
  const what = `attempt ${attempt.number}, ${attempt.numMatches} matches at ${attempt.feeRateSatPerKw} sat/kw, `
  if (attempt.endedIn === 'done') return [`${what}done`]
  if (attempt.failures.length === 0) return [`${what}ended in ${attempt.endedIn}`]
  return attempt.failures.map(({ code, detail, accountKeys }) => {
    const who = accountKeys.length === 0 ? '' : ` by ${accountKeys.map((key) => short(toHex(key))).join(', ')}`
    return `${what}ended in ${attempt.endedIn}${who}: ${code} ${detail}`.trimEnd()
  })
}

/** What waits for a block, in one line. */
export function chainText(chain: tidepool.UnconfirmedChain | undefined): string {
  if (chain === undefined || chain.numTransactions === 0) return 'nothing waits for a block'
  const { numTransactions: count, virtualSize, feeRateSatPerKw: rate, maxTransactions, maxVirtualSize, problem } = chain
  const sizes = `${count} of ${maxTransactions} transactions, ${virtualSize} of ${maxVirtualSize} vB`
  return `${sizes}, ${rate} sat/kw together${problem === '' ? '' : `; no batch can join: ${problem}`}`
}

/** One move of the auction in one line or more. */
export function progressLines(move: tidepool.AuctionProgress): readonly string[] {
  const at = new Date(Number(move.atNs / 1_000_000n)).toISOString().slice(11, 23)
  if (move.endedAttempt !== undefined) return attemptLines(move.endedAttempt).map((line) => `${at}  ${line}`)
  if (move.endedRun !== undefined) {
    const { outcome, detail, batchId } = move.endedRun
    return [`${at}  ${OUTCOMES[outcome] ?? outcome}${detail === '' ? '' : `: ${detail}`} (${short(toHex(batchId))})`]
  }
  if (move.numStreams === 0) return [`${at}  ${move.auctionState}`]
  const waits = move.numWaiting === 0 ? '' : `, ${move.numWaiting} of ${move.numStreams} traders to answer`
  const proposal = `attempt ${move.attempt}, ${move.numMatches} matches, ${move.feeRateSatPerKw} sat/kw, ${short(move.txid)}`
  return [`${at}  ${move.auctionState}: ${proposal}${waits}`]
}

/** One run of the auction: outcome, what ended each attempt, why orders rest. */
export function runText(run: tidepool.AuctionRun): string {
  const failures = run.attempts.flatMap(attemptLines)
  const resting = run.resting.map((order) => `resting ${short(toHex(order.nonce))}: ${order.reason}`)
  const detail = run.detail === '' ? '' : `: ${run.detail}`
  return [`${OUTCOMES[run.outcome] ?? run.outcome}${detail}`, ...failures, ...resting].join('\n')
}
