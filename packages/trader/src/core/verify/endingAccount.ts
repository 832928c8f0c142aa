import type { Satoshi, Txid } from '@tidepool/crypto'
import { MAX_MONEY, equalBytes, outPoint, satoshi, toHex, itemAt } from '@tidepool/crypto'
import type { Account, AccountDiff, BatchProposal } from '@tidepool/market'
import { ACCOUNT_DUST } from '@tidepool/market'
import type { AccountInputs } from './accountInputs.ts'
import type { AccountTally } from './accountTally.ts'
import type { MismatchDetail } from './mismatch.ts'
import { nextTerms } from './nextAccountTerms.ts'
import { NextOutputs } from './nextOutputs.ts'
import type { OwnRecords } from './ownRecords.ts'
import type { EndingAccount } from './verdict.ts'

/** An account after the batch, or why its diff is wrong. */
export type EndingOutcome =
  | { readonly ending: EndingAccount; readonly mismatches?: undefined }
  | { readonly mismatches: readonly MismatchDetail[] }

/** Compares a diff with what we compute: balance, state, output, next script. Pool order/batch_verifier.go */
export function checkEnding(
  tally: AccountTally,
  diff: AccountDiff,
  proposal: BatchProposal,
  own: OwnRecords,
  batchTxid: Txid,
  inputs: AccountInputs,
): EndingOutcome {
  const { account } = tally
  const balance = checkBalance(tally, diff)
  if (typeof balance !== 'bigint') return { mismatches: [balance] }
  const terms = nextTerms(account, diff, own)
  const isGone = balance < ACCOUNT_DUST
  const faults = [...terms.mismatches, ...(isGone ? checkGone(diff, balance) : checkRecreated(diff, balance))]
  if (faults.length > 0) return { mismatches: faults }
  const base = {
    before: account,
    inputIndex: inputs.get(account.key)?.[0] ?? -1,
    endingBalance: balance,
    endingState: diff.endingState,
    executionFee: tally.executionFee,
    chainFee: tally.chainFee,
  }
  if (isGone) return { ending: { ...base, next: undefined, nextScript: undefined } }
  const { batchKey, script: nextScript } = (own.foreseen ?? new NextOutputs()).of(account, terms)
  const next: Account = {
    ...account,
    value: balance,
    expiry: terms.expiry,
    version: terms.version,
    batchKey,
    outpoint: outPoint(batchTxid, diff.outpointIndex),
  }
  const mismatches = checkOutput(next, nextScript, diff, proposal)
  return mismatches.length > 0 ? { mismatches } : { ending: { ...base, next, nextScript } }
}

/** V-20: compared as what it is, an unsigned number that no honest sum lets run below zero. */
function checkBalance(tally: AccountTally, diff: AccountDiff): Satoshi | MismatchDetail {
  const accountKey = tally.account.key
  const expected = tally.endingBalance
  if (expected < 0n || expected > MAX_MONEY) return { code: 'ACCOUNT_OVERDRAWN', accountKey, balance: expected }
  if (diff.endingBalance === expected) return satoshi(expected)
  return { code: 'ENDING_BALANCE_WRONG', accountKey, expected, got: diff.endingBalance }
}

/** Below the dust limit there is no output; the three ways of saying so are alike. */
function checkGone(diff: AccountDiff, balance: Satoshi): readonly MismatchDetail[] {
  const { accountKey, endingState: state, outpointIndex: index } = diff
  if (state === 'recreated') return [{ code: 'ENDING_STATE_WRONG', accountKey, state, balance }]
  return index >= 0 ? [{ code: 'OUTPUT_INDEX_WRONG', accountKey, index }] : []
}

function checkRecreated(diff: AccountDiff, balance: Satoshi): readonly MismatchDetail[] {
  const { accountKey, endingState: state, outpointIndex: index } = diff
  if (state !== 'recreated') return [{ code: 'ENDING_STATE_WRONG', accountKey, state, balance }]
  return index < 0 ? [{ code: 'OUTPUT_INDEX_WRONG', accountKey, index }] : []
}

function checkOutput(
  next: Account,
  script: Uint8Array,
  diff: AccountDiff,
  proposal: BatchProposal,
): readonly MismatchDetail[] {
  const accountKey = next.key
  const index = diff.outpointIndex
  const output = itemAt(proposal.transaction.outputs, index)
  if (output === undefined) return [{ code: 'OUTPUT_INDEX_WRONG', accountKey, index }]
  const mismatches: MismatchDetail[] = []
  if (output.value !== next.value) {
    mismatches.push({ code: 'ACCOUNT_OUTPUT_VALUE_WRONG', accountKey, expected: next.value, got: output.value })
  }
  if (!equalBytes(output.script, script)) {
    const [expected, got] = [toHex(script), toHex(output.script)]
    mismatches.push({ code: 'ACCOUNT_OUTPUT_SCRIPT_WRONG', accountKey, expected, got })
  }
  return mismatches
}
