import { describe, expect, it } from 'vitest'
import { batchSurvives, nothingSurvives } from '../scenarios/auctioneerKilled.ts'
import { MAKER_DEATHS, makerKilled } from '../scenarios/makerKilled.ts'
import { openingKilled, OPENING_DEATHS } from '../scenarios/openingKilled.ts'
import { DEATHS_AFTER_SIGNING, DEATHS_BEFORE_SIGNING, traderDies } from '../scenarios/traderKilled.ts'
import { useMarket } from '../scenarios/useMarket.ts'

const market = useMarket('daemons')

describe('a trader daemon that dies', () => {
  it.each(OPENING_DEATHS)('%s of an account', async (death) => {
    expect.hasAssertions()
    await openingKilled(market(), death)
  })

  it.each([...DEATHS_BEFORE_SIGNING, ...DEATHS_AFTER_SIGNING])('%s of a batch', async (death) => {
    expect.hasAssertions()
    await traderDies(market(), death)
  })
})

describe('the trader that opens the channels, when it dies', () => {
  it.each(MAKER_DEATHS)('%s of a batch', async (death) => {
    expect.hasAssertions()
    await makerKilled(market(), death)
  })
})

describe('an auctioneer that dies', () => {
  it.each(['after-prepare', 'after-sign-begin'] as const)('%s: nothing of the batch is left', async (death) => {
    expect.hasAssertions()
    await nothingSurvives(market(), death)
  })

  it('after-publish: the batch is finished', async () => {
    expect.hasAssertions()
    await batchSurvives(market(), 'after-publish')
  })
})
