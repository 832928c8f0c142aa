import { accountVersion, idToBytes, txidOf, txidToBytes } from '@tidepool/crypto'
import type { OutPoint } from '@tidepool/crypto'
import type { AccountVersion } from '@tidepool/market'
import type { poolrpc } from '@tidepool/rpc'
import { isFunded } from '../../core/account.ts'
import type { AccountKind, TraderAccount } from '../../core/account.ts'
import { invalid } from '../../core/errors.ts'

const STATE: Readonly<Record<AccountKind, poolrpc.AccountState>> = {
  initiated: 'PENDING_OPEN',
  pendingOpen: 'PENDING_OPEN',
  pendingUpdate: 'PENDING_UPDATE',
  expiredPendingUpdate: 'PENDING_UPDATE',
  open: 'OPEN',
  expired: 'EXPIRED',
  pendingClosed: 'PENDING_CLOSED',
  closed: 'CLOSED',
  canceledAfterRecovery: 'RECOVERY_FAILED',
  pendingBatch: 'PENDING_BATCH',
}

/** One above the version of the script, so that 0 can mean the newest (spec trader-rpc-and-cli §7). */
const VERSION: Readonly<Record<AccountVersion, poolrpc.AccountVersion>> = {
  0: 'ACCOUNT_VERSION_LEGACY',
  1: 'ACCOUNT_VERSION_TAPROOT',
  2: 'ACCOUNT_VERSION_TAPROOT_V2',
}

export const NEWEST_VERSION: AccountVersion = 2

/** @throws TraderError REQUEST_INVALID */
export function versionFromWire(version: poolrpc.Account['version']): AccountVersion {
  switch (version) {
    case 'ACCOUNT_VERSION_LND_DEPENDENT':
      return NEWEST_VERSION
    case 'ACCOUNT_VERSION_LEGACY':
      return accountVersion(0)
    case 'ACCOUNT_VERSION_TAPROOT':
      return accountVersion(1)
    case 'ACCOUNT_VERSION_TAPROOT_V2':
      return accountVersion(2)
    default:
      throw invalid('version', 'unknown account version')
  }
}

export const outpointToWire = (point: OutPoint): poolrpc.OutPointInit => ({
  txid: txidToBytes(point.txid),
  outputIndex: point.index,
})

/** 32 zero bytes stand for no transaction. */
export function accountToWire(account: TraderAccount, availableBalance: bigint): poolrpc.AccountInit {
  const funded = isFunded(account) ? account : undefined
  return {
    traderKey: idToBytes(account.key),
    outpoint: funded === undefined ? { txid: new Uint8Array(32), outputIndex: 0 } : outpointToWire(funded.outpoint),
    value: account.value,
    availableBalance,
    expirationHeight: account.expiry,
    state: STATE[account.kind],
    latestTxid: funded === undefined ? new Uint8Array(32) : txidToBytes(txidOf(funded.latestTx)),
    version: VERSION[account.version],
  }
}
