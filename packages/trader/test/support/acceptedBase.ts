import { validateBatch } from '../../src/core/verify/validateBatch.ts'
import type { AcceptedBatch } from '../../src/core/verify/verdict.ts'
import { proposalFromJson } from './proposalJson.ts'
import { ownRecords, verifyCases } from './verifyCase.ts'
import type { StoredAccount, VerifyCase } from './verifyCase.ts'

const bases: ReadonlyMap<string, VerifyCase> = new Map(
  verifyCases()
    .filter(({ kind }) => kind === 'valid')
    .map((c) => [c.base, c]),
)

/** Names of all valid batches. */
export const validBases = (): readonly string[] => [...bases.keys()]

export function validCase(base: string): VerifyCase {
  const found = bases.get(base)
  if (found === undefined) throw new Error(`no valid batch ${base}`)
  return found
}

/** A valid batch of the vectors as the verifier accepts it. */
export function acceptedBase(base: string): AcceptedBatch {
  const found = validCase(base)
  const verdict = validateBatch(proposalFromJson(found.prepare_json), ownRecords(found))
  if (verdict.verdict !== 'accepted') throw new Error(verdict.mismatches.map(({ text }) => text).join())
  return verdict.result
}

export function storedAccount(base: string, traderKey: string): StoredAccount {
  const stored = validCase(base).accounts.find(({ trader_key }) => trader_key === traderKey)
  if (stored === undefined) throw new Error(`no account ${traderKey}`)
  return stored
}
