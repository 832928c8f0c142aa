import { expect } from 'vitest'
import { outPoint, txid, type OutPoint, type Transaction } from '@tidepool/crypto'
import { accountOf, auctioneersView, type OpenAccount } from './accounts.ts'
import type { BatchAnswer, DiffAnswer } from './answers.ts'
import type { Market } from './market.ts'

export interface ExpectedBalance {
  readonly account: OpenAccount
  readonly value: bigint
}

export function diffOf(batch: BatchAnswer, account: OpenAccount): DiffAnswer {
  const found = batch.accounts.find((diff) => diff.account_key === account.key)
  if (found === undefined) throw new Error(`the batch does not change ${account.key}`)
  return found
}

/** Trader, auctioneer and chain agree with the test's own sum, to the satoshi. */
export async function assertBalance(market: Market, batch: BatchAnswer, expected: ExpectedBalance): Promise<void> {
  const { account, value } = expected
  const diff = diffOf(batch, account)
  const point = `${batch.txid}:${diff.output_index}`
  expect(diff).toMatchObject({ ending_balance_sat: value.toString(), ending_state: 'recreated', new_version: 0 })
  expect(await accountOf(account)).toMatchObject({ value: Number(value), outpoint: point, latest_txid: batch.txid })
  expect(await auctioneersView(market, account)).toMatchObject({
    value_sat: value.toString(),
    txid: batch.txid,
    output_index: diff.output_index,
  })
  expect((await market.stack.chain.unspent(outPoint(txid(batch.txid), diff.output_index)))?.value).toBe(value)
}

/** What the batch does with money must come out even: no satoshi appears, none is lost. */
export async function assertConserved(market: Market, batch: BatchAnswer): Promise<void> {
  const transaction = await published(market, batch.txid)
  const paidIn = sum(await Promise.all(transaction.inputs.map((input) => valueAt(market, input.prevout))))
  const paidOut = sum(transaction.outputs.map((output) => output.value))
  const minerFee = BigInt(batch.miner_fee_sat)
  expect(paidIn - paidOut).toBe(minerFee)
  for (const match of batch.matches) {
    expect(transaction.outputs.at(match.output_index)?.value).toBe(BigInt(match.channel_value_sat))
  }
  const income = sum(
    batch.matches.flatMap((m) => [BigInt(m.maker_execution_fee_sat), BigInt(m.taker_execution_fee_sat)]),
  )
  const shares = sum(batch.accounts.map((diff) => BigInt(diff.chain_fee_sat)))
  const before = BigInt(batch.master_value_before_sat)
  expect(BigInt(batch.master_value_after_sat)).toBe(before + income + shares - minerFee)
}

export async function published(market: Market, id: string): Promise<Transaction> {
  const found = await market.stack.chain.transaction(txid(id))
  if (found === undefined) throw new Error(`nobody has published ${id}`)
  return found.transaction
}

/** What an output carries. */
export async function valueAt(market: Market, point: OutPoint): Promise<bigint> {
  return (await published(market, point.txid)).outputs.at(point.index)?.value ?? 0n
}

const sum = (values: readonly bigint[]): bigint => values.reduce((total, value) => total + value, 0n)
