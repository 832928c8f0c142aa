import { fromHex } from '@tidepool/crypto'
import type { lnrpc } from '@tidepool/rpc'
import { hashBytes } from '../chain/block.ts'
import type { Channel, ClosedChannel } from './channel.ts'
import { balancesOf, csvDelay, openCommitment, pendingCommitment } from './balances.ts'
import { commitFeeRate } from './channelType.ts'

/** Regtest's genesis hash, internal order: what nodes name the chain by. */
export const CHAIN_HASH = fromHex('06226e46111a0b59caaf126043eb5bbf28c34f3a5e332a1fc7b2b73cf188910f')
const CHAIN_HASH_TEXT = '0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206'
const FUNDING_EXPIRY = 2016

/** Real short channel id, or the alias while there is none; zero-conf channels keep the alias. */
export function shortChannelId(channel: Channel): bigint {
  return channel.zeroConf || channel.confirmed === undefined ? channel.aliasScid : confirmedScid(channel)
}

function confirmedScid(channel: Channel): bigint {
  const { confirmed, index } = channel
  if (confirmed === undefined) return 0n
  return (BigInt(confirmed.height) << 40n) | (BigInt(confirmed.position) << 16n) | BigInt(index)
}

export function channelMessage(channel: Channel): lnrpc.ChannelInit {
  const { local, remote } = balancesOf(channel)
  const { fee, weight } = openCommitment(channel)
  const reserve = channel.capacity / 100n
  const constraints: lnrpc.ChannelConstraintsInit = {
    csvDelay: csvDelay(channel.capacity),
    chanReserveSat: reserve,
    dustLimitSat: 354n,
    maxPendingAmtMsat: (channel.capacity - reserve) * 1000n,
    minHtlcMsat: 1n,
    maxAcceptedHtlcs: 483,
  }
  return {
    active: channel.active,
    remotePubkey: channel.peer,
    channelPoint: channel.point,
    chanId: shortChannelId(channel),
    capacity: channel.capacity,
    localBalance: local,
    remoteBalance: remote,
    commitFee: fee,
    commitWeight: weight,
    feePerKw: commitFeeRate,
    csvDelay: csvDelay(channel.capacity),
    private: channel.private,
    initiator: channel.initiator,
    chanStatusFlags: 'ChanStatusDefault',
    localChanReserveSat: reserve,
    remoteChanReserveSat: reserve,
    commitmentType: channel.type,
    pushAmountSat: channel.push,
    thawHeight: channel.thawHeight,
    localConstraints: constraints,
    remoteConstraints: constraints,
    aliasScids: [channel.aliasScid],
    peerScidAlias: channel.peerAliasScid,
    zeroConf: channel.zeroConf,
    zeroConfConfirmedScid: channel.zeroConf ? confirmedScid(channel) : 0n,
  }
}

export function pendingMessage(channel: Channel, tip: number): lnrpc.PendingChannelsResponse_PendingOpenChannelInit {
  const { local, remote } = balancesOf(channel)
  const { fee, weight } = pendingCommitment(channel)
  const depth = channel.confirmed === undefined ? 0 : tip - channel.confirmed.height + 1
  return {
    channel: {
      remoteNodePub: channel.peer,
      channelPoint: channel.point,
      capacity: channel.capacity,
      localBalance: local,
      remoteBalance: remote,
      localChanReserveSat: channel.capacity / 100n,
      remoteChanReserveSat: channel.capacity / 100n,
      initiator: channel.initiator ? 'INITIATOR_LOCAL' : 'INITIATOR_REMOTE',
      commitmentType: channel.type,
      private: channel.private,
    },
    fundingExpiryBlocks: FUNDING_EXPIRY - (tip - channel.broadcastHeight),
    commitFee: fee,
    commitWeight: weight,
    feePerKw: commitFeeRate,
    confirmationsUntilActive: Math.max(channel.depth - depth, 0),
    confirmationHeight: channel.confirmed?.height ?? 0,
  }
}

export function closedMessage(closed: ClosedChannel): lnrpc.ChannelCloseSummaryInit {
  const { channel } = closed
  return {
    channelPoint: channel.point,
    chanId: channel.confirmed === undefined && !channel.zeroConf ? 0n : shortChannelId(channel),
    chainHash: CHAIN_HASH_TEXT,
    closingTxHash: closed.closingTxid,
    remotePubkey: channel.peer,
    capacity: channel.capacity,
    closeHeight: closed.closeHeight,
    settledBalance: closed.settledBalance,
    closeType: closed.closeType,
    openInitiator: channel.initiator ? 'INITIATOR_LOCAL' : 'INITIATOR_REMOTE',
    closeInitiator: closed.closedByUs ? 'INITIATOR_LOCAL' : 'INITIATOR_REMOTE',
  }
}

export const pointMessage = (channel: Channel): lnrpc.ChannelPointInit => ({
  fundingTxid: { case: 'fundingTxidBytes', value: hashBytes(channel.txid) },
  outputIndex: channel.index,
})

export const pendingUpdate = (channel: Channel): lnrpc.PendingUpdateInit => ({
  txid: hashBytes(channel.txid),
  outputIndex: channel.index,
})
