import { accountScript, equalBytes, sortBip69, txidOf } from '@tidepool/crypto'
import type { OutPoint, Transaction, TxInput, TxOutput, Txid } from '@tidepool/crypto'
import type { Account } from '../account.ts'
import type { AccountTerms } from './terms.ts'

/** An input besides the account's own; the scriptSig counts for the txid only (nested P2WKH). */
export interface ChangeInput {
  readonly outpoint: OutPoint
  readonly sigScript: Uint8Array
}

export interface ChangeParts {
  /** As it stands before the change. */
  readonly account: Account
  /** undefined closes the account. */
  readonly terms: AccountTerms | undefined
  /** Without the account's own. */
  readonly inputs: readonly ChangeInput[]
  /** Without the account's new one. */
  readonly outputs: readonly TxOutput[]
  /** The best height for a close after expiry, else 0. */
  readonly lockTime?: number
}

/** A change's transaction as both sides build it; unsigned. */
export interface ChangeTransaction {
  readonly transaction: Transaction
  readonly txid: Txid
  /** Where the account is spent. */
  readonly accountInput: number
  /** The account once this confirms; undefined after a close. */
  readonly next: Account | undefined
}

/** Version 2, all sequences 0, BIP-69 order. Pool account/manager.go */
export function buildChange({ account, terms, inputs, outputs, lockTime = 0 }: ChangeParts): ChangeTransaction {
  const script = terms === undefined ? undefined : scriptOf(terms)
  const recreated = terms === undefined || script === undefined ? [] : [{ value: terms.value, script }]
  const own = { outpoint: account.outpoint, sigScript: new Uint8Array() }
  const transaction = sortBip69({
    version: 2,
    lockTime,
    inputs: [...inputs, own].map(toInput),
    outputs: [...outputs, ...recreated],
  })
  const txid = txidOf(transaction)
  const { outpoint } = account
  return {
    transaction,
    txid,
    accountInput: transaction.inputs.findIndex(
      ({ prevout }) => prevout.txid === outpoint.txid && prevout.index === outpoint.index,
    ),
    next:
      terms === undefined || script === undefined
        ? undefined
        : { ...terms, outpoint: { txid, index: indexOfScript(transaction, script) } },
  }
}

/** Script of the account's next output. */
export const scriptOf = (terms: AccountTerms): Uint8Array => accountScript({ ...terms, traderKey: terms.key })

/** First output with this script, or -1. */
export const indexOfScript = (transaction: Transaction, script: Uint8Array): number =>
  transaction.outputs.findIndex((output) => equalBytes(output.script, script))

const toInput = ({ outpoint, sigScript }: ChangeInput): TxInput => ({
  prevout: outpoint,
  scriptSig: sigScript,
  sequence: 0,
  witness: [],
})
