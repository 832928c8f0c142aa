import type { AccountKey } from '@tidepool/crypto'
import type { BatchProposal, ProposedMatch } from '@tidepool/market'
import { isArchived } from '@tidepool/market'
import { matchView } from './matchView.ts'
import type { MatchView } from './matchView.ts'
import type { MismatchDetail } from './mismatch.ts'
import type { OwnAccount, OwnOrder, OwnRecords } from './ownRecords.ts'

/** The proposal's matches next to our records, and why some cannot be put there. */
export interface MatchedRecords {
  readonly views: readonly MatchView[]
  readonly mismatches: readonly MismatchDetail[]
}

/** Finds each match's own order and account and checks that both may take part now. */
export function matchOwnOrders(proposal: BatchProposal, own: OwnRecords): MatchedRecords {
  const views: MatchView[] = []
  const mismatches: MismatchDetail[] = []
  const seen = new Set<AccountKey>()
  const orders = new Set<string>()
  for (const match of proposal.matches) {
    const order = own.orders.get(match.ownNonce)
    if (order === undefined) {
      mismatches.push({ code: 'ORDER_UNKNOWN', nonce: match.ownNonce })
      continue
    }
    const { accountKey, nonce } = order.order
    const account = own.accounts.get(accountKey)
    if (account === undefined) {
      mismatches.push({ code: 'ACCOUNT_UNKNOWN', nonce, accountKey })
      continue
    }
    if (!orders.has(nonce)) mismatches.push(...checkOrderState(order))
    if (!seen.has(accountKey)) mismatches.push(...checkAccountState(account, own))
    orders.add(nonce)
    seen.add(accountKey)
    const view = viewOf(match, order, proposal)
    if ('code' in view) mismatches.push(view)
    else views.push(view)
  }
  return { views, mismatches }
}

function viewOf(match: ProposedMatch, order: OwnOrder, proposal: BatchProposal): MatchView | MismatchDetail {
  const price = proposal.clearingPrices.get(order.order.leaseDuration)
  const view = matchView(order, match.counterpart, match.units, price)
  return view ?? { code: 'SAME_ORDER_TYPE', nonce: match.ownNonce, counterpart: match.counterpart.nonce }
}

/** V-18: only open orders. */
function checkOrderState({ order, state }: OwnOrder): readonly MismatchDetail[] {
  return isArchived(state) ? [{ code: 'ORDER_NOT_OPEN', nonce: order.nonce, state }] : []
}

/** V-19: only accounts open or in a chain of batches, with time left before the trader's exit opens. */
function checkAccountState({ account, state }: OwnAccount, own: OwnRecords): readonly MismatchDetail[] {
  if (state !== 'open' && state !== 'pendingBatch') {
    return [{ code: 'ACCOUNT_NOT_OPEN', accountKey: account.key, state }]
  }
  const earliest = own.bestHeight + own.limits.expiryMargin + 1
  if (account.expiry >= earliest) return []
  return [{ code: 'ACCOUNT_EXPIRES_TOO_SOON', accountKey: account.key, expiry: account.expiry, earliest }]
}
