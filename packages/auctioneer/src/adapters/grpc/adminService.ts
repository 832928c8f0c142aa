import { accountKey, fromHex, satPerKWeight } from '@tidepool/crypto'
import { addService, inField, services, wantedBatchFromWire } from '@tidepool/rpc'
import type { Handlers, Interceptor, ServiceHost, tidepool } from '@tidepool/rpc'
import { AdminQueries } from '../../app/admin.ts'
import type { Auctioneer } from '../../app/auctioneer.ts'
import type { BatchRecord, RunRecord } from '../../core/records.ts'
import { accountHandlers } from './adminAccounts.ts'
import { banAdmin } from './adminBans.ts'
import { silenceAdmin } from './adminSilences.ts'
import { batchAdmin, chainToWire } from './adminBatches.ts'
import {
  accountToWire,
  batchToWire,
  masterToWire,
  orderToWire,
  reservationToWire,
  runOf,
  runToWire,
} from './adminViews.ts'
import { orderAdmin } from './orderReasons.ts'

/** Facts for `Status` that only the wiring knows. */
export interface DaemonFacts {
  readonly version: string
  readonly network: string
  readonly lndVersion: string
  readonly lndNodeKey: string
  readonly height: () => number
}

type AdminHandlers = Handlers<tidepool.Admin_Service>

/** `tidepool.Admin`: what the operator may do. */
export function addAdminService(
  host: ServiceHost,
  auctioneer: Auctioneer,
  facts: DaemonFacts,
  interceptors: readonly Interceptor[],
): void {
  const queries = new AdminQueries(auctioneer)
  const handlers = {
    ...actions(auctioneer),
    ...lists(queries, (batch) => batchToWire(batch, auctioneer.publisher.problemOf(batch.txid))),
    ...orderAdmin(auctioneer),
    ...banAdmin(auctioneer),
    ...silenceAdmin(auctioneer),
    ...batchAdmin(auctioneer),
    ...accountHandlers(auctioneer, queries, facts.network),
    status: () => status(auctioneer, facts),
  }
  addService(host, services.tidepool.Admin, handlers, interceptors)
}

function actions(auctioneer: Auctioneer): Pick<AdminHandlers, 'init' | 'runAuction'> {
  return {
    init: async ({ amountSat, feeRateSatPerKw }) => {
      const rate = feeRateSatPerKw === 0n ? undefined : satPerKWeight(feeRateSatPerKw)
      const { created } = await auctioneer.master.init(amountSat, rate)
      return { masterAccount: master(auctioneer), created }
    },
    runAuction: async () => {
      const run = await auctioneer.auction.runNow()
      const batch = run.outcome === 'batch' ? await auctioneer.ledger.store.batch(run.batchId) : undefined
      return { run: runToWire(run), batch: batch === undefined ? undefined : batchToWire(batch) }
    },
  }
}

type Lists = Pick<AdminHandlers, 'listAccounts' | 'listOrders' | 'listBatches' | 'getBatch' | 'listAuctions'>

function lists(queries: AdminQueries, toWire: (batch: BatchRecord) => tidepool.AdminBatchInit): Lists {
  return {
    listAccounts: ({ activeOnly }) =>
      Promise.resolve({
        accounts: queries.accounts(activeOnly).map(accountToWire),
        reservations: queries.reservations().map(reservationToWire),
      }),
    listOrders: async ({ includeArchived: archived, accountKey: key, limit }) => {
      const account = key.length === 0 ? undefined : inField('account_key', () => accountKey(key))
      const { orders, total } = await queries.orders({ archived, accountKey: account, limit })
      return { orders: orders.map(orderToWire), numTotal: total }
    },
    listBatches: async ({ limit }) => ({ batches: (await queries.batches(limit)).map(toWire) }),
    getBatch: async ({ batchId }) => {
      const batch: BatchRecord = await queries.batch(wantedBatchFromWire(batchId))
      const run: RunRecord = runOf(batch)
      return { batch: toWire(batch), transaction: batch.transaction, run: runToWire(run) }
    },
    listAuctions: async ({ limit }) => ({ auctions: (await queries.runs(limit)).map(runToWire) }),
  }
}

const master = (auctioneer: Auctioneer): tidepool.MasterAccountInit =>
  masterToWire(auctioneer.ledger, auctioneer.masterKey.key)

async function status(auctioneer: Auctioneer, facts: DaemonFacts): Promise<tidepool.StatusResponseInit> {
  const { ledger, registry, auction, executor, fees, accountKey: key } = auctioneer
  return {
    version: facts.version,
    network: facts.network,
    blockHeight: facts.height(),
    auctioneerKey: fromHex(key.key),
    currentBatchKey: fromHex(ledger.auction.batchKey),
    masterAccount: master(auctioneer),
    nextAuctionAt: BigInt(auction.nextAt),
    auctionState: executor.stateName,
    nextFeeRateSatPerKw: fees.current,
    numAccounts: ledger.accounts.size,
    numOpenOrders: ledger.openOrders.size,
    numBatches: ledger.auction.batches,
    numStreams: registry.all().length,
    numSubscribedAccounts: registry.subscribedAccounts,
    lndVersion: facts.lndVersion,
    lndNodeKey: fromHex(facts.lndNodeKey),
    walletBalanceSat: await auctioneer.walletBalance(),
    unconfirmed: chainToWire(auctioneer),
  }
}
