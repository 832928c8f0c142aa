import { blockCount, satPerKWeight, satoshi } from '@tidepool/crypto'
import type { AccountKey } from '@tidepool/crypto'
import { ratePpb, supplyUnits } from '@tidepool/market'
import type { OrderDraft } from '@tidepool/trader'
import type { Random } from '../kernel/random.ts'
import type { SimTrader } from '../simTrader.ts'
import type { World } from '../world.ts'
import { ask, bid } from './orders.ts'

/** Some orders of everybody, and a plain pair that can meet; one that is refused by either side is none. */
export async function submitRandomOrders(world: World, random: Random): Promise<void> {
  const traders = [...world.traders.values()]
  for (const trader of traders) {
    for (let i = random.below(4); i > 0; i--) await submit(world, trader, randomOrder(trader, random))
  }
  const first = random.below(traders.length)
  const [asker, bidder] = [traders[first], traders[(first + 1 + random.below(traders.length - 1)) % traders.length]]
  if (asker === undefined || bidder === undefined) return
  await submit(world, asker, ask(asker, random.between(1, 9), { accountKey: anyAccount(asker, random) }))
  await submit(world, bidder, bid(bidder, random.between(1, 9), { accountKey: anyAccount(bidder, random) }))
}

async function submit(world: World, { trader }: SimTrader, draft: OrderDraft): Promise<void> {
  const answer = trader.orders.submit(draft, 'sim').catch(() => undefined)
  await world.finish(answer)
}

function randomOrder(trader: SimTrader, random: Random): OrderDraft {
  const units = random.between(1, 12)
  const common = {
    accountKey: anyAccount(trader, random),
    leaseDuration: blockCount(random.pick([2016, 2016, 2016, 4032])),
    minUnitsMatch: supplyUnits(random.chance(70) ? 1 : random.between(1, units)),
    maxBatchFeeRate: satPerKWeight(random.pick([253, 5000, 25_000, 25_000])),
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
