import type { Txid } from '@tidepool/crypto'
import { outPoint, satoshi } from '@tidepool/crypto'
import type { BatchProposal, CommitmentType } from '@tidepool/market'
import { pendingChannelId, ratePpb } from '@tidepool/market'
import type { FundedMatch } from './channelOutputs.ts'
import { isSidecarBid } from './matchView.ts'
import type { ExpectedChannel } from './verdict.ts'

/** Everything the node must be told about the channel of a match that was found right. */
export function expectedChannel(match: FundedMatch, proposal: BatchProposal, batchTxid: Txid): ExpectedChannel {
  const { view, amounts } = match
  const { leaseDuration, nonce } = view.own.order
  return {
    ownNonce: nonce,
    counterpartNonce: view.counterpart.nonce,
    role: view.role,
    sidecar: isSidecarBid(view.own) ? 'provider' : 'none',
    counterpart: view.counterpart,
    units: view.units,
    outpoint: outPoint(batchTxid, match.outputIndex),
    value: match.output.value,
    script: match.output.script,
    commitmentType: match.commitmentType,
    pendingChannelId: pendingChannelId(view.ask.nonce, view.bid.nonce),
    thawHeight: thawHeight(match.commitmentType, leaseDuration, proposal.heightHint),
    pushAmount: view.bid.selfChannelBalance,
    leaseDuration,
    unannounced: view.bid.unannounced,
    zeroConf: view.bid.zeroConf,
    localKey: match.localKey,
    remoteKey: view.counterpart.multiSigKey,
    price: view.price ?? ratePpb(0),
    premium: satoshi(amounts.premium),
    executionFee: satoshi(amounts.executionFee),
  }
}

/** Relative, or absolute for script-enforced leases, where both nodes must name the same height. Pool funding/manager.go */
export const thawHeight = (type: CommitmentType, duration: number, heightHint: number): number =>
  type === 'scriptEnforcedLease' ? duration + heightHint : duration
