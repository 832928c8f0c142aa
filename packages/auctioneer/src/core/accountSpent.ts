import { classifySpend, decodeTx, equalBytes, incrementBatchKey, txidOf, itemAt } from '@tidepool/crypto'
import type { AccountSpend, BlockHeight, OutPoint, Transaction } from '@tidepool/crypto'
import type { Account } from '@tidepool/market'
import { accountScript } from './account.ts'
import type { AccountRecord, PreviousAccount, SignedChange } from './account.ts'

/** A confirmed transaction that spends the account's current output. */
export interface ConfirmedSpend {
  readonly transaction: Uint8Array
  readonly inputIndex: number
  readonly height: BlockHeight
}

/** What a spend makes of an account. */
export interface SpentAccount {
  readonly how: AccountSpend
  /** It is one of the changes we signed. */
  readonly signed: boolean
  readonly learned: Pick<AccountRecord, 'latestTx' | 'heightHint' | 'changes'> & {
    readonly previous: PreviousAccount
    /** The next output; left out when there is none. */
    readonly account?: Account
  }
}

/** Whichever of the signed changes is in the chain defines the account. */
export function accountAfterSpend(record: AccountRecord, spend: ConfirmedSpend): SpentAccount {
  const transaction = decodeTx(spend.transaction)
  const spentBy = txidOf(transaction)
  const change = record.changes.find(({ txid }) => txid === spentBy)
  const witness = itemAt(transaction.inputs, spend.inputIndex)?.witness ?? []
  const how = change === undefined ? classifySpend(witness) : 'cooperative'
  const account = how === 'cooperative' ? nextAccount(record.account, change, transaction) : undefined
  const { state, changes, heightHint, latestTx } = record
  return {
    how,
    signed: change !== undefined,
    learned: {
      latestTx: spend.transaction,
      heightHint: spend.height,
      changes: [],
      previous: { account: record.account, state, changes, heightHint, latestTx, spentBy },
      ...(account === undefined ? {} : { account }),
    },
  }
}

/** Without a record of it, an unchanged expiry and version are tried: data restored from an older copy may lack it. */
function nextAccount(account: Account, change: SignedChange | undefined, spend: Transaction): Account | undefined {
  if (change !== undefined) return change.next
  const next = { ...account, batchKey: incrementBatchKey(account.batchKey) }
  const script = accountScript(next)
  const index = spend.outputs.findIndex((output) => equalBytes(output.script, script))
  const output = itemAt(spend.outputs, index)
  return output === undefined ? undefined : { ...next, value: output.value, outpoint: { txid: txidOf(spend), index } }
}

export const sameOutPoint = (a: OutPoint, b: OutPoint): boolean => a.txid === b.txid && a.index === b.index
