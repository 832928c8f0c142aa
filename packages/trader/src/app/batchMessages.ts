import type { AccountKey, BatchId, BlockHeight, NodeKey } from '@tidepool/crypto'
import type { BatchReject, BatchVersion } from '@tidepool/market'
import { fullReject } from '../core/channelReject.ts'
import { isFunded } from '../core/account.ts'
import { mayConfirm } from '../core/batch.ts'
import type { OwnRecords, VerifyLimits } from '../core/verify/ownRecords.ts'
import { rejectText } from '../core/verify/rejected.ts'
import type { Rejected } from '../core/verify/rejected.ts'
import type { Ledger } from './ledger.ts'

export interface OwnSide {
  readonly nodeKey: NodeKey
  readonly batchVersion: BatchVersion
  readonly limits: VerifyLimits
}

/** Our records, in the form the verifier takes. An account that is being changed counts as changed already. */
export function ownRecords(
  ledger: Ledger,
  bestHeight: BlockHeight,
  side: OwnSide,
  changing: ReadonlySet<AccountKey> = new Set(),
): OwnRecords {
  return {
    ...side,
    bestHeight,
    orders: ledger.orders,
    accounts: new Map(
      [...ledger.accounts.values()]
        .filter(isFunded)
        .map((account) => [
          account.key,
          { account, state: changing.has(account.key) ? 'pendingUpdate' : account.kind },
        ]),
    ),
    finalizedBatchIds: new Set(ledger.batches.keys()),
    signedTransactions: new Set([...ledger.leftovers.values()].filter(mayConfirm).map(({ txid }) => txid)),
  }
}

/** The answer to a batch, or a sign request, that failed our checks. */
export const rejectOf = (batchId: BatchId, rejected: Rejected): BatchReject =>
  fullReject(batchId, rejected.rejectCode, rejectText(rejected.mismatches))

export const codesOf = (rejected: Rejected): readonly string[] => rejected.mismatches.map(({ code }) => code)
