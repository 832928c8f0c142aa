import { accountOutput, fromHex, toHex } from '@tidepool/crypto'
import { describe, expect, it } from 'vitest'
import type { MismatchCode } from '../src/core/verify/mismatch.ts'
import { validateBatch } from '../src/core/verify/validateBatch.ts'
import type { BatchVerdict } from '../src/core/verify/verdict.ts'
import { expectedCodes } from './support/expectedCodes.ts'
import { AmbiguousMessage, proposalFromJson } from './support/proposalJson.ts'
import { ownRecords, verifyCases } from './support/verifyCase.ts'
import type { VerifyCase } from './support/verifyCase.ts'

const REJECT_CODES = {
  UNKNOWN: 'unknown',
  SERVER_MISBEHAVIOR: 'serverMisbehavior',
  BATCH_VERSION_MISMATCH: 'batchVersionMismatch',
} as const

/** The verdict, or `unreadable` for a message that the wire layer must refuse. */
function verdictOf(c: VerifyCase): BatchVerdict | 'unreadable' {
  try {
    return validateBatch(proposalFromJson(c.prepare_json), ownRecords(c))
  } catch (error) {
    if (error instanceof AmbiguousMessage) return 'unreadable'
    throw error
  }
}

function codesOf(verdict: BatchVerdict | 'unreadable'): readonly (MismatchCode | 'unreadable')[] {
  if (verdict === 'unreadable') return ['unreadable']
  return verdict.verdict === 'accepted' ? [] : verdict.mismatches.map(({ code }) => code)
}

const cases = verifyCases()

it('covers every case of the vectors', () => {
  expect(cases).toHaveLength(399)
})

describe.each(cases)('$name of $base', (c) => {
  const verdict = verdictOf(c)

  it('gets the verdict and the reasons it must', () => {
    expect(codesOf(verdict)).toEqual(expectedCodes(c))
    if (c.either_is_fine !== true) expect(codesOf(verdict).length > 0).toBe(c.should_reject)
  })

  it('is rejected with the code a stock trader sends', () => {
    if (verdict === 'unreadable' || verdict.verdict === 'accepted' || !c.rejects) return
    expect(verdict.rejectCode).toBe(REJECT_CODES[c.reject_code as keyof typeof REJECT_CODES])
    for (const { text, detail, code } of verdict.mismatches) {
      expect(text).not.toMatch(/undefined|object/)
      expect(detail.code).toBe(code)
    }
  })
})

describe.each(cases.filter(({ kind }) => kind === 'valid'))('$base', (c) => {
  const verdict = verdictOf(c)
  if (verdict === 'unreadable' || verdict.verdict === 'rejected') throw new Error('not accepted')
  const { result } = verdict
  const proposal = proposalFromJson(c.prepare_json)

  it('ends with the balances and scripts of the message', () => {
    expect(result.accounts).toHaveLength(proposal.accountDiffs.length)
    for (const [i, ending] of result.accounts.entries()) {
      const diff = proposal.accountDiffs[i]
      expect(ending.endingBalance).toBe(diff?.endingBalance)
      expect(ending.next === undefined).toBe(diff?.endingState !== 'recreated')
      if (ending.next === undefined) continue
      const output = proposal.transaction.outputs.at(ending.next.outpoint.index)
      expect(output?.value).toBe(ending.endingBalance)
      expect(toHex(output?.script ?? new Uint8Array())).toBe(toHex(ending.nextScript ?? new Uint8Array()))
      const spent = c.accounts.find(({ trader_key }) => trader_key === ending.before.key)
      expect(accountOutput({ ...ending.before, traderKey: ending.before.key }).script).toEqual(
        fromHex(spent?.pk_script ?? ''),
      )
    }
  })

  it('gives every match an output of its own', () => {
    expect(result.channels).toHaveLength(proposal.matches.length)
    expect(new Set(result.channels.map(({ outpoint }) => outpoint.index)).size).toBe(proposal.matches.length)
    for (const channel of result.channels) {
      const output = proposal.transaction.outputs.at(channel.outpoint.index)
      expect(output?.value).toBe(channel.value)
      expect(output?.script).toEqual(channel.script)
      expect(channel.value).toBe(BigInt(channel.units) * 100_000n + channel.pushAmount)
      expect(channel.outpoint.txid).toBe(result.txid)
      expect(channel.pendingChannelId).toHaveLength(32)
    }
  })

  it('conserves every satoshi of each account', () => {
    for (const { before, endingBalance, executionFee, chainFee } of result.accounts) {
      const ours = result.channels.filter(({ ownNonce }) => {
        return c.orders.some(({ nonce, acct_key }) => nonce === ownNonce && acct_key === before.key)
      })
      const moved = ours.reduce(
        (sum, { role, premium, pushAmount, value }) =>
          role === 'asker' ? sum + premium - (value - pushAmount) : sum - premium - pushAmount,
        0n,
      )
      expect(before.value + moved - executionFee - chainFee).toBe(endingBalance)
      expect(ours.reduce((sum, channel) => sum + channel.executionFee, 0n)).toBe(executionFee)
    }
  })
})
