import type { NodeKey, OrderNonce, PubKey } from '@tidepool/crypto'
import { nodeAddress } from '@tidepool/market'
import type { Ask, Bid, NodeAddress, Order } from '@tidepool/market'

type Own = 'nonce' | 'multiSigKey' | 'nodeKey' | 'nodeAddresses'

/** An order as its owner words it: what the daemon adds is missing. */
export type OrderDraft = (Omit<Ask, Own> | Omit<Bid, Own>) & {
  /** Chosen by the caller; such an order can never be cancelled. */
  readonly nonce?: OrderNonce
}

export interface OwnIdentity {
  readonly nonce: OrderNonce
  readonly multiSigKey: PubKey
  readonly nodeKey: NodeKey
  readonly nodeAddresses: readonly NodeAddress[]
}

/** The order to sign and send. */
export function completeOrder(draft: OrderDraft, identity: OwnIdentity): Order {
  return draft.kind === 'ask' ? { ...draft, ...identity } : { ...draft, ...identity }
}

/**
 * lnd's addresses that a counterpart can use without a name server; others would crash a stock daemon (spec
 * orders-and-batches §23.4).
 */
export function usableAddresses(addresses: readonly string[]): readonly NodeAddress[] {
  return addresses.flatMap((address) => {
    try {
      return [nodeAddress('tcp', address)]
    } catch {
      return []
    }
  })
}
