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
      ['fee', `${grouped(batch.minerFeeSat)} sat at ${batch.feeRateSatPerKw} sat/kw`],
      ["auctioneer's account", `${grouped(batch.masterValueBeforeSat)} to ${grouped(batch.masterValueAfterSat)} sat`],
      ['attempts', String(batch.numAttempts)],
    ]),
    table(MATCH_COLUMNS, matches),
    table(DIFF_COLUMNS, accounts),
  ].join('\n')
}

const OUTCOMES: Readonly<Record<string, string>> = {
  batch: 'a batch was made',
  nothing_to_match: 'nothing to match',
  failed: 'the auction failed',
}

/** One run of the auction: outcome, what ended each attempt, why orders rest. */
export function runText(run: tidepool.AuctionRun): string {
  const failures = run.attempts.flatMap((attempt) =>
    attempt.failures.map((f) => `attempt ${attempt.number} ended in ${attempt.endedIn}: ${f.code} ${f.detail}`),
  )
  const resting = run.resting.map((order) => `resting ${short(toHex(order.nonce))}: ${order.reason}`)
  const detail = run.detail === '' ? '' : `: ${run.detail}`
  return [`${OUTCOMES[run.outcome] ?? run.outcome}${detail}`, ...failures, ...resting].join('\n')
}
