import { reversed, toHex } from '@tidepool/crypto'
import type { TraderDaemon } from '../../harness/traderDaemon.ts'
import { until } from '../../harness/until.ts'
import type { AccountAnswer, AdminAccountAnswer, AdminAccountsAnswer } from './answers.ts'
import { untilReaching, type Market } from './market.ts'

/** Script version of an account: 0 P2WSH, 1 taproot, 2 taproot with the final MuSig2. */
export type ScriptVersion = 0 | 1 | 2

export interface AccountWish {
  readonly trader: TraderDaemon
  readonly value: bigint
  readonly version: ScriptVersion
  readonly expiryBlocks?: number
}

/** An open account and the trader it belongs to. */
export interface OpenAccount {
  readonly trader: TraderDaemon
  readonly key: string
  readonly version: ScriptVersion
}

const EXPIRY_BLOCKS = 4_032
/** Enough for the largest account. */
const CONFIRMATIONS = 6

/** Asks the trader daemon to fund an account; it is pending then. The flag counts from 1, 0 means newest. */
export async function requestAccount(wish: AccountWish): Promise<AccountAnswer> {
  const { trader, value, version, expiryBlocks = EXPIRY_BLOCKS } = wish
  const flags = [`--amt=${value}`, `--expiry_blocks=${expiryBlocks}`, `--version=${version + 1}`, '--conf_target=6']
  return (await trader.pool('accounts', 'new', ...flags, '--force')) as AccountAnswer
}

/** Opens accounts together and waits until both sides call them open. */
export async function fundAccounts<const Wishes extends readonly AccountWish[]>(
  market: Market,
  ...wishes: Wishes
): Promise<{ readonly [K in keyof Wishes]: OpenAccount }> {
  const opened: OpenAccount[] = []
  for (const wish of wishes) {
    const { trader, version } = wish
    await untilReaching(trader)
    opened.push({ trader, version, key: (await requestAccount(wish)).trader_key })
  }
  await market.stack.mine(CONFIRMATIONS)
  for (const account of opened) await untilOpen(market, account)
  return opened as { readonly [K in keyof Wishes]: OpenAccount }
}

/** Both sides call it open, and its trader is subscribed. */
export async function untilOpen(market: Market, { trader, key }: OpenAccount): Promise<void> {
  await until(`account ${key.slice(0, 8)} of ${trader.name} is open`, async () => {
    const mine = (await trader.trader.listAccounts({})).accounts.find((one) => toHex(one.traderKey) === key)
    if (mine?.state !== 'OPEN') return false
    const { accounts } = await market.auctioneer.admin.listAccounts({})
    const theirs = accounts.find((one) => toHex(one.accountKey) === key)
    return theirs?.state === 'open' && theirs.subscribed
  })
}

/** The transaction an account last went through, as its trader knows; asked for while waiting, so not by command line. */
export async function latestTxid({ trader, key }: OpenAccount): Promise<string | undefined> {
  const { accounts } = await trader.trader.listAccounts({})
  const found = accounts.find((one) => toHex(one.traderKey) === key)
  return found === undefined ? undefined : toHex(reversed(found.latestTxid))
}

/** The trader's view. */
export async function accountOf({ trader, key }: OpenAccount): Promise<AccountAnswer> {
  const { accounts } = (await trader.pool('accounts', 'list', '--show_archived')) as {
    readonly accounts: readonly AccountAnswer[]
  }
  const found = accounts.find((account) => account.trader_key === key)
  if (found === undefined) throw new Error(`${trader.name} has no account ${key}`)
  return found
}

/** The auctioneer's view. */
export async function auctioneersView(market: Market, { key }: OpenAccount): Promise<AdminAccountAnswer | undefined> {
  const { accounts } = (await market.auctioneer.ctl('accounts')) as AdminAccountsAnswer
  return accounts.find((account) => account.account_key === key)
}
