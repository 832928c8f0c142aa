import type { poolrpc } from '@tidepool/rpc'
import { displayOutPoint, displayTxid, grouped, short, toHex } from '../format.ts'
import { table } from '../output.ts'

/** One account as the stock tool's plain JSON has it. */
export function accountJson(account: poolrpc.Account) {
  return {
    trader_key: toHex(account.traderKey),
    outpoint: displayOutPoint(account.outpoint),
    value: account.value,
    available_balance: account.availableBalance,
    expiration_height: account.expirationHeight,
    state: account.state,
    latest_txid: displayTxid(account.latestTxid),
    version: account.version,
  }
}

const COLUMNS = [
  ['ACCOUNT', 'left'],
  ['STATE', 'left'],
  ['VALUE (SAT)', 'right'],
  ['AVAILABLE (SAT)', 'right'],
  ['EXPIRY', 'right'],
  ['VERSION', 'left'],
  ['OUTPOINT', 'left'],
] as const

const row = (account: poolrpc.Account): string[] => [
  toHex(account.traderKey),
  account.state,
  grouped(account.value),
  grouped(account.availableBalance),
  String(account.expirationHeight),
  versionName(account.version),
  displayOutPoint(account.outpoint),
]

/** `legacy`, `taproot`, `taproot_v2`. */
export const versionName = (version: string): string => version.replace('ACCOUNT_VERSION_', '').toLowerCase()

export const accountTable = (accounts: readonly poolrpc.Account[]): string => table(COLUMNS, accounts.map(row))

const GONE: ReadonlySet<string> = new Set(['PENDING_CLOSED', 'CLOSED', 'RECOVERY_FAILED'])
/** About a week. */
const NEAR = 1008

/** What to do about an account whose expiry is near or past, or about one that waits for the chain. */
export function accountHint(account: poolrpc.Account, height: number): string | undefined {
  const key = toHex(account.traderKey)
  const name = short(key)
  const left = account.expirationHeight - height
  if (account.state === 'PENDING_CLOSED')
    return `${name} is being closed; pay more for it with: pool accounts bumpfee ${key} RATE`
  if (GONE.has(account.state)) return undefined
  if (left <= 0) {
    return `${name} expired ${-left} blocks ago: its orders are not matched; bring it back with: pool accounts renew ${key} RATE, or take its coins with: pool accounts close ${key} RATE`
  }
  if (left <= NEAR) {
    return `${name} expires in ${left} blocks: extend it with: pool accounts renew ${key} RATE, or close it with: pool accounts close ${key} RATE`
  }
  return undefined
}
