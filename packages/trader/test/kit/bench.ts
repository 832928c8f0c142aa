import { batchVersion } from '@tidepool/market'
import type { BlockHeight, AccountKey } from '@tidepool/crypto'
import { blockHeight, satoshi } from '@tidepool/crypto'
import { openStore } from '@tidepool/store'
import type { Store } from '@tidepool/store'
import { StoreAdapter } from '../../src/adapters/store/traderStore.ts'
import { Accounts } from '../../src/app/accounts.ts'
import { AccountChanges } from '../../src/app/changes/accountChanges.ts'
import type { CrashPoint } from '../../src/app/crashPoints.ts'
import { HeightWatch } from '../../src/app/height.ts'
import { Ledger } from '../../src/app/ledger.ts'
import { Orders } from '../../src/app/orders.ts'
import { usableAddresses } from '../../src/core/orderDraft.ts'
import type { ConfirmedSpend } from '../../src/ports/chain.ts'
import type { Logger } from '../../src/ports/logger.ts'
import { nodeKey } from '@tidepool/crypto'
import { FakeAuctioneer } from './fakeAuctioneer.ts'
import { FakeChanges } from './fakeChanges.ts'
import { FakeChain } from './fakeChain.ts'
import { FakeClock } from './fakeClock.ts'
import { FakeWallet } from './fakeWallet.ts'
import { keyOf } from './samples.ts'

export const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
}

/** Thrown at a crash point: everything after it does not happen. */
export class Crashed extends Error {}

/** A trader's outside world, which survives the restarts of its daemon. */
export class Bench {
  readonly auctioneer = new FakeAuctioneer()
  readonly wallet = new FakeWallet()
  readonly chain = new FakeChain()
  readonly clock = new FakeClock()
  readonly changes = new FakeChanges(this.wallet)
  /** Accounts that a batch holds. */
  readonly inBatch = new Set<AccountKey>()
  readonly #stops: (() => Promise<void>)[] = []
  #store: Promise<Store> | undefined

  /** Services of one run of the daemon, on the same store and world as the runs before. */
  async run(options: { readonly crashAt?: CrashPoint } = {}) {
    this.#store ??= openStore({ engine: 'memory' })
    const ledger = await Ledger.open(new StoreAdapter(await this.#store))
    const { auctioneer, wallet, chain, clock } = this
    const height = new HeightWatch({ chain, clock, logger: silent })
    const end = new AbortController()
    void height.run(end.signal)
    await height.ready()
    const subscribed: AccountKey[] = []
    const spends: ConfirmedSpend[] = []
    const crash = (point: CrashPoint): void => {
      if (point === options.crashAt) throw new Crashed(point)
    }
    const accounts = new Accounts(
      { userAgent: 'poold/test', labelPrefix: '', retryMinMs: 5000, retryMaxMs: 60_000 },
      {
        ...{ ledger, auctioneer, wallet, chain, clock, height, logger: silent, crash },
        subscribe: (key) => subscribed.push(key),
        batchConfirmed: async (spend) => void spends.push(spend),
      },
    )
    const changes = new AccountChanges(
      { labelPrefix: '' },
      {
        ...{ ledger, accounts, wallet, auctioneer, height, logger: silent, crash },
        ...{ changeWallet: this.changes, changeSigner: this.changes, signer: this.changes },
        inBatch: (key) => this.inBatch.has(key),
      },
    )
    const orders = new Orders(
      {
        batchVersion: batchVersion(58),
        nodeKey: nodeKey(keyOf('node')),
        nodeAddresses: usableAddresses(['127.0.0.1:9735', 'some.host:9735']),
        wumbo: false,
        simpleTaproot: true,
        maxExecutionFee: { baseFee: satoshi(10_000), feeRatePpm: 10_000n },
      },
      { ledger, auctioneer, wallet, height, clock, logger: silent, random: (length) => new Uint8Array(length).fill(9) },
    )
    const stop = async (): Promise<void> => {
      end.abort()
      await accounts.stop()
    }
    this.#stops.push(stop)
    return { ledger, accounts, changes, orders, height, subscribed, spends, stop }
  }

  async close(): Promise<void> {
    for (const stop of this.#stops) await stop()
    await (await this.#store)?.close()
  }
}

export const at = (height: number): BlockHeight => blockHeight(height)
