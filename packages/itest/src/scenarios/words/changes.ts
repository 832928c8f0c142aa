import { expect } from 'vitest'
import { feeForWeight, satPerKWeight, weight } from '@tidepool/crypto'
import { until } from '../../harness/until.ts'
import { accountOf, auctioneersView, untilOpen, type OpenAccount, type ScriptVersion } from './accounts.ts'
import type { AccountAnswer } from './answers.ts'
import { assertHolds, moneyOf, type ChainMoney } from './chainMoney.ts'
import type { Market } from './market.ts'

const CONFIRMATIONS = 6

export const witnessOf = (version: ScriptVersion): number => (version === 0 ? 229 : 66)

/** Fee of one account input, its new output counted as P2WSH, and outputs of so many bytes, by the published rule. */
export function soloFee(satPerVByte: bigint, version: ScriptVersion, ...outputs: readonly number[]): bigint {
  const size = 10 + 41 + 43 + outputs.reduce((sum, bytes) => sum + bytes, 0)
  return feeForWeight(satPerKWeight(satPerVByte * 250n), weight(4 * size + 2 + witnessOf(version)))
}

/** What the command line printed for a change. */
interface ChangeAnswer {
  readonly account: AccountAnswer
  readonly deposit_txid?: string
  readonly withdraw_txid?: string
  readonly renewal_txid?: string
}

export interface MadeChange {
  readonly txid: string
  readonly account: AccountAnswer
}

/** Flag of a script version: they count from 1 there. */
export const versionFlag = (version: ScriptVersion): string => `--new_version=${version + 1}`

/** Runs `pool accounts COMMAND KEY …`; the account waits for its confirmations then. */
export async function change(
  account: OpenAccount,
  command: 'deposit' | 'withdraw' | 'renew',
  ...flags: readonly string[]
): Promise<MadeChange> {
  const answer = (await account.trader.pool('accounts', command, account.key, ...flags)) as ChangeAnswer
  const txid = answer.deposit_txid ?? answer.withdraw_txid ?? answer.renewal_txid ?? ''
  expect(answer.account).toMatchObject({ trader_key: account.key, state: 'PENDING_UPDATE', latest_txid: txid })
  return { txid, account: answer.account }
}

/** Mines until every account is open again on both sides. */
export async function confirmed(market: Market, ...accounts: readonly OpenAccount[]): Promise<void> {
  await market.stack.mine(CONFIRMATIONS)
  for (const account of accounts) await untilOpen(market, account)
}

/** Trader, auctioneer and chain agree on what a change left. */
export async function assertAccount(market: Market, account: OpenAccount, value: bigint): Promise<AccountAnswer> {
  const mine = await accountOf(account)
  expect(mine).toMatchObject({ state: 'OPEN', value: Number(value) })
  expect(await auctioneersView(market, account)).toMatchObject({ state: 'open', value_sat: value.toString() })
  await assertHolds(market.stack.chain, mine.outpoint, value)
  return mine
}

/** Closes the account and gives the money of the closing transaction. */
export async function close(market: Market, account: OpenAccount, ...flags: readonly string[]): Promise<ChainMoney> {
  const { close_txid: id } = (await account.trader.pool('accounts', 'close', account.key, ...flags)) as {
    readonly close_txid: string
  }
  expect(await accountOf(account)).toMatchObject({ state: 'PENDING_CLOSED', value: 0, latest_txid: id })
  await until('the close is in the mempool', async () => (await market.stack.chain.mempool()).some((one) => one === id))
  await market.stack.mine(CONFIRMATIONS)
  await untilState(account, 'CLOSED')
  await until(
    'the auctioneer calls it closed',
    async () => (await auctioneersView(market, account))?.state === 'closed',
  )
  return moneyOf(market.stack.chain, id)
}

export async function untilState({ trader, key }: OpenAccount, state: string): Promise<void> {
  await until(`account ${key.slice(0, 8)} is ${state}`, async () => {
    const { accounts } = (await trader.pool('accounts', 'list', '--show_archived')) as {
      readonly accounts: readonly AccountAnswer[]
    }
    return accounts.some((account) => account.trader_key === key && account.state === state)
  })
}
