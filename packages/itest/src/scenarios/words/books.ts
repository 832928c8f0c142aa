import { expect } from 'vitest'
import {
  formatOutPoint,
  itemAt,
  outPoint,
  parseOutPoint,
  txid,
  type OutPoint,
  type Transaction,
} from '@tidepool/crypto'
import type { Chain } from '../../harness/chain/chain.ts'
import type { OpenAccount } from './accounts.ts'
import { assertHolds } from './chainMoney.ts'
import type { Market } from './market.ts'

/** What one transaction did to an account, read from the chain. Whole satoshis. */
export interface BookLine {
  readonly txid: string
  readonly before: bigint
  /** 0 when the account ends here. */
  readonly after: bigint
  /** Coins that others put in: the wallet, or in a batch everyone else. */
  readonly paidIn: bigint
  /** Everything paid out but to the account. */
  readonly paidOut: bigint
  readonly fee: bigint
}

interface HistoryAnswer {
  readonly account: { readonly value_sat: string }
  readonly why: string
  readonly steps: readonly HistoryStep[]
}

export interface HistoryStep {
  readonly event: string
  readonly state: string
  readonly txid: string
  readonly output_index: number
  readonly value_sat: string
}

/** Every step of an account's life, as the operator is shown it. */
export async function historyOf(market: Market, { key }: OpenAccount): Promise<HistoryAnswer> {
  return (await market.auctioneer.ctl('accounts', 'show', key)) as HistoryAnswer
}

/**
 * Follows an account's outputs through the chain. That they are one account is the operator's claim, by its history; that
 * each was spent by the transaction of the next, and every amount, is read from the chain alone.
 */
export async function booksOf(market: Market, account: OpenAccount): Promise<readonly BookLine[]> {
  const { chain } = market.stack
  const { steps } = await historyOf(market, account)
  const claimed = [...new Map(steps.map((step) => [`${step.txid}:${step.output_index}`, step])).entries()]
  const lines: BookLine[] = []
  for (const [position, [point, { value_sat: value }]] of claimed.entries()) {
    const [next] = claimed[position + 1] ?? []
    const transaction = await transactionOf(chain, parseOutPoint(point))
    expect(transaction.outputs.at(parseOutPoint(point).index)?.value, point).toBe(BigInt(value))
    const spender = await spenderOf(chain, parseOutPoint(point))
    if (next !== undefined) expect(spender?.id).toBe(parseOutPoint(next).txid)
    if (spender === undefined) await assertHolds(chain, point, BigInt(value))
    else lines.push(await lineOf(chain, spender, point, next))
  }
  return lines
}

/**
 * Nothing appears and nothing is lost: what came in, at the opening and later, is what went out, what the miners took
 * and what the account still holds.
 */
export function assertEven(opened: bigint, lines: readonly BookLine[], holds: bigint): void {
  const sum = (of: (line: BookLine) => bigint): bigint => lines.reduce((total, line) => total + of(line), 0n)
  expect(lines[0]?.before ?? holds).toBe(opened)
  expect(lines.at(-1)?.after ?? opened).toBe(holds)
  expect(opened + sum(({ paidIn }) => paidIn)).toBe(holds + sum(({ paidOut }) => paidOut) + sum(({ fee }) => fee))
}

interface Spender {
  readonly id: string
  readonly transaction: Transaction
}

async function lineOf(
  chain: Chain,
  { id, transaction }: Spender,
  spent: string,
  next: string | undefined,
): Promise<BookLine> {
  let before = 0n
  let paidIn = 0n
  for (const { prevout } of transaction.inputs) {
    const value = (await transactionOf(chain, prevout)).outputs.at(prevout.index)?.value ?? 0n
    if (formatOutPoint(prevout) === spent) before = value
    else paidIn += value
  }
  const index = next === undefined ? -1 : parseOutPoint(next).index
  const after = itemAt(transaction.outputs, index)?.value ?? 0n
  const paidOut = transaction.outputs.reduce((sum, { value }, i) => (i === index ? sum : sum + value), 0n)
  return { txid: id, before, after, paidIn, paidOut, fee: before + paidIn - after - paidOut }
}

async function transactionOf(chain: Chain, point: OutPoint): Promise<Transaction> {
  const found = await chain.transaction(point.txid)
  if (found === undefined) throw new Error(`the chain does not know ${point.txid}`)
  return found.transaction
}

/** Block by block from the output's own on; undefined while nothing in a block spends it. */
async function spenderOf(chain: Chain, point: OutPoint): Promise<Spender | undefined> {
  const wanted = formatOutPoint(outPoint(point.txid, point.index))
  const from = (await chain.transaction(point.txid))?.height
  if (from === undefined) return undefined
  for (let height = from; height <= (await chain.height()); height++) {
    for (const id of (await chain.block(height)).transactions) {
      const transaction = (await chain.transaction(txid(id)))?.transaction
      if (transaction?.inputs.some(({ prevout }) => formatOutPoint(prevout) === wanted)) return { id, transaction }
    }
  }
  return undefined
}
