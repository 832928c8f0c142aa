import type { BatchProposal } from '@tidepool/market'
import type { MatchView } from '../matchView.ts'
import type { MismatchDetail } from '../mismatch.ts'
import type { OwnRecords } from '../ownRecords.ts'

/** One thing that must hold for a match: undefined, or what is wrong. */
export type MatchRule = (view: MatchView, own: OwnRecords, proposal: BatchProposal) => MismatchDetail | undefined
