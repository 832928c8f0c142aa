import type { AccountKey, BatchKey, BlockHeight } from '@tidepool/crypto'
import { accountScript, equalBytes, incrementBatchKey } from '@tidepool/crypto'
import type { Account, AccountVersion } from '@tidepool/market'

/** What a batch may change of an account's script besides its batch key. */
interface Terms {
  readonly expiry: BlockHeight
  readonly version: AccountVersion
}

export interface NextOutput {
  readonly batchKey: BatchKey
  readonly script: Uint8Array
}

interface Known {
  readonly account: Account
  readonly batchKey: BatchKey
  readonly scripts: Map<string, Uint8Array>
}

/**
 * The outputs that accounts will have after their next batch. They follow from what is known before it is proposed, so
 * the curve arithmetic, which is most of a verification, can be done while nobody waits for it (ADR-0065).
 */
export class NextOutputs {
  readonly #known = new Map<AccountKey, Known>()

  /** Works out at most so many of those not known yet; forgets accounts that are not named. */
  foresee(accounts: readonly Account[], most: number): void {
    const keys = new Set(accounts.map(({ key }) => key))
    for (const key of this.#known.keys()) if (!keys.has(key)) this.#known.delete(key)
    const missing = accounts.filter((account) => !this.#isKnown(account))
    for (const account of missing.slice(0, most)) this.of(account, account)
  }

  /** The output after `account`, whether foreseen or not. */
  of(account: Account, { expiry, version }: Terms): NextOutput {
    const { batchKey, scripts } = this.#entryOf(account)
    const terms = `${version} ${expiry}`
    const known = scripts.get(terms)
    if (known !== undefined) return { batchKey, script: known }
    const script = accountScript({ ...account, traderKey: account.key, batchKey, expiry, version })
    scripts.set(terms, script)
    return { batchKey, script }
  }

  #entryOf(account: Account): Known {
    const known = this.#known.get(account.key)
    if (known !== undefined && sameKeys(known.account, account)) return known
    const entry = { account, batchKey: incrementBatchKey(account.batchKey), scripts: new Map<string, Uint8Array>() }
    this.#known.set(account.key, entry)
    return entry
  }

  #isKnown(account: Account): boolean {
    const known = this.#known.get(account.key)
    return known !== undefined && sameKeys(known.account, account)
  }
}

const sameKeys = (a: Account, b: Account): boolean =>
  a.key === b.key && a.auctioneerKey === b.auctioneerKey && a.batchKey === b.batchKey && equalBytes(a.secret, b.secret)
