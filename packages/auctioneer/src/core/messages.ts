import type { AccountKey, BatchId, BatchKey, BlockHeight, OutPoint, PubKey, Satoshi, Txid } from '@tidepool/crypto'
import type { AccountVersion, BatchProposal, BatchReject, BatchVersion, SignReply, SignRequest } from '@tidepool/market'
import type { WireAccountState } from './account.ts'

/** What a trader says on its stream, parsed. */
export type ClientMessage =
  | { readonly kind: 'commit'; readonly commitHash: Uint8Array; readonly batchVersion: BatchVersion }
  | {
      readonly kind: 'subscribe'
      readonly traderKey: AccountKey
      readonly commitNonce: Uint8Array
      readonly authSig: Uint8Array
    }
  | { readonly kind: 'accept'; readonly batchId: BatchId }
  | { readonly kind: 'reject'; readonly reject: BatchReject }
  | { readonly kind: 'sign'; readonly reply: SignReply }
  | { readonly kind: 'recover'; readonly traderKey: AccountKey }

/** An account as the auctioneer tells it to a recovering trader. */
export interface AuctionAccountView {
  readonly value: Satoshi
  readonly expiry: BlockHeight
  readonly traderKey: AccountKey
  readonly auctioneerKey: PubKey
  readonly batchKey: BatchKey
  readonly state: WireAccountState
  readonly heightHint: BlockHeight
  readonly version: AccountVersion
  readonly outpoint: OutPoint | undefined
  /** Serialised; empty only while nothing is known of it. */
  readonly latestTx: Uint8Array
}

/** What the auctioneer says on a trader's stream. Stock clients stop listening at any message they did not ask for. */
export type ServerMessage =
  | { readonly kind: 'challenge'; readonly challenge: Uint8Array; readonly commitHash: Uint8Array }
  | { readonly kind: 'success'; readonly traderKey: AccountKey }
  | { readonly kind: 'accountUnknown'; readonly traderKey: AccountKey }
  | { readonly kind: 'accountReserved'; readonly traderKey: AccountKey; readonly reservation: AuctionAccountView }
  | { readonly kind: 'shutdown' }
  | { readonly kind: 'account'; readonly account: AuctionAccountView }
  | { readonly kind: 'prepare'; readonly proposal: BatchProposal }
  | { readonly kind: 'signBegin'; readonly request: SignRequest }
  | { readonly kind: 'finalize'; readonly batchId: BatchId; readonly txid: Txid }
