/** Type of what the auctioneer says on a stream. */
export const AUCTION_MESSAGE = 'poolrpc.ServerAuctionMessage'

/** The two of a batch that carry its transaction, as they come over the wire. */
export interface ShownMessages {
  readonly prepare: Uint8Array
  readonly sign: Uint8Array
}
