import { expect } from 'vitest'
import { parseOutPoint, txid, type Transaction } from '@tidepool/crypto'
import type { Chain } from '../../harness/chain/chain.ts'

/** Money of one transaction, from the chain alone: no daemon of ours is asked. */
export interface ChainMoney {
  readonly transaction: Transaction
  readonly paidIn: bigint
  readonly paidOut: bigint
  readonly fee: bigint
  readonly confirmations: number
}

export async function moneyOf(chain: Chain, id: string): Promise<ChainMoney> {
  const found = await chain.transaction(txid(id))
  if (found === undefined) throw new Error(`the chain does not know ${id}`)
  const { transaction, confirmations } = found
  let paidIn = 0n
  for (const { prevout } of transaction.inputs) {
    const before = await chain.transaction(prevout.txid)
    paidIn += before?.transaction.outputs.at(prevout.index)?.value ?? 0n
  }
  const paidOut = transaction.outputs.reduce((sum, { value }) => sum + value, 0n)
  return { transaction, paidIn, paidOut, fee: paidIn - paidOut, confirmations }
}

/** The output is there, unspent, and holds exactly this. */
export async function assertHolds(chain: Chain, outpoint: string, value: bigint): Promise<void> {
  expect((await chain.unspent(parseOutPoint(outpoint)))?.value, outpoint).toBe(value)
}
