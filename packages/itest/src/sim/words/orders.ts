import { blockCount, satPerKWeight, satoshi } from '@tidepool/crypto'
import { UNIT_SAT, ratePpb, supplyUnits } from '@tidepool/market'
import type { OrderDraft } from '@tidepool/trader'
import type { SimTrader } from '../simTrader.ts'

type AskDraft = OrderDraft & { readonly kind: 'ask' }
type BidDraft = OrderDraft & { readonly kind: 'bid' }

const common = (trader: SimTrader, units: number) => ({
  version: 5 as const,
  auctionType: 'inbound' as const,
  rate: ratePpb(1000),
  amount: satoshi(BigInt(units) * UNIT_SAT),
  minUnitsMatch: supplyUnits(1),
  leaseDuration: blockCount(2016),
  maxBatchFeeRate: satPerKWeight(25_000),
  channelType: 'scriptEnforced' as const,
  accountKey: trader.key,
  nodeFilter: { kind: 'any' as const },
  isPublic: true,
})

/** An ask that takes every bid of its duration. */
export function ask(trader: SimTrader, units: number, fields: Partial<AskDraft> = {}): AskDraft {
  return { ...common(trader, units), kind: 'ask', announcement: 'none', confirmation: 'none', ...fields }
}

/** A bid at twice the asks' rate. */
export function bid(trader: SimTrader, units: number, fields: Partial<BidDraft> = {}): BidDraft {
  return {
    ...common(trader, units),
    kind: 'bid',
    rate: ratePpb(2000),
    minNodeTier: 'tier0',
    selfChannelBalance: satoshi(0),
    isSidecar: false,
    unannounced: false,
    zeroConf: false,
    ...fields,
  }
}
