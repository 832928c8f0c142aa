import type { Permission } from '@tidepool/rpc'

const ACCOUNT_READ: readonly Permission[] = ['account:read']
const ACCOUNT_WRITE: readonly Permission[] = ['account:write']
const ORDER_READ: readonly Permission[] = ['order:read']
const ORDER_WRITE: readonly Permission[] = ['order:write']
const AUCTION_READ: readonly Permission[] = ['auction:read']
const AUTH_READ: readonly Permission[] = ['auth:read']

/** Everything a macaroon of this daemon can permit; `pool.macaroon` holds exactly these. Pool poolrpc/perms.go */
export const ALL_PERMISSIONS: readonly Permission[] = [
  'account:read',
  'account:write',
  'auction:read',
  'auth:read',
  'order:read',
  'order:write',
]

/** What each method needs, all of it. Pool poolrpc/perms.go */
export const PERMISSIONS: Readonly<Record<string, readonly Permission[]>> = {
  GetInfo: ['account:read', 'order:read', 'auction:read', 'auth:read'],
  StopDaemon: ACCOUNT_WRITE,
  QuoteAccount: ACCOUNT_READ,
  InitAccount: ACCOUNT_WRITE,
  ListAccounts: ACCOUNT_READ,
  CloseAccount: ACCOUNT_WRITE,
  WithdrawAccount: ACCOUNT_WRITE,
  DepositAccount: ACCOUNT_WRITE,
  RenewAccount: ACCOUNT_WRITE,
  BumpAccountFee: ACCOUNT_WRITE,
  RecoverAccounts: ACCOUNT_WRITE,
  AccountModificationFees: ACCOUNT_READ,
  SubmitOrder: ORDER_WRITE,
  ListOrders: ORDER_READ,
  CancelOrder: ORDER_WRITE,
  QuoteOrder: ORDER_READ,
  AuctionFee: AUCTION_READ,
  LeaseDurations: AUCTION_READ,
  NextBatchInfo: AUCTION_READ,
  BatchSnapshot: AUCTION_READ,
  GetLsatTokens: AUTH_READ,
  Leases: AUCTION_READ,
  NodeRatings: AUCTION_READ,
  BatchSnapshots: AUCTION_READ,
  OfferSidecar: ORDER_WRITE,
  RegisterSidecar: ORDER_WRITE,
  ExpectSidecarChannel: ORDER_WRITE,
  DecodeSidecarTicket: ORDER_READ,
  ListSidecars: ORDER_READ,
  CancelSidecar: ORDER_WRITE,
}

/** Of the calls beyond the stock API. */
const TOOL_PERMISSIONS: Readonly<Record<string, readonly Permission[]>> = {
  RecoverFromChain: ACCOUNT_WRITE,
  ExitKits: ACCOUNT_WRITE,
  EstimateFeeRate: ACCOUNT_READ,
}

const VIEW_PERMISSIONS: Readonly<Record<string, readonly Permission[]>> = {
  OwnOrderReasons: ORDER_READ,
  Status: ['account:read', 'order:read', 'auction:read'],
}

const TABLES = [
  ['/poolrpc.Trader/', PERMISSIONS],
  ['/tidepool.TraderTools/', TOOL_PERMISSIONS],
  ['/tidepool.TraderView/', VIEW_PERMISSIONS],
] as const

/** Undefined for a method that nobody may call. */
export function permissionsOf(method: string): readonly Permission[] | undefined {
  for (const [prefix, table] of TABLES) {
    const name = method.startsWith(prefix) ? method.slice(prefix.length) : ''
    if (Object.hasOwn(table, name)) return table[name]
  }
  return undefined
}
