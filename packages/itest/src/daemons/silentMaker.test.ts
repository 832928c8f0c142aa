import { expect, it } from 'vitest'
import { SILENCES_AFTER_SIGNING, SILENCES_BEFORE_SIGNING, silentTrader } from '../scenarios/silentTrader.ts'
import { useMarket } from '../scenarios/useMarket.ts'

const market = useMarket('daemons')

/** The time of a step for each silence. */
const PATIENCE_MS = 900_000

it(
  'a trader that leases out falls silent at every stage of a batch',
  async () => {
    expect.hasAssertions()
    await silentTrader(market(), 'maker', [...SILENCES_BEFORE_SIGNING, ...SILENCES_AFTER_SIGNING])
  },
  PATIENCE_MS,
)
