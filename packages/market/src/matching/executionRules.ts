import { supportsUnannounced, supportsZeroConf } from '../batchVersion.ts'
import { commitmentType, effectiveChannelType, type CommitmentType } from '../channelTypes.ts'
import type { Ask, Bid } from '../order.ts'
import type { PairRule } from './types.ts'

/** Commitment type of the channel this pair would open. */
export const pairCommitment = (ask: Ask, bid: Bid): CommitmentType =>
  commitmentType(effectiveChannelType(ask), effectiveChannelType(bid))

/** P13: lnd opens simple taproot channels only unannounced. */
export const taprootUnannounced: PairRule = (ask, bid) =>
  pairCommitment(ask, bid) === 'simpleTaproot' && !bid.unannounced ? 'taprootAnnounced' : undefined

/** P13: lnd refuses zero-conf without an explicit channel type. */
export const zeroConfTyped: PairRule = (ask, bid) =>
  bid.zeroConf && pairCommitment(ask, bid) === 'unspecified' ? 'zeroConfChannelType' : undefined

/** P13: a sidecar's recipient takes its own type for peer dependent, so the ask alone must settle it. */
export const sidecarTypeAgreed: PairRule = (ask, bid) => {
  if (!bid.isSidecar) return undefined
  const type = pairCommitment(ask, bid)
  const agreed =
    type === 'unspecified' || (type === 'scriptEnforcedLease' && effectiveChannelType(ask) === 'scriptEnforced')
  return agreed ? undefined : 'sidecarChannelType'
}

/** P13: both traders' batch versions must carry the channel's features. */
export const batchVersionsCarry: PairRule = (ask, bid, context) => {
  for (const key of [ask.accountKey, bid.accountKey]) {
    const version = context.accounts.get(key)?.stream?.batchVersion
    if (version === undefined) return 'counterpartBatchVersion'
    if (bid.unannounced && !supportsUnannounced(version)) return 'counterpartBatchVersion'
    if (bid.zeroConf && !supportsZeroConf(version)) return 'counterpartBatchVersion'
  }
  return undefined
}

/** P13: never two accounts of one stream, nor a sidecar from its recipient's. */
export const tradersDiffer: PairRule = (ask, bid, context) => {
  const asker = context.accounts.get(ask.accountKey)?.stream?.id
  const bidder = context.accounts.get(bid.accountKey)?.stream?.id
  const recipient = bid.isSidecar ? context.sidecarRecipients.get(bid.multiSigKey)?.id : undefined
  return asker !== undefined && (asker === bidder || asker === recipient) ? 'sameTrader' : undefined
}
