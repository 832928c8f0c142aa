import type { AccountTerms } from '../core/account.ts'

const MAX_LABEL = 500

/** Label of a wallet transaction that concerns an account; other tools read it back. Pool account/manager.go */
export function accountLabel(prefix: string, account: AccountTerms, action: 'create'): string {
  const body = {
    account: {
      ...{ key: account.key, action, expiry_height: account.expiry, output_index: 0 },
      ...{ expiry_spend: false, tx_fee: null, balance_diff: Number(account.value) },
    },
  }
  const label = `poold -- ${JSON.stringify(body)}`
  return (prefix === '' ? label : `${prefix} ${label}`).slice(0, MAX_LABEL)
}
