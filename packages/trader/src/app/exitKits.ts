import type { AccountKey, Network } from '@tidepool/crypto'
import { isFunded } from '../core/account.ts'
import type { FundedAccount } from '../core/account.ts'
import { TraderError } from '../core/errors.ts'
import { exitKit } from '../core/exitKit/exitKit.ts'
import type { ExitKit } from '../core/exitKit/exitKit.ts'
import type { ChangeWallet } from '../ports/accountChange.ts'
import type { Ledger } from './ledger.ts'

/** Kits of the accounts asked for, or of all that hold coins. @throws TraderError TRADER_ACCOUNT_UNKNOWN */
export async function exitKits(
  keys: readonly AccountKey[],
  modules: { readonly ledger: Ledger; readonly changeWallet: ChangeWallet; readonly network: Network },
): Promise<readonly { readonly key: AccountKey; readonly kit: ExitKit }[]> {
  const { ledger, changeWallet, network } = modules
  const held = [...ledger.accounts.values()].filter(
    (account): account is FundedAccount =>
      isFunded(account) && account.kind !== 'closed' && account.kind !== 'pendingClosed',
  )
  const wanted = keys.length === 0 ? held : keys.map((key) => one(held, key))
  const kits = []
  for (const account of wanted) {
    const script = await changeWallet.newScript(account.version === 0 ? 'p2wpkh' : 'p2tr')
    kits.push({ key: account.key, kit: exitKit(account, script, network) })
  }
  return kits
}

function one(accounts: readonly FundedAccount[], account: AccountKey): FundedAccount {
  const found = accounts.find(({ key }) => key === account)
  if (found !== undefined) return found
  throw new TraderError({ code: 'TRADER_ACCOUNT_UNKNOWN', account }, 'no account of this key holds coins')
}
