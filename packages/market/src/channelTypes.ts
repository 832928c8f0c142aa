import type { ChannelType, OrderVersion } from './order.ts'

/** Commitment type a pair leads to; `unspecified` leaves it to the nodes' negotiation. */
export type CommitmentType = 'unspecified' | 'scriptEnforcedLease' | 'simpleTaproot'

/** How compatible types are told: stock clients build mixed pairs, `equal` is the stricter rule. */
export type ChannelTypeRule = 'mixed' | 'equal'

/** Both sides compute it independently (Pool order/interfaces.go `DetermineCommitmentType`). */
export function commitmentType(ask: ChannelType, bid: ChannelType): CommitmentType {
  if (ask === 'scriptEnforced' || bid === 'scriptEnforced') return 'scriptEnforcedLease'
  if (ask === 'simpleTaproot' && bid === 'simpleTaproot') return 'simpleTaproot'
  return 'unspecified'
}

/** The declared type counts from order version 5. */
export function effectiveChannelType(order: { version: OrderVersion; channelType: ChannelType }): ChannelType {
  return order.version >= 5 ? order.channelType : 'peerDependent'
}

/** Simple taproot meets only itself; the others meet each other, unless the rule asks for equality. */
export function channelTypesCompatible(ask: ChannelType, bid: ChannelType, rule: ChannelTypeRule): boolean {
  return ask === bid || (rule === 'mixed' && ask !== 'simpleTaproot' && bid !== 'simpleTaproot')
}
