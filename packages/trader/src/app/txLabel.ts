import type { AccountKey, BlockHeight } from '@tidepool/crypto'
import type { AccountTerms } from '../core/account.ts'

const MAX_LABEL = 500
const MARK = 'poold -- '

export type LabelAction = 'create' | 'deposit' | 'withdraw' | 'renew' | 'close'

export interface LabelFacts {
  readonly key: AccountKey
  readonly action: LabelAction
  readonly expiry: BlockHeight
  readonly outputIndex: number
  readonly expirySpend: boolean
  /** Unknown when the wallet chooses it. */
  readonly fee: bigint | undefined
  readonly balanceDiff: bigint
}

/** Label of a wallet transaction that concerns an account; other tools read it back. Pool account/manager.go */
export function changeLabel(prefix: string, facts: LabelFacts): string {
  const body = {
    account: {
      ...{ key: facts.key, action: facts.action, expiry_height: facts.expiry, output_index: facts.outputIndex },
      ...{ expiry_spend: facts.expirySpend, tx_fee: facts.fee === undefined ? null : Number(facts.fee) },
      balance_diff: Number(facts.balanceDiff),
    },
  }
  const label = `${MARK}${JSON.stringify(body)}`
  return (prefix === '' ? label : `${prefix} ${label}`).slice(0, MAX_LABEL)
}

/** Of the transaction that funds an account; lnd chooses its fee and the place of the output. */
export const accountLabel = (prefix: string, account: AccountTerms, action: 'create'): string =>
  changeLabel(prefix, {
    ...{ key: account.key, action, expiry: account.expiry, outputIndex: 0 },
    ...{ expirySpend: false, fee: undefined, balanceDiff: account.value },
  })

/** What one transaction of an account paid, as its label says. */
export interface LabelledChange {
  readonly key: string
  readonly action: string
  readonly outputIndex: number
  readonly fee: bigint | undefined
}

/** Reads labels back, with or without a prefix; anything else, cut labels too, is undefined. */
export function readLabel(label: string): LabelledChange | undefined {
  const at = label.indexOf(MARK)
  if (at < 0) return undefined
  try {
    const parsed = JSON.parse(label.slice(at + MARK.length)) as { readonly account?: Readonly<Record<string, unknown>> }
    const { key, action, output_index: outputIndex, tx_fee: fee } = parsed.account ?? {}
    if (typeof key !== 'string' || typeof action !== 'string' || typeof outputIndex !== 'number') return undefined
    return {
      key,
      action,
      outputIndex,
      fee: typeof fee === 'number' && Number.isSafeInteger(fee) ? BigInt(fee) : undefined,
    }
  } catch {
    return undefined
  }
}
