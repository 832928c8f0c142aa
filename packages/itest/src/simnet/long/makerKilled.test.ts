import { expect, it } from 'vitest'
import { MAKER_DEATHS, makerKilled } from '../../scenarios/makerKilled.ts'
import { useMarket } from '../../scenarios/useMarket.ts'

const market = useMarket('simnet')

it.each(MAKER_DEATHS)('the trader that opens the channels dies %s of a batch', async (death) => {
  expect.hasAssertions()
  await makerKilled(market(), death)
})
