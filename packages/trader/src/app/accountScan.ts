import { blockHeight, equalBytes, txidOf } from '@tidepool/crypto'
import type { OutPoint, Transaction } from '@tidepool/crypto'
import type { BatchOutcome } from '../core/accountLifecycle.ts'
import { currentOutput } from '../core/account.ts'
import type { AccountTerms } from '../core/account.ts'
import { locateNext } from '../core/recovery/locateOutput.ts'

/** First output with the account's script and value. */
export function fundingOutpoint(account: AccountTerms, tx: Transaction): OutPoint | undefined {
  const wanted = currentOutput(account)
  const index = tx.outputs.findIndex(
    (output) => output.value === wanted.value && equalBytes(output.script, wanted.script),
  )
  return index < 0 ? undefined : { txid: txidOf(tx), index }
}

/** Only the likely expiries: a wider search is a recovery's. */
const NO_OTHERS = { from: 0, to: 0 }

/**
 * The account's next output in a transaction that spent it cooperatively, when the batch or change that made it is
 * unknown here. Saves an account whose records were lost.
 */
export function nextOutput(account: AccountTerms, tx: Transaction, height: number): BatchOutcome | undefined {
  const found = locateNext(account, tx, height, NO_OTHERS)
  return found === undefined ? undefined : { ...found, kind: 'recreated', expiry: blockHeight(found.expiry) }
}
