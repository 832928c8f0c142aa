import type { Account } from './accounts.ts'
import type { Check, Story } from './audit.ts'
import type { Flow } from './money.ts'
import type { Order, Orders } from './orders.ts'

/** The whole story as one JSON object; satoshis as numbers. */
export function report(
  { accounts, deal, money, transaction, channel }: Story,
  orders: Orders,
  checks: readonly Check[],
  seconds: number,
  commands: readonly string[],
): string {
  const whole = {
    ok: checks.every((check) => check.passed),
    seconds: Number(seconds.toFixed(1)),
    accounts: [accounts.alice, accounts.bob].map(accountJson),
    orders: [orderJson('ask', orders.ask), orderJson('bid', orders.bid)],
    batch: {
      id: deal.batch.batch_id,
      price_ppb: deal.match.clearing_price_rate,
      units: deal.match.units,
      lease_blocks: deal.match.lease_duration_blocks,
      fee_rate_sat_per_kw: Number(deal.batch.fee_rate_sat_per_kw),
    },
    balances: [flowJson(money.alice), flowJson(money.bob)],
    auctioneer: { before: money.masterBefore, after: money.masterAfter },
    transaction: {
      txid: transaction.txid,
      inputs: transaction.inputs,
      outputs: transaction.outputs,
      miner_fee: transaction.minerFee,
    },
    channel: {
      point: channel.point,
      capacity: channel.capacity,
      commitment_type: channel.commitmentType,
      confirmed_at: channel.confirmedAt,
      maturity_height: channel.maturity,
      active: channel.active,
    },
    audit: checks,
    ...(commands.length === 0 ? {} : { go_on: commands }),
  }
  return JSON.stringify(whole, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value), 2)
}

const accountJson = ({ owner, key, value, outpoint, expiry, version }: Account) => ({
  owner,
  key,
  value,
  outpoint,
  expiry,
  version,
})

const orderJson = (kind: string, { account, nonce, amount, rate, blocks }: Order) => ({
  kind,
  owner: account.owner,
  nonce,
  amount,
  rate_ppb: rate,
  lease_blocks: blocks,
})

const flowJson = ({ account, start, premium, channel, executionFee, chainFee, end }: Flow) => ({
  owner: account.owner,
  start,
  premium,
  channel,
  execution_fee: executionFee,
  chain_fee: chainFee,
  end,
})
