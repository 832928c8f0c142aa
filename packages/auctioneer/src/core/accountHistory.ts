import type { AccountKey, BlockHeight, OutPoint, Satoshi } from '@tidepool/crypto'
import type { AccountVersion } from '@tidepool/market'
import type { AccountRecord, CloseReason } from './account.ts'

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

/** Why an account is in its state, and what ends it; for the operator. */
export function explainAccount(record: AccountRecord, height: BlockHeight, subscribed: boolean): string {
  const { account, state, changes } = record
  const left = `${account.expiry - height} blocks before it expires`
  switch (state.kind) {
    case 'pendingOpen':
      return `announced; waits for the confirmations of ${account.outpoint.txid}`
    case 'open':
      return subscribed ? `trades, ${left}` : `its trader is not connected, ${left}`
    case 'expired':
      return `expired at height ${account.expiry}: its trader may renew it, or spend it alone`
    case 'changeSigned':
      return `${changes.map(({ kind, txid }) => `${kind} ${txid}`).join(', ')} signed and in no block: it trades again when one confirms; its trader may ask for another`
    case 'pendingBatch':
      return state.finalizeDelivered
        ? `recreated by batch ${account.outpoint.txid}, trades on while that confirms, ${left}`
        : `recreated by batch ${account.outpoint.txid}, which its trader may not know of: waits for confirmations`
    case 'pendingUpdate':
      return `changed by ${account.outpoint.txid}; waits for its confirmations`
    case 'expiredPendingUpdate':
      return `expired at height ${account.expiry} while ${account.outpoint.txid} waits for its confirmations`
    case 'pendingClosed':
      return 'used up by a batch that waits for its confirmation'
    case 'closed':
      return `${CLOSED_BY[state.by]}${record.previous === undefined ? '' : `: ${record.previous.spentBy}`}`
  }
}

const CLOSED_BY: Readonly<Record<CloseReason, string>> = {
  expiry: 'its trader spent it alone after its expiry',
  cooperative: 'closed by both',
  batch: 'used up by a batch',
  mismatch: 'its funding was not what had been announced',
  unknown: 'spent by a witness nobody here knows',
}
