import { reversed, toHex } from '@tidepool/crypto'
import { until } from '../harness/until.ts'
import type { BatchAnswer, MatchAnswer, RunNowAnswer } from '../scenarios/words/answers.ts'
import { percent, type Orders } from './orders.ts'
import type { Stage } from './stage.ts'
import { grouped, sat, type Voice } from './voice.ts'

/** The one match of the batch, and what came of it. */
export interface Deal {
  readonly batch: BatchAnswer
  readonly match: MatchAnswer
}

export async function runAuction(voice: Voice, stage: Stage, orders: Orders): Promise<Deal> {
  voice.chapter('The auction')
  voice.command('auctioneer', 'auctionctl auction run-now')
  const { batch, run } = (await stage.auctioneer.ctl('auction', 'run-now')) as RunNowAnswer
  const match = batch?.matches[0]
  if (batch === null || match === undefined) throw new Error(`the auction made no batch: ${JSON.stringify(run)}`)
  const { ask, bid } = orders
  voice.say(
    `They meet: Bob pays more than Alice asks. All matches of a duration trade at one price, the rate of the last bid ` +
      `that found a match. Here that is Bob's, the only one.`,
  )
  voice.table([
    ['Alice asked for', grouped(ask.rate), 'ppb per block', percent(ask.rate)],
    ['Bob bid', grouped(bid.rate), 'ppb per block', percent(bid.rate)],
    ['price', grouped(match.clearing_price_rate), 'ppb per block', percent(match.clearing_price_rate)],
    ['capacity', sat(BigInt(match.channel_value_sat)), `of the ${grouped(ask.amount)} offered`],
  ])
  voice.say(
    `The auctioneer proposed one transaction. Both daemons computed it again from their own records, opened the channel ` +
      `on top of it and only then signed for their accounts. Nobody had to trust anybody.`,
  )
  for (const trader of [stage.alice, stage.bob]) {
    await until(`${trader.name} has the batch`, async () => {
      const { accounts } = await trader.trader.listAccounts({})
      return accounts.some(({ latestTxid }) => toHex(reversed(latestTxid)) === batch.txid)
    })
  }
  return { batch, match }
}
