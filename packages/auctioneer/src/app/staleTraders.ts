import { subSat } from '@tidepool/crypto'
import type { AccountKey } from '@tidepool/crypto'
import type { BatchProposal, StreamId } from '@tidepool/market'
import { masterScript } from '../core/buildAttempt.ts'
import type { ChainWatcher } from '../ports/chain.ts'
import type { Logger } from '../ports/system.ts'
import type { LocatedKey } from '../ports/wallet.ts'
import type { FeeRates } from './feeRates.ts'
import type { Ledger } from './ledger.ts'
import type { AuctioneerOptions } from './options.ts'
import type { SessionRegistry } from './sessionRegistry.ts'

interface Modules {
  readonly ledger: Ledger
  readonly registry: SessionRegistry
  readonly chain: ChainWatcher
  readonly fees: FeeRates
  readonly masterKey: LocatedKey
  readonly logger: Logger
}

/** Traders who may hold channels and signatures of an attempt that came to nothing, also from before a restart. */
export class StaleTraders {
  readonly #options: AuctioneerOptions
  readonly #modules: Modules

  constructor(options: AuctioneerOptions, modules: Modules) {
    this.#options = options
    this.#modules = modules
  }

  /** An empty proposal under the next batch id makes a stock daemon drop what an abandoned one left behind. */
  cleanUp(streams: Iterable<StreamId>): void {
    for (const stream of streams) {
      const session = this.#modules.registry.get(stream)
      const proposal = session === undefined ? undefined : this.#emptyProposal(session.batchVersion)
      if (session !== undefined && proposal !== undefined) session.cleanUp(proposal).catch(() => undefined)
    }
  }

  /** A trader is back that was not there to be told. */
  subscribed(stream: StreamId, key: AccountKey): void {
    if (this.#modules.ledger.journal.stale.includes(key)) this.cleanUp([stream])
  }

  /** The trader of a stream has taken the empty proposal. */
  async cleaned(stream: StreamId): Promise<void> {
    const { ledger, registry, logger } = this.#modules
    const keys = new Set(registry.accountsOf(stream))
    await ledger.exclusively(async () => {
      const { journal } = ledger
      const stale = journal.stale.filter((key) => !keys.has(key))
      if (stale.length === journal.stale.length) return
      await ledger.commit([{ kind: 'journal', journal: { ...journal, stale } }])
      logger.info('trader holds nothing of an abandoned batch any more', { stream })
    })
  }

  #emptyProposal(batchVersion: BatchProposal['batchVersion']): BatchProposal | undefined {
    const { ledger, chain, fees, masterKey } = this.#modules
    const { batchKey, master } = ledger.auction
    if (master?.kind !== 'ready') return undefined
    const script = masterScript({ key: masterKey.key, batchKey: master.batchKey })
    const output = { value: subSat(master.value, 1000n), script }
    const input = { prevout: master.outpoint, scriptSig: new Uint8Array(), sequence: 0, witness: [] }
    return {
      batchId: batchKey,
      batchVersion,
      matches: [],
      clearingPrices: new Map(),
      accountDiffs: [],
      executionFee: this.#options.executionFee,
      transaction: { version: 2, inputs: [input], outputs: [output], lockTime: 0 },
      feeRate: fees.current,
      heightHint: chain.bestHeight(),
    }
  }
}
