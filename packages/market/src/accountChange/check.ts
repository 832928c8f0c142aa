import {
  WITNESS_SIZE,
  cooperativeWitnessSize,
  dustLimit,
  encodeTx,
  equalBytes,
  expiryWitnessSize,
  feeForWeight,
  formatOutPoint,
  isDust,
  satPerKWeight,
  satoshi,
  weight,
} from '@tidepool/crypto'
import type { OutPoint, OutPointText, Satoshi, TxList, TxOutput, Weight } from '@tidepool/crypto'
import { accountScriptOf } from '../account.ts'
import { FEE_RATE_FLOOR } from '../chainFee.ts'
import { AccountChangeError } from './errors.ts'
import { isNestedScriptSig, outputKind } from './scriptKind.ts'
import type { SpendPath } from './terms.ts'
import { buildChange, scriptOf } from './transaction.ts'
import type { ChangeInput, ChangeParts, ChangeTransaction } from './transaction.ts'

/** A change that passed every check both sides make before they sign. */
export interface CheckedChange extends ChangeTransaction {
  /** Follows the sorted inputs. */
  readonly prevOutputs: readonly TxOutput[]
  readonly fee: Satoshi
}

/** Whether an outpoint belongs to another account or to the auctioneer; a trader knows of its own accounts only. */
export type IsForeign = (outpoint: OutPoint) => boolean

/**
 * Builds a change and checks it: outputs worth relaying, none to the account itself, inputs named once and not
 * someone else's, the account's own entry right, and a fee that nodes relay (Pool account/manager.go
 * `sanityCheckAccountSpendTx`). `prevOutputs` follows the sorted inputs. @throws AccountChangeError
 */
export function checkChange(
  parts: ChangeParts,
  prevOutputs: readonly TxOutput[],
  path: SpendPath,
  isForeign: IsForeign = () => false,
): CheckedChange {
  checkInputs(parts, isForeign)
  checkOutputs(parts)
  const built = buildChange(parts)
  checkPrevOutputs(parts, built, prevOutputs)
  const witnesses = built.transaction.inputs.map((input, index) => {
    if (index === built.accountInput) return accountWitness(parts, path)
    return walletWitness(input.prevout, input.scriptSig, prevOutputs[index])
  })
  const fee = feeOf(built, prevOutputs)
  const min = feeForWeight(satPerKWeight(FEE_RATE_FLOOR), signedWeight(built, witnesses))
  if (fee < min) {
    throw new AccountChangeError(
      { code: 'CHANGE_FEE_TOO_LOW', fee: String(fee), min: String(min) },
      `the fee is ${fee} sat: nodes relay this transaction from ${min} sat on: leave that much to the miners`,
    )
  }
  return { ...built, prevOutputs, fee }
}

function checkInputs({ account, terms, inputs }: ChangeParts, isForeign: IsForeign): void {
  if (terms === undefined && inputs.length > 0) {
    throw new AccountChangeError(
      { code: 'CHANGE_CLOSE_WITH_INPUTS', count: inputs.length },
      'closing an account spends the account alone: leave out the other inputs',
    )
  }
  const seen = new Set<OutPointText>([formatOutPoint(account.outpoint)])
  for (const { outpoint } of inputs) {
    const text = formatOutPoint(outpoint)
    if (seen.has(text)) {
      throw new AccountChangeError({ code: 'CHANGE_INPUT_DUPLICATE', outpoint: text }, `input ${text} is named twice`)
    }
    seen.add(text)
    if (isForeign(outpoint)) {
      throw new AccountChangeError(
        { code: 'CHANGE_INPUT_FOREIGN', outpoint: text },
        `input ${text} belongs to another account or to the auctioneer`,
      )
    }
  }
}

function checkOutputs({ account, terms, outputs }: ChangeParts): void {
  if (terms === undefined && outputs.length === 0) {
    throw new AccountChangeError({ code: 'CHANGE_NO_OUTPUTS' }, 'closing an account needs at least one output')
  }
  const own = terms === undefined ? [accountScriptOf(account)] : [accountScriptOf(account), scriptOf(terms)]
  outputs.forEach((output, index) => checkOutput(output, index, own))
}

function checkOutput(output: TxOutput, index: number, own: readonly Uint8Array[]): void {
  if (own.some((script) => equalBytes(script, output.script))) {
    throw new AccountChangeError(
      { code: 'CHANGE_OUTPUT_TO_ACCOUNT', index },
      `output ${index} pays to the account's own script: use another address`,
    )
  }
  if (outputKind(output.script) === undefined) {
    throw new AccountChangeError(
      { code: 'CHANGE_OUTPUT_UNSUPPORTED', index },
      `output ${index} has a script that no address stands for: use another address`,
    )
  }
  if (!isDust(output)) return
  const min = dustLimit(output.script)
  throw new AccountChangeError(
    { code: 'CHANGE_OUTPUT_DUST', index, value: String(output.value), min: String(min) },
    `output ${index} pays ${output.value} sat: nodes relay such an output from ${min} sat on: pay more, or leave it out`,
  )
}

function checkPrevOutputs(parts: ChangeParts, built: ChangeTransaction, prevOutputs: readonly TxOutput[]): void {
  const expected = built.transaction.inputs.length
  const count = prevOutputs.length
  if (count !== expected) {
    throw new AccountChangeError(
      { code: 'CHANGE_PREVIOUS_OUTPUTS', expected, count },
      `${count} spent outputs for ${expected} inputs: send one for each, in the order of the sorted inputs`,
    )
  }
  const own = prevOutputs[built.accountInput]
  if (own?.value !== parts.account.value) throw accountDiffers('value')
  if (!equalBytes(own.script, accountScriptOf(parts.account))) throw accountDiffers('script')
}

function accountDiffers(what: 'value' | 'script'): AccountChangeError {
  return new AccountChangeError(
    { code: 'CHANGE_ACCOUNT_OUTPUT_DIFFERS', what },
    `the ${what} of the account's output is not what it should be`,
  )
}

const accountWitness = ({ account }: ChangeParts, path: SpendPath): number =>
  path === 'expiry' ? expiryWitnessSize(account.version) : cooperativeWitnessSize(account.version)

/** Witness size of a coin of a wallet. @throws AccountChangeError CHANGE_INPUT_UNSUPPORTED */
function walletWitness(outpoint: OutPoint, sigScript: ChangeInput['sigScript'], spent: TxOutput | undefined): number {
  const kind = spent === undefined ? undefined : outputKind(spent.script)
  if (kind === 'p2sh' && isNestedScriptSig(sigScript)) return WITNESS_SIZE.p2wpkh
  if (kind === 'p2wkh' && sigScript.length === 0) return WITNESS_SIZE.p2wpkh
  if (kind === 'p2tr' && sigScript.length === 0) return WITNESS_SIZE.taprootKeyPath
  const text = formatOutPoint(outpoint)
  throw new AccountChangeError(
    { code: 'CHANGE_INPUT_UNSUPPORTED', outpoint: text },
    `input ${text} is neither P2WKH, nested P2WKH nor P2TR`,
  )
}

function signedWeight({ transaction }: ChangeTransaction, witnesses: readonly number[]): Weight {
  const stripped = encodeTx(transaction, { witness: false }).length
  return weight(4 * stripped + 2 + witnesses.reduce((sum, size) => sum + size, 0))
}

function feeOf({ transaction }: ChangeTransaction, prevOutputs: readonly TxOutput[]): Satoshi {
  const inputs = sum(prevOutputs)
  const outputs = sum(transaction.outputs)
  if (inputs < outputs) {
    throw new AccountChangeError(
      { code: 'CHANGE_EXCEEDS_INPUTS', inputs: String(inputs), outputs: String(outputs) },
      `outputs of ${outputs} sat exceed the inputs of ${inputs} sat: pay less`,
    )
  }
  return satoshi(inputs - outputs)
}

const sum = (outputs: TxList<TxOutput>): bigint => outputs.reduce((total, { value }) => total + value, 0n)
