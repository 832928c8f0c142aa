import type { BlockCount, BlockHeight, NodeKey, OrderNonce, PubKey, Satoshi } from '@tidepool/crypto'
import { satPerKWeight, satoshi, txidOf } from '@tidepool/crypto'
import type { AccountKey } from '@tidepool/crypto'
import type { BatchProposal, ProposedMatch } from '@tidepool/market'
import { ratePpb, unitsOf } from '@tidepool/market'
import { assignChannelOutputs } from './channelOutputs.ts'
import { checkHeightHint, checkTimeLocks } from './checkProposal.ts'
import { expectedChannel } from './expectedChannel.ts'
import { matchAmounts } from './matchAmounts.ts'
import { checkSidecarMatches } from './matchRules.ts'
import { matchView, pairOf } from './matchView.ts'
import type { MatchView } from './matchView.ts'
import type { MismatchDetail } from './mismatch.ts'
import type { OwnOrder } from './ownRecords.ts'
import { rejectedIfAny } from './rejected.ts'
import type { BatchVerdict } from './verdict.ts'

/** What a ticket promises its recipient. */
export interface ExpectedSidecar {
  readonly bidNonce: OrderNonce
  /** The recipient's funding key. */
  readonly multiSigKey: PubKey
  /** The recipient's node, which is ours. */
  readonly nodeKey: NodeKey
  readonly capacity: Satoshi
  readonly pushAmount: Satoshi
  readonly leaseDuration: BlockCount
  readonly unannounced: boolean
  readonly zeroConf: boolean
}

export interface SidecarRecords {
  /** Tickets that expect their channel, by the provider's bid. */
  readonly tickets: ReadonlyMap<OrderNonce, ExpectedSidecar>
  readonly nodeKey: NodeKey
  readonly bestHeight: BlockHeight
}

/**
 * The recipient's part of a sidecar batch (white paper §6.1.8): it pays nothing and has no account in it, so there is
 * only the channel to check. Accounts and fills of the result are empty. The batch version is not ours to check.
 */
export function validateSidecarBatch(proposal: BatchProposal, own: SidecarRecords): BatchVerdict {
  const height = Math.max(own.bestHeight, proposal.heightHint)
  const asAWhole = [
    ...checkHeightHint(proposal.heightHint, own.bestHeight),
    ...checkTimeLocks(proposal.transaction, height),
  ]
  const entries = proposal.matches.map((match) => viewOf(match, own))
  const unplaced = rejectedIfAny([...asAWhole, ...entries.filter(isMismatch)])
  if (unplaced !== undefined) return unplaced

  const views = entries.filter(isView)
  const faults = [...checkSidecarMatches(views, sidecarRecords(views, own), proposal), ...checkOnce(views)]
  const unfit = rejectedIfAny(faults)
  if (unfit !== undefined) return unfit

  const txid = txidOf(proposal.transaction)
  const matches = views.map((view) => ({ view, amounts: { ...matchAmounts(view, proposal), ...PAID_BY_PROVIDER } }))
  const channels = assignChannelOutputs(matches, proposal)
  const { batchId, transaction, feeRate, heightHint } = proposal
  return (
    rejectedIfAny(channels.mismatches) ?? {
      verdict: 'accepted',
      result: {
        ...{ batchId, txid, transaction, feeRate, heightHint, accounts: [], fills: [] },
        channels: channels.matches.map((match) => ({
          ...expectedChannel(match, proposal, txid),
          sidecar: 'recipient' as const,
        })),
      },
    }
  )
}

const PAID_BY_PROVIDER = { premium: 0n, executionFee: 0n, delta: 0n }

function viewOf(match: ProposedMatch, own: SidecarRecords): MatchView | MismatchDetail {
  const ticket = own.tickets.get(match.ownNonce)
  if (ticket === undefined) return { code: 'SIDECAR_NOT_EXPECTED', nonce: match.ownNonce }
  const view = matchView(recipientBid(ticket), match.counterpart, match.units, undefined)
  return view ?? { code: 'SAME_ORDER_TYPE', nonce: match.ownNonce, counterpart: match.counterpart.nonce }
}

const isMismatch = (entry: MatchView | MismatchDetail): entry is MismatchDetail => 'code' in entry
const isView = (entry: MatchView | MismatchDetail): entry is MatchView => !isMismatch(entry)

/** A ticket buys one channel. */
function checkOnce(views: readonly MatchView[]): readonly MismatchDetail[] {
  const seen = new Set<OrderNonce>()
  return views.flatMap((view): readonly MismatchDetail[] => {
    const { nonce } = view.own.order
    if (seen.has(nonce)) return [{ code: 'COUNTERPART_LISTED_TWICE', ...pairOf(view) }]
    seen.add(nonce)
    return []
  })
}

function sidecarRecords(
  views: readonly MatchView[],
  own: SidecarRecords,
): { orders: ReadonlyMap<OrderNonce, OwnOrder>; nodeKey: NodeKey } {
  return { orders: new Map(views.map((view) => [view.own.order.nonce, view.own])), nodeKey: own.nodeKey }
}

/** The provider's bid as far as its recipient knows it; its type is always peer dependent. Pool sidecar_acceptor.go */
function recipientBid(ticket: ExpectedSidecar): OwnOrder {
  const units = unitsOf(ticket.capacity)
  return {
    order: {
      kind: 'bid',
      nonce: ticket.bidNonce,
      version: 5,
      auctionType: 'inbound',
      rate: ratePpb(0xffff_ffff),
      amount: ticket.capacity,
      minUnitsMatch: units,
      leaseDuration: ticket.leaseDuration,
      maxBatchFeeRate: satPerKWeight(0n),
      channelType: 'peerDependent',
      multiSigKey: ticket.multiSigKey,
      nodeKey: ticket.nodeKey,
      nodeAddresses: [],
      accountKey: ticket.multiSigKey as AccountKey,
      nodeFilter: { kind: 'any' },
      isPublic: false,
      minNodeTier: 'default',
      selfChannelBalance: ticket.pushAmount,
      isSidecar: true,
      unannounced: ticket.unannounced,
      zeroConf: ticket.zeroConf,
    },
    state: 'submitted',
    unitsUnfulfilled: units,
    terms: { baseFee: satoshi(0), feeRatePpm: 0n },
    sidecarRecipient: { nodeKey: ticket.nodeKey, multiSigKey: ticket.multiSigKey },
  }
}
