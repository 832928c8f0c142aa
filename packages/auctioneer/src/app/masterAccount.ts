import { decodeTx, equalBytes, masterAccountOutput, satoshi, txidOf } from '@tidepool/crypto'
import type { SatPerKWeight, TxOutput, Txid } from '@tidepool/crypto'
import { AuctioneerError } from '../core/errors.ts'
import { MIN_MASTER_VALUE } from '../core/masterChange.ts'
import type { MasterAccount } from '../core/records.ts'
import type { ChainWatcher, Watch } from '../ports/chain.ts'
import type { Logger } from '../ports/system.ts'
import type { LocatedKey, Wallet } from '../ports/wallet.ts'
import type { FeeRates } from './feeRates.ts'
import type { Ledger } from './ledger.ts'

const LABEL = 'tidepool master account'

interface Modules {
  readonly ledger: Ledger
  readonly wallet: Wallet
  readonly chain: ChainWatcher
  readonly fees: FeeRates
  readonly key: LocatedKey
  readonly logger: Logger
}

/**
 * The auctioneer's own output. What is wanted is stored before the wallet is asked to pay, and the payment is looked
 * for before it is repeated: lnd publishes before it answers.
 */
export class MasterAccountService {
  readonly #modules: Modules
  #watch: Watch | undefined
  #awaited: Txid | undefined
  #funding: Promise<void> | undefined

  constructor(modules: Modules) {
    this.#modules = modules
  }

  /** Goes on where the last process stopped. */
  async start(): Promise<void> {
    const { master } = this.#modules.ledger.auction
    if (master?.kind === 'funding') await this.#fund(master)
    await this.publishPending()
  }

  /** What is ours to publish, again after every start and block, and the watch of what waits. */
  async publishPending(): Promise<void> {
    const { ledger, wallet, logger } = this.#modules
    const { master } = ledger.auction
    if (master?.kind !== 'pending') return
    if (this.#awaited !== master.outpoint.txid) this.#awaitConfirmation(master)
    if (master.transaction === undefined) return
    try {
      await wallet.publish(master.transaction, LABEL)
    } catch (error) {
      logger.error('change of the master account could not be published, trying again at the next block', { error })
    }
  }

  stop(): void {
    this.#watch?.cancel()
  }

  /** Once. Repeating it gives the account there is, and goes on with a funding that failed. */
  async init(value: bigint, feeRate: SatPerKWeight | undefined): Promise<{ readonly created: boolean }> {
    const { ledger, chain, fees } = this.#modules
    if (value < MIN_MASTER_VALUE && ledger.auction.master === undefined) {
      throw new AuctioneerError(
        { code: 'MASTER_ACCOUNT_TOO_SMALL', min: String(MIN_MASTER_VALUE) },
        `the master account needs at least ${MIN_MASTER_VALUE} sat`,
      )
    }
    const rate = feeRate ?? (await fees.refresh())
    const wanted = await ledger.exclusively(async () => {
      const { auction } = ledger
      if (auction.master !== undefined) return undefined
      const master: MasterAccount = {
        kind: 'funding',
        value: satoshi(value),
        batchKey: auction.batchKey,
        heightHint: chain.bestHeight(),
        feeRate: rate,
      }
      await ledger.commit([{ kind: 'auction', auction: { ...auction, master } }])
      return master
    })
    const master = wanted ?? ledger.auction.master
    if (master?.kind === 'funding') await this.#fund(master)
    return { created: wanted !== undefined }
  }

  /** One at a time. When the wallet refuses, nothing was paid and the wish is forgotten. */
  #fund(master: MasterAccount & { kind: 'funding' }): Promise<void> {
    this.#funding ??= this.#pay(master).finally(() => {
      this.#funding = undefined
    })
    return this.#funding
  }

  async #pay(master: MasterAccount & { kind: 'funding' }): Promise<void> {
    const { wallet, ledger, logger } = this.#modules
    const output: TxOutput = { value: master.value, script: this.#script(master) }
    const known = await wallet.findPayment(output, master.heightHint)
    const raw = known ?? (await this.#send(output, master.feeRate))
    const transaction = decodeTx(raw)
    const index = transaction.outputs.findIndex(
      ({ value, script }) => value === output.value && equalBytes(script, output.script),
    )
    if (index === -1) throw new Error('the funding transaction does not pay the master account')
    const { feeRate: _, ...rest } = master
    const pending = {
      ...rest,
      kind: 'pending',
      outpoint: { txid: txidOf(transaction), index },
      transaction: undefined,
    } as const
    await ledger.exclusively(() =>
      ledger.commit([{ kind: 'auction', auction: { ...ledger.auction, master: pending } }]),
    )
    logger.info('master account funded', { txid: pending.outpoint.txid, value: pending.value })
    this.#awaitConfirmation(pending)
  }

  async #send(output: TxOutput, feeRate: SatPerKWeight): Promise<Uint8Array> {
    const { wallet, ledger } = this.#modules
    try {
      return await wallet.sendOutput(output, feeRate, LABEL)
    } catch (error) {
      const paid = await wallet.findPayment(output, 0)
      if (paid !== undefined) return paid
      await ledger.exclusively(() =>
        ledger.commit([{ kind: 'auction', auction: { ...ledger.auction, master: undefined } }]),
      )
      throw error
    }
  }

  #awaitConfirmation(master: MasterAccount & { kind: 'pending' | 'ready' }): void {
    const { chain, ledger, logger } = this.#modules
    this.#watch?.cancel()
    this.#awaited = master.outpoint.txid
    this.#watch = chain.watchConfirmation(
      { txid: master.outpoint.txid, script: this.#script(master), confirmations: 1, heightHint: master.heightHint },
      {
        confirmed: ({ height }) => {
          ledger
            .exclusively(async () => {
              const current = ledger.auction.master
              if (current?.kind !== 'pending' || current.outpoint.txid !== master.outpoint.txid) return
              const ready: MasterAccount = { ...current, kind: 'ready' }
              await ledger.commit([{ kind: 'auction', auction: { ...ledger.auction, master: ready } }])
              logger.info('master account ready', { height })
            })
            .catch((error: unknown) => logger.error('master account could not be stored', { error }))
        },
        reorged: () => {
          logger.warn('a transaction of the master account left the chain', { txid: master.outpoint.txid })
          this.#background(this.#again(master))
        },
      },
    )
  }

  /** Back to waiting, unless a batch has spent it since. */
  async #again(master: MasterAccount & { kind: 'pending' | 'ready' }): Promise<void> {
    const { ledger } = this.#modules
    await ledger.exclusively(async () => {
      const current = ledger.auction.master
      if (current?.kind !== 'ready' || current.outpoint.txid !== master.outpoint.txid) return
      await ledger.commit([
        { kind: 'auction', auction: { ...ledger.auction, master: { ...current, kind: 'pending' } } },
      ])
    })
    await this.publishPending()
  }

  #background(work: Promise<void>): void {
    work.catch((error: unknown) => this.#modules.logger.error('master account event failed', { error }))
  }

  #script(master: MasterAccount): Uint8Array {
    return masterAccountOutput({ auctioneerKey: this.#modules.key.key, batchKey: master.batchKey }).script
  }
}
