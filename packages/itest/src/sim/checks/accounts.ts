import { formatOutPoint, toHex } from '@tidepool/crypto'
import type { AccountKey } from '@tidepool/crypto'
import type { AccountRecord } from '@tidepool/auctioneer'
import type { Account } from '@tidepool/market'
import { currentScript, isFunded } from '@tidepool/trader'
import type { FundedAccount, TraderAccount } from '@tidepool/trader'
import type { World } from '../world.ts'

/** Both sides know the same of every account, and the chain holds its output. */
export function disagreements(world: World): readonly string[] {
  const { ledger } = world.auctioneer.auctioneer
  const found: string[] = []
  const own = new Set<AccountKey>()
  for (const [name, { trader }] of world.traders) {
    for (const account of trader.ledger.accounts.values()) {
      own.add(account.key)
      const here = ofTrader(account)
      const there = ofAuctioneer(ledger.accounts.get(account.key))
      if (here !== there) found.push(`${name}'s account differs:\n    trader     ${here}\n    auctioneer ${there}`)
      if (isFunded(account)) found.push(...onChain(world, name, account))
    }
  }
  const strangers = [...ledger.accounts.keys()].filter((key) => !own.has(key))
  return [...found, ...strangers.map((key) => `account ${key} belongs to no trader`)]
}

function ofTrader(account: TraderAccount): string {
  const outpoint = isFunded(account) ? formatOutPoint(account.outpoint) : 'none'
  return inText(account, outpoint, account.kind)
}

function ofAuctioneer(record: AccountRecord | undefined): string {
  if (record === undefined) return 'none'
  return inText(record.account, formatOutPoint(record.account.outpoint), record.state.kind)
}

function inText(account: Omit<Account, 'outpoint'>, outpoint: string, state: string): string {
  const { value, expiry, version, batchKey, auctioneerKey, secret } = account
  const keys = `${batchKey.slice(0, 10)} ${auctioneerKey.slice(0, 10)} ${toHex(secret).slice(0, 8)}`
  return `${state} ${value} sat at ${outpoint}, version ${version}, expires ${expiry}, keys ${keys}`
}

/** A live account's output is unspent; a closed one's is spent. */
function onChain(world: World, name: string, account: FundedAccount): readonly string[] {
  const coin = world.stage.chain.unspent(formatOutPoint(account.outpoint))
  if (account.kind === 'closed') return coin === undefined ? [] : [`${name}'s closed account is not spent`]
  if (coin === undefined) return [`${name}'s ${account.kind} account has no output`]
  const matches = coin.value === account.value && toHex(coin.script) === toHex(currentScript(account))
  return matches ? [] : [`${name}'s output is not what its account says`]
}
