import { describe, expect, it } from 'vitest'
import { openingKilled, OPENING_DEATHS } from '../scenarios/openingKilled.ts'
import { DEATHS_AFTER_SIGNING, DEATHS_BEFORE_SIGNING, traderDies } from '../scenarios/traderKilled.ts'
import { useMarket } from '../scenarios/useMarket.ts'

describe('a trader daemon that dies', () => {
  const market = useMarket('daemons')

  it.each(OPENING_DEATHS)('%s of an account', async (death) => {
    expect.hasAssertions()
    await openingKilled(market(), death)
  })

  it.each([...DEATHS_BEFORE_SIGNING, ...DEATHS_AFTER_SIGNING])('%s of a batch', async (death) => {
    expect.hasAssertions()
    await traderDies(market(), death)
  })
})
