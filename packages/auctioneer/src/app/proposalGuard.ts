import type { OrderNonce } from '@tidepool/crypto'
import type { BookListener } from './accountLifecycle.ts'

/** What an execution has to say about orders in its proposal. */
export interface ProposalGuard extends BookListener {
  /** True from the sign step on for orders of the current proposal. */
  isBeingSigned(nonce: OrderNonce): boolean
}
