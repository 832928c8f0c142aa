import { STATUS } from '@tidepool/rpc'
import type { RpcError } from '@tidepool/rpc'

const FILES = 'name the files of this daemon: --basedir and --network, or --macaroonpath and --tlscertpath'

/** What to do about errors whose text does not say it, by our code. */
const BY_CODE: Readonly<Record<string, string>> = {
  MACAROON_MISSING: FILES,
  MACAROON_INVALID: FILES,
  BAD_MACAROON: FILES,
  MACAROON_CAVEAT_FAILED: 'take a macaroon without this limit, or one that is not out of date',
  MACAROON_NOT_PERMITTED: 'take a macaroon that permits the call: pool.macaroon permits all',
  TRADER_ACCOUNT_UNKNOWN: 'pool accounts list --show_archived shows the accounts of this daemon',
  ORDER_NOT_FOUND: 'pool orders list --show_archived shows the orders of this daemon',
  ORDER_DURATION_UNKNOWN: 'pool auction leasedurations shows what is traded',
  ORDER_INSUFFICIENT_BALANCE: 'pool accounts deposit adds to the account; pool orders list shows what orders reserve',
  ACCOUNT_ORDERS_OPEN: 'pool orders cancel NONCE takes an order back',
  WALLET_CANNOT_FUND: 'send coins to the wallet of lnd: lncli newaddress p2tr',
  AUCTIONEER_UNREACHABLE: 'wait, or check --auctionserver of the daemon; pool status tells more',
}

/** The same by gRPC status, for daemons without our codes. */
const BY_TEXT: readonly (readonly [RegExp, string])[] = [
  [/certificate|altnames/i, FILES],
  [/ECONNREFUSED|ENOTFOUND|No connection/i, 'start poold, or name its place with --rpcserver'],
  [/verification failed|cannot get macaroon|permission denied/i, FILES],
]

export function nextStep({ detail }: RpcError, program: string): string | undefined {
  if (program !== 'pool') return undefined
  const { errorCode, details, status } = detail
  if (errorCode !== undefined) return BY_CODE[errorCode]
  const found = BY_TEXT.find(([text]) => text.test(details))?.[1]
  return found ?? (status === STATUS.UNIMPLEMENTED ? 'update the daemon: it does not know this call' : undefined)
}
