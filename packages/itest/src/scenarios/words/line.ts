import { expect } from 'vitest'
import { txid, txWeight } from '@tidepool/crypto'
import type { StatusAnswer } from './answers.ts'
import { moneyOf } from './chainMoney.ts'
import type { Market } from './market.ts'

/** Unconfirmed transactions of ours, each after what it spends. */
export interface Line {
  readonly fees: bigint
  readonly weight: number
  readonly virtualSize: number
}

/**
 * Worked out from the transactions alone: what all of them pay and weigh. A mempool that counts lines counts the same of
 * the newest, and so does the auctioneer.
 */
export async function lineOf(market: Market, ids: readonly string[]): Promise<Line> {
  const { chain } = market.stack
  let [fees, weight, virtualSize] = [0n, 0, 0]
  for (const id of ids) {
    const { transaction, fee } = await moneyOf(chain, id)
    const itsWeight = txWeight(transaction)
    fees += fee
    weight += itsWeight
    virtualSize += Math.ceil(itsWeight / 4)
  }
  const counted = { transactions: ids.length, virtualSize, fees }
  expect((await chain.line(txid(ids.at(-1) ?? ''))) ?? counted).toEqual(counted)
  const { unconfirmed } = (await market.auctioneer.ctl('status')) as StatusAnswer
  expect(unconfirmed).toMatchObject({
    num_transactions: ids.length,
    virtual_size: String(virtualSize),
    fee_rate_sat_per_kw: String(rateOf({ fees, weight })),
  })
  return { fees, weight, virtualSize }
}

/** In sat per 1000 weight. */
export const rateOf = ({ fees, weight }: Pick<Line, 'fees' | 'weight'>): bigint => (fees * 1000n) / BigInt(weight)
