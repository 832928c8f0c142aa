import { expect, it } from 'vitest'
import { silentTrader } from '../scenarios/silentTrader.ts'
import { useMarket } from '../scenarios/useMarket.ts'
import { AFTER_SIGNING, BEFORE_SIGNING } from '../scenarios/words/moments.ts'

const market = useMarket('daemons')

/** The time of a step for each silence. */
const PATIENCE_MS = 900_000

it(
  'a trader that leases out falls silent at every stage of a batch',
  async () => {
    expect.hasAssertions()
    await silentTrader(market(), 'maker', [...BEFORE_SIGNING, ...AFTER_SIGNING])
  },
  PATIENCE_MS,
)
