import { equalBytes, incrementBatchKey, txidOf } from '@tidepool/crypto'
import type { OutPoint, Transaction } from '@tidepool/crypto'
import type { BatchOutcome } from '../core/accountLifecycle.ts'
import { currentOutput, currentScript } from '../core/account.ts'
import type { AccountTerms } from '../core/account.ts'

/** First output with the account's script and value. */
export function fundingOutpoint(account: AccountTerms, tx: Transaction): OutPoint | undefined {
  const wanted = currentOutput(account)
  const index = tx.outputs.findIndex(
    (output) => output.value === wanted.value && equalBytes(output.script, wanted.script),
  )
  return index < 0 ? undefined : { txid: txidOf(tx), index }
}

/**
 * The account's next output in a transaction that spent it cooperatively, when the batch that made it is unknown here:
 * same expiry and version, next batch key. Saves an account whose staged batch was lost.
 */
export function nextOutput(account: AccountTerms, tx: Transaction): BatchOutcome | undefined {
  const next = { ...account, batchKey: incrementBatchKey(account.batchKey) }
  const script = currentScript(next)
  const index = tx.outputs.findIndex((output) => equalBytes(output.script, script))
  const output = tx.outputs[index]
  if (output === undefined) return undefined
  const { batchKey, expiry, version } = next
  return { kind: 'recreated', value: output.value, outpoint: { txid: txidOf(tx), index }, batchKey, expiry, version }
}
