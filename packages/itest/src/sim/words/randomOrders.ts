import { blockCount, satPerKWeight, satoshi } from '@tidepool/crypto'
import type { AccountKey } from '@tidepool/crypto'
import { ratePpb, supplyUnits } from '@tidepool/market'
import type { OrderDraft } from '@tidepool/trader'
import type { Random } from '../kernel/random.ts'
import type { SimTrader } from '../simTrader.ts'
import type { World } from '../world.ts'
import { ask, bid } from './orders.ts'

/** Some orders of everybody; one that its own daemon or the auctioneer refuses is none. */
export async function submitRandomOrders(world: World, random: Random): Promise<void> {
  for (const trader of world.traders.values()) {
    for (let i = random.below(3); i > 0; i--) await submit(world, trader, randomOrder(trader, random))
  }
}

async function submit(world: World, { trader }: SimTrader, draft: OrderDraft): Promise<void> {
  const answer = trader.orders.submit(draft, 'sim').catch(() => undefined)
  await world.finish(answer)
}

function randomOrder(trader: SimTrader, random: Random): OrderDraft {
  const units = random.between(1, 12)
  const common = {
    accountKey: anyAccount(trader, random),
    leaseDuration: blockCount(random.pick([2016, 2016, 2016, 4032, 8064])),
    minUnitsMatch: supplyUnits(random.chance(60) ? 1 : random.between(1, units)),
    maxBatchFeeRate: satPerKWeight(random.pick([253, 1000, 25_000])),
    channelType: random.pick(['scriptEnforced', 'scriptEnforced', 'peerDependent', 'simpleTaproot'] as const),
  }
  if (random.chance(50)) {
    return ask(trader, units, { ...common, rate: ratePpb(random.between(500, 1500)) })
  }
  const balance = random.chance(20) ? { selfChannelBalance: satoshi(50_000), minUnitsMatch: supplyUnits(units) } : {}
  const zeroConf = random.chance(15)
  const unannounced = random.chance(20)
  return bid(trader, units, {
    ...common,
    rate: ratePpb(random.between(1000, 2500)),
    unannounced,
    zeroConf,
    ...balance,
  })
}

function anyAccount({ trader, key }: SimTrader, random: Random): AccountKey {
  const keys = [...trader.ledger.accounts.keys()].toSorted()
  return keys[random.below(keys.length)] ?? key
}
