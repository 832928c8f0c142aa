import type { BatchVersion, FeeSchedule } from '@tidepool/market'
import { availableBalance } from '@tidepool/market'
import type { TraderAccount } from '../core/account.ts'
import type { NodeInfo, Channels } from '../ports/channels.ts'
import type { Auctioneer } from '../ports/auctioneer.ts'
import type { Wallet } from '../ports/wallet.ts'
import type { ChangeWallet } from '../ports/accountChange.ts'
import type { Accounts } from './accounts.ts'
import type { AccountChanges } from './changes/accountChanges.ts'
import type { AuctioneerSession } from './auctioneerSession.ts'
import type { BatchRunner } from './batchRunner.ts'
import type { HeightWatch } from './height.ts'
import type { MissedBatches } from './missedBatches.ts'
import type { Recovery } from './recovery/recovery.ts'
import type { Ledger } from './ledger.ts'
import type { Orders } from './orders.ts'

/** The running daemon's services, as the RPC handlers see them. */
export interface Trader {
  readonly node: NodeInfo
  readonly batchVersion: BatchVersion
  readonly ledger: Ledger
  readonly height: HeightWatch
  readonly accounts: Accounts
  /** undefined where nothing can be searched. */
  readonly recovery: Recovery | undefined
  readonly changes: AccountChanges
  readonly changeWallet: ChangeWallet
  readonly orders: Orders
  readonly session: AuctioneerSession
  readonly missed: MissedBatches
  readonly batches: BatchRunner
  readonly auctioneer: Auctioneer
  readonly wallet: Wallet
  readonly channels: Channels
}

/** What an account could still commit to new orders. */
export function freeBalance(trader: Pick<Trader, 'ledger'>, account: TraderAccount, terms: FeeSchedule): bigint {
  const own = [...trader.ledger.orders.values()].filter((record) => record.order.accountKey === account.key)
  return availableBalance(account, own, terms)
}
