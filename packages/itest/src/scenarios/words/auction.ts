import { txid, type Txid } from '@tidepool/crypto'
import { until } from '../../harness/until.ts'
import { latestTxid, type OpenAccount } from './accounts.ts'
import type { BatchAnswer, BatchesAnswer, RunAnswer, RunNowAnswer } from './answers.ts'
import type { Market } from './market.ts'

const CHANNEL_CONFIRMATIONS = 6

export interface AuctionEnd {
  readonly run: RunAnswer
  readonly batch: BatchAnswer | undefined
}

/** Runs an auction and tells how it ended. */
export async function runAuction(market: Market): Promise<AuctionEnd> {
  const { run, batch } = (await market.auctioneer.ctl('auction', 'run-now')) as RunNowAnswer
  if (run === null) throw new Error('the auctioneer told of no run')
  return { run, batch: batch ?? undefined }
}

/** Runs an auction that must end in a batch. */
export async function runBatch(market: Market): Promise<BatchAnswer> {
  const { run, batch } = await runAuction(market)
  if (batch === undefined) throw new Error(`no batch: ${JSON.stringify(run)}`)
  return batch
}

/** The batch's transaction waits in the mempool. */
export async function untilPublished(market: Market, id: string): Promise<void> {
  await until(`${id.slice(0, 8)} is in the mempool`, async () =>
    (await market.stack.chain.mempool()).includes(txid(id)),
  )
}

/** Mines the batch's transaction deep enough for its channels and accounts; resolves to the height it is at. */
export async function confirmBatch(market: Market, batch: { readonly txid: string }): Promise<number> {
  await untilPublished(market, batch.txid)
  await market.stack.mine(CHANNEL_CONFIRMATIONS)
  return heightOf(market, batch.txid)
}

/** Height of the block that holds a transaction. */
export async function heightOf(market: Market, id: string): Promise<number> {
  const found = await market.stack.chain.transaction(txid(id))
  if (found?.height === undefined) throw new Error(`${id} is in no block`)
  return found.height
}

/** Every trader has taken the batch over. */
export async function untilSettled(
  batch: { readonly txid: string },
  ...accounts: readonly OpenAccount[]
): Promise<void> {
  for (const account of accounts) {
    await until(`${account.trader.name} has the batch`, async () => (await latestTxid(account)) === batch.txid)
  }
}

export async function batchesOf(market: Market): Promise<readonly BatchAnswer[]> {
  return ((await market.auctioneer.ctl('batches')) as BatchesAnswer).batches
}

export const txidsOf = (batches: readonly BatchAnswer[]): readonly Txid[] => batches.map((batch) => txid(batch.txid))
