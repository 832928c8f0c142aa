import { accountKey, batchKey, idToBytes } from '@tidepool/crypto'
import { unitsToSat } from '@tidepool/market'
import type { poolrpc } from '@tidepool/rpc'
import { listLeases } from '../../app/leases.ts'
import type { Lease } from '../../app/leases.ts'
import { invalid } from '../../core/errors.ts'
import type { HandlerModules, TraderHandlers } from './handlerModules.ts'
import { outpointToWire } from './wireAccount.ts'

/** An id of zeros asks for the newest batch. */
const NEWEST = new Uint8Array(33)
const TIERS = ['TIER_DEFAULT', 'TIER_0', 'TIER_1'] as const

/** What the auctioneer offers, and the leases we have. */
export function auctionHandlers(modules: HandlerModules): TraderHandlers {
  const { queries } = modules
  return {
    auctionFee: async () => {
      modules.trader()
      const { executionFee } = await queries.terms({})
      return executionFee === undefined ? {} : { executionFee }
    },
    leaseDurations: async () => {
      modules.trader()
      const { leaseDurationBuckets } = await queries.terms({})
      const accepting = [...leaseDurationBuckets].map(([duration, state]): [number, boolean] => [
        duration,
        state === 'ACCEPTING_ORDERS' || state === 'MARKET_OPEN',
      ])
      return { leaseDurations: new Map(accepting), leaseDurationBuckets }
    },
    nextBatchInfo: async () => {
      modules.trader()
      const terms = await queries.terms({})
      return {
        confTarget: terms.nextBatchConfTarget,
        feeRateSatPerKw: terms.nextBatchFeeRateSatPerKw,
        clearTimestamp: terms.nextBatchClearTimestamp,
        autoRenewExtensionBlocks: terms.autoRenewExtensionBlocks,
      }
    },
    batchSnapshot: async ({ batchId }) => {
      modules.trader()
      return queries.batchSnapshot({ batchId: batchId.length === 0 ? NEWEST : batchId })
    },
    batchSnapshots: async ({ startBatchId, numBatchesBack }) => {
      modules.trader()
      return queries.batchSnapshots({ startBatchId, numBatchesBack: numBatchesBack === 0 ? 1 : numBatchesBack })
    },
    nodeRatings: async ({ nodePubkeys }) => {
      modules.trader()
      if (nodePubkeys.length === 0) throw invalid('node_pubkeys', 'at least one node key')
      return queries.nodeRating({ nodePubkeys })
    },
    leases: async (request) => {
      const filter = { batchIds: request.batchIds.map(batchKey), accounts: request.accounts.map(accountKey) }
      const { leases, earned, paid } = await listLeases(filter, modules.trader())
      return { leases: leases.map(leaseToWire), totalAmtEarnedSat: earned, totalAmtPaidSat: paid }
    },
    getLsatTokens: async () => ({ tokens: [] }),
  }
}

function leaseToWire({ lease, expiry, purchased, chainFee, peerTier }: Lease): poolrpc.LeaseInit {
  const { channel, own, counterpart } = lease
  // As in the stock daemon: what the other side's bid adds is not told of a lease given.
  const bid = own.kind === 'bid' ? own : undefined
  return {
    channelPoint: outpointToWire(channel.shim.outpoint),
    channelAmtSat: unitsToSat(lease.units),
    channelDurationBlocks: lease.leaseDuration,
    channelLeaseExpiry: expiry,
    premiumSat: lease.premium,
    executionFeeSat: lease.executionFee,
    chainFeeSat: chainFee,
    clearingRatePrice: BigInt(lease.price),
    orderFixedRate: BigInt(own.rate),
    orderNonce: idToBytes(own.nonce),
    purchased,
    channelRemoteNodeKey: idToBytes(channel.peer),
    channelNodeTier: TIERS[peerTier] ?? 'TIER_DEFAULT',
    selfChanBalance: bid?.selfChannelBalance ?? 0n,
    sidecarChannel: bid?.isSidecar ?? false,
    matchedOrderNonce: idToBytes(counterpart.nonce),
  }
}
