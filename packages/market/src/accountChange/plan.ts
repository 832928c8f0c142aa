import { addSat, dustLimit, satoshi } from '@tidepool/crypto'
import type { SatPerKWeight, Satoshi, TxOutput } from '@tidepool/crypto'
import type { Account, NewAccountParams } from '../account.ts'
import { AccountChangeError } from './errors.ts'
import { checkFeeRate, closeFee, depositInputFee, withdrawalFee } from './fees.ts'
import { outputKind } from './scriptKind.ts'
import { changedTerms, checkChangedTerms } from './terms.ts'
import type { AccountTerms, ChangeLimits, SpendPath } from './terms.ts'
import { scriptOf } from './transaction.ts'

/** What a change leaves as it is when it is not named. */
export interface OptionalTerms {
  readonly expiry?: number | undefined
  readonly version?: number | undefined
}

export interface DepositRequest extends OptionalTerms {
  readonly amount: bigint
  readonly feeRate: SatPerKWeight
}

export interface DepositPlan {
  readonly terms: AccountTerms
  /** What the wallet is asked to pay: amount and the fee of the account's own input, to the account's next script. */
  readonly fundingOutput: TxOutput
}

/** @throws AccountChangeError, AccountError, AccountScriptError */
export function planDeposit(account: Account, request: DepositRequest, limits: ChangeLimits): DepositPlan {
  checkFeeRate(request.feeRate)
  if (request.amount <= 0n) {
    throw new AccountChangeError({ code: 'CHANGE_NO_AMOUNT' }, 'a deposit needs an amount above zero')
  }
  const terms = checkedTerms(account, account.value + request.amount, request, limits)
  const value = addSat(request.amount, depositInputFee(account.version, request.feeRate))
  return { terms, fundingOutput: { value, script: scriptOf(terms) } }
}

export interface WithdrawalRequest extends OptionalTerms {
  readonly outputs: readonly TxOutput[]
  readonly feeRate: SatPerKWeight
}

/** A change that needs no coins but the account's own. */
export interface SoloPlan {
  /** undefined closes the account. */
  readonly terms: AccountTerms | undefined
  readonly outputs: readonly TxOutput[]
  readonly fee: Satoshi
}

export interface UpdatePlan extends SoloPlan {
  readonly terms: AccountTerms
}

/** @throws AccountChangeError, AccountError, AccountScriptError */
export function planWithdrawal(account: Account, request: WithdrawalRequest, limits: ChangeLimits): UpdatePlan {
  if (request.outputs.length === 0) {
    throw new AccountChangeError({ code: 'CHANGE_NO_OUTPUTS' }, 'a withdrawal needs at least one output')
  }
  request.outputs.forEach(({ script }, index) => {
    const kind = outputKind(script)
    if (kind === undefined || kind === 'p2pkh') throw unsupported(index)
  })
  return planUpdate(account, request, limits)
}

export interface RenewalRequest {
  readonly expiry: number
  readonly version?: number | undefined
  readonly feeRate: SatPerKWeight
}

/** @throws AccountChangeError, AccountError, AccountScriptError */
export function planRenewal(account: Account, request: RenewalRequest, limits: ChangeLimits): UpdatePlan {
  return planUpdate(account, { ...request, outputs: [] }, limits)
}

function planUpdate(account: Account, request: WithdrawalRequest, limits: ChangeLimits): UpdatePlan {
  checkFeeRate(request.feeRate)
  const fee = withdrawalFee(account.version, request.outputs, request.feeRate)
  const value = request.outputs.reduce((left, output) => left - output.value, account.value - fee)
  return { terms: checkedTerms(account, value, request, limits), outputs: request.outputs, fee }
}

/** one: everything but the fee to one script. list: as given; the fee is what remains. */
export type CloseRequest =
  | { readonly kind: 'one'; readonly script: Uint8Array; readonly feeRate: SatPerKWeight }
  | { readonly kind: 'list'; readonly outputs: readonly TxOutput[] }

/** Pool account/interfaces.go `CloseOutputs`. @throws AccountChangeError */
export function planClose(account: Account, request: CloseRequest, path: SpendPath): SoloPlan {
  if (request.kind === 'list') return closeToList(account, request.outputs)
  checkFeeRate(request.feeRate)
  const { script } = request
  const kind = outputKind(script)
  if (kind === undefined) throw unsupported(0)
  const fee = closeFee(account.version, path, script, request.feeRate)
  const value = account.value - fee
  const min = kind === 'p2pkh' ? 0n : dustLimit(script)
  if (value < min) {
    throw new AccountChangeError(
      { code: 'CHANGE_OUTPUT_DUST', index: 0, value: String(value), min: String(min) },
      `after a fee of ${fee} sat ${value} sat remain: nodes relay such an output from ${min} sat on: pay a lower fee rate`,
    )
  }
  return { terms: undefined, outputs: [{ value: satoshi(value), script }], fee }
}

function closeToList(account: Account, outputs: readonly TxOutput[]): SoloPlan {
  if (outputs.length === 0) {
    throw new AccountChangeError({ code: 'CHANGE_NO_OUTPUTS' }, 'closing an account needs at least one output')
  }
  const total = outputs.reduce((sum, { value }) => sum + value, 0n)
  if (total > account.value) {
    throw new AccountChangeError(
      { code: 'CHANGE_EXCEEDS_INPUTS', inputs: String(account.value), outputs: String(total) },
      `outputs of ${total} sat exceed the account's ${account.value} sat: pay less`,
    )
  }
  return { terms: undefined, outputs, fee: satoshi(account.value - total) }
}

function checkedTerms(account: Account, value: bigint, wanted: OptionalTerms, limits: ChangeLimits): AccountTerms {
  const params: NewAccountParams = {
    value,
    expiry: wanted.expiry ?? account.expiry,
    version: wanted.version ?? account.version,
  }
  checkChangedTerms(account, params, limits)
  return changedTerms(account, params)
}

function unsupported(index: number): AccountChangeError {
  return new AccountChangeError(
    { code: 'CHANGE_OUTPUT_UNSUPPORTED', index },
    `output ${index} has a script this change cannot pay to: use another address`,
  )
}
