/** One way to call a method over HTTP. */
export interface Route {
  readonly verb: 'GET' | 'POST' | 'DELETE'
  /** `{name}` stands for a field of the request. */
  readonly path: string
  readonly service: 'poolrpc.Trader' | 'tidepool.TraderTools' | 'tidepool.TraderView'
  readonly method: string
  /** What it does, for the OpenAPI document. */
  readonly summary: string
}

const of =
  (service: Route['service']) =>
  (verb: Route['verb'], path: string, method: string, summary: string): Route => ({
    ...{ verb, path, service, method, summary },
  })

const trader = of('poolrpc.Trader')
const tools = of('tidepool.TraderTools')
const view = of('tidepool.TraderView')

/** The stock daemon's routes. Pool poolrpc/trader.yaml */
export const STOCK_ROUTES: readonly Route[] = [
  trader('GET', '/v1/pool/info', 'GetInfo', 'State of the daemon'),
  trader('POST', '/v1/pool/stop', 'StopDaemon', 'Stop the daemon'),
  trader('POST', '/v1/pool/accounts/quote', 'QuoteAccount', 'What funding an account would cost'),
  trader('POST', '/v1/pool/accounts', 'InitAccount', 'Open an account'),
  trader('GET', '/v1/pool/accounts', 'ListAccounts', 'List accounts'),
  trader('DELETE', '/v1/pool/accounts', 'CloseAccount', 'Close an account'),
  trader('POST', '/v1/pool/accounts/withdraw', 'WithdrawAccount', 'Pay from an account'),
  trader('POST', '/v1/pool/accounts/deposit', 'DepositAccount', 'Move coins of the wallet into an account'),
  trader('POST', '/v1/pool/accounts/renew', 'RenewAccount', 'Give an account a new expiry'),
  trader('POST', '/v1/pool/accounts/bump', 'BumpAccountFee', "Pay more for an account's unconfirmed transaction"),
  trader('POST', '/v1/pool/accounts/recover', 'RecoverAccounts', 'Bring accounts back after data was lost'),
  trader('POST', '/v1/pool/orders', 'SubmitOrder', 'Submit an order'),
  trader('GET', '/v1/pool/orders', 'ListOrders', 'List orders'),
  trader('DELETE', '/v1/pool/orders/{order_nonce}', 'CancelOrder', 'Cancel an order'),
  trader('POST', '/v1/pool/orders/quote', 'QuoteOrder', 'What an order would cost at most'),
  trader('GET', '/v1/pool/fee', 'AuctionFee', 'The execution fee'),
  trader('GET', '/v1/pool/lease_durations', 'LeaseDurations', 'Lease durations and whether they trade'),
  trader('GET', '/v1/pool/batch/next', 'NextBatchInfo', 'When the next batch clears, and at what fee rate'),
  trader('GET', '/v1/pool/batch/snapshot', 'BatchSnapshot', 'One finished batch (deprecated: take snapshots)'),
  trader('GET', '/v1/pool/batch/snapshots', 'BatchSnapshots', 'Finished batches, from the latest back'),
  trader('GET', '/v1/pool/batch/snapshots/{start_batch_id}', 'BatchSnapshots', 'Finished batches, from one back'),
  trader(
    'GET',
    '/v1/pool/batch/snapshots/{start_batch_id}/{num_batches_back}',
    'BatchSnapshots',
    'So many finished batches, from one back',
  ),
  trader('GET', '/v1/pool/lsat/tokens', 'GetLsatTokens', "Tokens paid for the auctioneer's API"),
  trader('GET', '/v1/pool/leases', 'Leases', 'Channels leased in and out'),
  trader('GET', '/v1/pool/node_ratings', 'NodeRatings', 'Ratings of nodes'),
  trader('POST', '/v1/pool/sidecar/offer', 'OfferSidecar', 'Offer a channel to a third node'),
  trader('POST', '/v1/pool/sidecar/register', 'RegisterSidecar', 'Accept a sidecar ticket'),
  trader('POST', '/v1/pool/sidecar/expect', 'ExpectSidecarChannel', 'Wait for the channel of a sidecar ticket'),
]

/** What the stock daemon has no route for, and what only ours can do. */
export const OWN_ROUTES: readonly Route[] = [
  trader('GET', '/v1/tidepool/accounts/fees', 'AccountModificationFees', "What the accounts' transactions paid"),
  trader('GET', '/v1/tidepool/sidecar', 'ListSidecars', 'List sidecar tickets'),
  trader('GET', '/v1/tidepool/sidecar/tickets/{ticket}', 'DecodeSidecarTicket', 'Read a sidecar ticket'),
  trader('DELETE', '/v1/tidepool/sidecar/{sidecar_id}', 'CancelSidecar', 'Cancel a sidecar ticket'),
  view('GET', '/v1/tidepool/orders/reasons', 'OwnOrderReasons', 'Why open orders were left out of the last auction'),
  view('GET', '/v1/tidepool/status', 'Status', 'Node, connection, accounts, orders, next batch and leases at a glance'),
  tools('GET', '/v1/tidepool/feerate', 'EstimateFeeRate', 'What lnd estimates for a confirmation target'),
  tools('POST', '/v1/tidepool/accounts/recover', 'RecoverFromChain', 'Find accounts in the chain, with progress'),
  tools('POST', '/v1/tidepool/accounts/exitkits', 'ExitKits', 'What it takes to sweep accounts with lnd alone'),
]

export const ROUTES: readonly Route[] = [...STOCK_ROUTES, ...OWN_ROUTES]
