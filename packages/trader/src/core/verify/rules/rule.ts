import type { BatchProposal } from '@tidepool/market'
import type { MatchView } from '../matchView.ts'
import type { MismatchDetail } from '../mismatch.ts'
import type { OwnRecords } from '../ownRecords.ts'

/** Who we are, for the rules that keep us from trading with ourselves. */
export type OwnIdentity = Pick<OwnRecords, 'orders' | 'nodeKey'>

/** One thing that must hold for a match: undefined, or what is wrong. */
export type MatchRule = (view: MatchView, own: OwnIdentity, proposal: BatchProposal) => MismatchDetail | undefined
