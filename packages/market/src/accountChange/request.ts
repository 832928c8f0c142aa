import { formatOutPoint } from '@tidepool/crypto'
import type { AccountKey, OutPointText, Transaction, TxOutput } from '@tidepool/crypto'
import { accountScriptOf } from '../account.ts'
import type { Account, NewAccountParams } from '../account.ts'
import { AccountChangeError } from './errors.ts'
import { changedTerms } from './terms.ts'
import type { AccountChangeKind } from './terms.ts'
import type { CheckedChange } from './check.ts'
import type { ChangeInput, ChangeParts } from './transaction.ts'

/** A change as the trader tells it to the auctioneer (`ServerModifyAccountRequest`). */
export interface ModifyRequest {
  readonly traderKey: AccountKey
  readonly inputs: readonly ChangeInput[]
  readonly outputs: readonly TxOutput[]
  /** undefined closes the account. */
  readonly params: NewAccountParams | undefined
  /** 66 bytes for taproot accounts, else empty. */
  readonly traderNonces: Uint8Array
  readonly prevOutputs: readonly TxOutput[]
}

/** What the request asks for, from its shape alone. */
export function changeKind(request: Pick<ModifyRequest, 'inputs' | 'outputs' | 'params'>): AccountChangeKind {
  if (request.params === undefined) return 'close'
  if (request.inputs.length > 0) return 'deposit'
  return request.outputs.length > 0 ? 'withdraw' : 'renew'
}

/** The request for a checked change: everything in transaction order, without what the auctioneer adds itself. */
export function modifyRequest(account: Account, change: CheckedChange, traderNonces: Uint8Array): ModifyRequest {
  const { transaction, accountInput, next, prevOutputs } = change
  return {
    traderKey: account.key,
    inputs: transaction.inputs
      .filter((_, index) => index !== accountInput)
      .map(({ prevout, scriptSig }) => ({ outpoint: prevout, sigScript: scriptSig })),
    outputs: transaction.outputs.filter((_, index) => index !== next?.outpoint.index),
    params: next === undefined ? undefined : { value: next.value, expiry: next.expiry, version: next.version },
    traderNonces,
    prevOutputs,
  }
}

/** What the auctioneer builds from a request; never trusts it with more than that. @throws UnitsError, AccountScriptError */
export const partsOfRequest = (account: Account, request: ModifyRequest): ChangeParts => ({
  account,
  terms: request.params === undefined ? undefined : changedTerms(account, request.params),
  inputs: request.inputs,
  outputs: request.outputs,
})

/** Spent outputs in the order of the sorted inputs, the account's own included. @throws AccountChangeError */
export function sortedPrevOutputs(
  transaction: Transaction,
  account: Account,
  coins: ReadonlyMap<OutPointText, TxOutput>,
): readonly TxOutput[] {
  const own = formatOutPoint(account.outpoint)
  return transaction.inputs.map(({ prevout }) => {
    const text = formatOutPoint(prevout)
    const spent = text === own ? { value: account.value, script: accountScriptOf(account) } : coins.get(text)
    if (spent !== undefined) return spent
    throw new AccountChangeError(
      { code: 'CHANGE_INPUT_UNSUPPORTED', outpoint: text },
      `the output that input ${text} spends is unknown`,
    )
  })
}
