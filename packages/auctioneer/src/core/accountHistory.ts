import type { AccountKey, BlockHeight, OutPoint, Satoshi } from '@tidepool/crypto'
import type { AccountVersion } from '@tidepool/market'
import type { AccountRecord } from './account.ts'

/** One step in the life of an account, kept for ever. */
export interface AccountStep {
  readonly accountKey: AccountKey
  /** 1 for the first. */
  readonly sequence: number
  /** Tip when it was noted. */
  readonly height: BlockHeight
  readonly event: string
  /** What the account was after it. */
  readonly state: string
  readonly value: Satoshi
  readonly expiry: BlockHeight
  readonly version: AccountVersion
  readonly outpoint: OutPoint
}

/** The record with one more step, and the step. */
export function noteStep(
  record: AccountRecord,
  event: string,
  height: BlockHeight,
): { readonly record: AccountRecord; readonly step: AccountStep } {
  const { account, state } = record
  const { key: accountKey, value, expiry, version, outpoint } = account
  const sequence = record.steps + 1
  const step = { accountKey, sequence, height, event, state: state.kind, value, expiry, version, outpoint }
  return { record: { ...record, steps: sequence }, step }
}
