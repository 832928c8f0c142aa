import type { AccountKey, BatchId, NodeKey, Satoshi } from '@tidepool/crypto'
import { addSat, formatOutPoint } from '@tidepool/crypto'
import type { BatchRecord, LeaseRecord } from '../core/batch.ts'
import { TraderError } from '../core/errors.ts'
import type { Auctioneer } from '../ports/auctioneer.ts'
import type { Channels, KnownChannel } from '../ports/channels.ts'
import type { Ledger } from './ledger.ts'

/** Split of lnd's thaw heights: below it they count blocks from the funding. Pool rpcserver.go */
const ABSOLUTE_HEIGHT = 500_000

export interface LeaseFilter {
  readonly batchIds: readonly BatchId[]
  readonly accounts: readonly AccountKey[]
}

/** One leased channel of ours. */
export interface Lease {
  readonly lease: LeaseRecord
  /** Height at which the lease ends; 0 while unknown. */
  readonly expiry: number
  readonly purchased: boolean
  /** This channel's part of its account's chain fee. */
  readonly chainFee: Satoshi
  readonly peerTier: number
}

export interface LeaseList {
  readonly leases: readonly Lease[]
  readonly earned: Satoshi
  readonly paid: Satoshi
}

export interface LeaseModules {
  readonly ledger: Ledger
  readonly channels: Channels
  readonly auctioneer: Pick<Auctioneer, 'nodeTiers'>
}

/** Every lease of the finished batches, oldest first, with what was earned and paid. */
export async function listLeases(filter: LeaseFilter, modules: LeaseModules): Promise<LeaseList> {
  const wanted = new Set(filter.accounts)
  const batches = batchesOf(filter.batchIds, modules.ledger)
  const rows = batches.flatMap((batch) =>
    batch.leases
      .filter((lease) => wanted.size === 0 || wanted.has(lease.accountKey))
      .map((lease) => ({ lease, chainFee: chainFeePart(batch, lease) })),
  )
  const peers = [...new Set(rows.map(({ lease }) => lease.channel.peer))]
  const [known, tiers] = await Promise.all([modules.channels.knownChannels(), modules.auctioneer.nodeTiers(peers)])
  const leases = rows.map((row) => describe(row.lease, row.chainFee, known, tiers))
  return {
    leases,
    earned: addSat(...leases.filter((one) => !one.purchased).map((one) => one.lease.premium)),
    paid: addSat(...leases.flatMap((one) => costs(one))),
  }
}

/** @throws TraderError TRADER_BATCH_UNKNOWN */
function batchesOf(ids: readonly BatchId[], ledger: Ledger): readonly BatchRecord[] {
  if (ids.length === 0) return [...ledger.batches.values()]
  return ids.map((batchId) => {
    const batch = ledger.batches.get(batchId)
    if (batch !== undefined) return batch
    throw new TraderError({ code: 'TRADER_BATCH_UNKNOWN', batchId }, 'no batch of ours has this id')
  })
}

/** An account's fee over its channels of the batch, the remainder on the first of them. */
function chainFeePart(batch: BatchRecord, lease: LeaseRecord): Satoshi {
  const mates = batch.leases.filter((other) => other.accountKey === lease.accountKey)
  const total = batch.accounts.find((account) => account.key === lease.accountKey)?.chainFee ?? addSat()
  const count = BigInt(mates.length)
  const rest = mates[0] === lease ? total % count : 0n
  return addSat(total / count, rest)
}

function describe(
  lease: LeaseRecord,
  chainFee: Satoshi,
  known: readonly KnownChannel[],
  tiers: ReadonlyMap<NodeKey, number>,
): Lease {
  const { channel, own } = lease
  const point = formatOutPoint(channel.shim.outpoint)
  const found = known.find((one) => formatOutPoint(one.outpoint) === point)
  return {
    lease,
    chainFee,
    expiry: leaseExpiry(channel.commitment === 'scriptEnforcedLease', channel.shim.thawHeight, found),
    purchased: own.kind === 'bid',
    peerTier: tiers.get(channel.peer) ?? 0,
  }
}

/** A script-enforced lease ends at its own height; others count from the block of the funding. */
function leaseExpiry(absolute: boolean, thawHeight: number, known: KnownChannel | undefined): number {
  if (absolute || thawHeight >= ABSOLUTE_HEIGHT) return thawHeight
  return known === undefined || known.fundingHeight === 0 ? 0 : known.fundingHeight + thawHeight
}

function costs(one: Lease): readonly Satoshi[] {
  const fees = [one.lease.executionFee, one.chainFee]
  return one.purchased ? [one.lease.premium, ...fees] : fees
}
