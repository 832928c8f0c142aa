import { expect, it } from 'vitest'
import { makerKilled } from '../../scenarios/makerKilled.ts'
import { useMarket } from '../../scenarios/useMarket.ts'

const market = useMarket('simnet')

it('the trader that opens the channels dies at every stage of a batch', async () => {
  expect.hasAssertions()
  await makerKilled(market())
})
