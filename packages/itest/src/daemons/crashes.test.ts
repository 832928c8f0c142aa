import { expect, it } from 'vitest'
import { batchSurvives, DEATHS_OF_NOTHING, nothingSurvives } from '../scenarios/auctioneerKilled.ts'
import { makerKilled } from '../scenarios/makerKilled.ts'
import { openingKilled, OPENING_DEATHS } from '../scenarios/openingKilled.ts'
import { traderDies } from '../scenarios/traderKilled.ts'
import { AFTER_SIGNING, BEFORE_SIGNING } from '../scenarios/words/moments.ts'
import { useMarket } from '../scenarios/useMarket.ts'

const market = useMarket('daemons')

/** Each kills a daemon several times. */
const PATIENCE_MS = 900_000

it.each(OPENING_DEATHS)('a trader that opens an account dies %s', async (death) => {
  expect.hasAssertions()
  await openingKilled(market(), death)
})

const stories = {
  'a trader that takes a channel dies at every stage of a batch': () =>
    traderDies(market(), [...BEFORE_SIGNING, ...AFTER_SIGNING]),
  'the trader that opens the channels dies at every stage of a batch': () => makerKilled(market()),
  'an auctioneer that dies before a batch is durable leaves nothing of it': () =>
    nothingSurvives(market(), DEATHS_OF_NOTHING),
  'an auctioneer that dies after it published a batch finishes it': () => batchSurvives(market(), 'after-publish'),
}

it.each(Object.entries(stories))(
  '%s',
  async (_, story) => {
    expect.hasAssertions()
    await story()
  },
  PATIENCE_MS,
)
