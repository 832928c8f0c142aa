import { ClmError, fromHex } from '@tidepool/crypto'
import type { BatchProposal } from '@tidepool/market'
import { decodeMessage, proposalFromWire, signRequestFromWire } from '@tidepool/rpc'
import { describe, expect, it } from 'vitest'
import { validateBatch } from '../src/core/verify/validateBatch.ts'
import type { BatchVerdict } from '../src/core/verify/verdict.ts'
import { expectedCodes } from './support/expectedCodes.ts'
import { proposalFromJson } from './support/proposalJson.ts'
import { signCases, signRequest } from './support/signCase.ts'
import { ownRecords, verifyCases } from './support/verifyCase.ts'
import type { VerifyCase } from './support/verifyCase.ts'

const proposalOf = (c: VerifyCase): BatchProposal =>
  proposalFromWire(decodeMessage('poolrpc.OrderMatchPrepare', fromHex(c.prepare_hex)))

/** The verdict as the daemon comes to it, or the code of the error that stops the message at the door. */
function verdictOf(c: VerifyCase): BatchVerdict | string {
  try {
    return validateBatch(proposalOf(c), ownRecords(c))
  } catch (error) {
    if (error instanceof ClmError) return String((error as ClmError).code)
    throw error
  }
}

/** Lies that the wire layer already refuses, because the message says two things or what the types cannot hold. */
const STOPPED_AT_THE_DOOR: readonly string[] = [
  'bucket-mismatch',
  'order-in-wrong-market',
  'gap-nonce-in-two-markets',
  'state-unknown',
  'zero-unit-match',
  'gap-zero-unit-match-taproot',
  'gap-zero-unit-match-own-key',
  'counterpart-order-version',
  'new-version-258',
]

describe.each(verifyCases())('$name of $base, from its bytes', (c) => {
  const verdict = verdictOf(c)

  it('gets the verdict it must', () => {
    const rejects = typeof verdict === 'string' || verdict.verdict === 'rejected'
    if (c.either_is_fine !== true) expect(rejects).toBe(c.should_reject)
    if (typeof verdict === 'string') {
      expect(STOPPED_AT_THE_DOOR).toContain(c.name)
      return
    }
    const codes = verdict.verdict === 'accepted' ? [] : verdict.mismatches.map(({ code }) => code)
    expect(codes).toEqual(expectedCodes(c))
  })

  it('reads as the same proposal as its JSON form', () => {
    if (typeof verdict === 'string') return
    expect(proposalOf(c)).toEqual(proposalFromJson(c.prepare_json))
  })
})

describe.each(signCases())('$base, request to sign', (c) => {
  it('reads as the test’s own reader reads it', () => {
    const message = decodeMessage('poolrpc.OrderMatchSignBegin', fromHex(c.sign_begin_hex))
    const request = signRequestFromWire(message)
    expect({ ...request, prevOutputs: [...request.prevOutputs] }).toEqual(signRequest(c.sign_begin_hex))
  })
})
