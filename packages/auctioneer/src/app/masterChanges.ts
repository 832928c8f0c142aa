import { decodeTx, equalBytes, incrementBatchKey, masterAccountOutput, txidOf } from '@tidepool/crypto'
import type { SatPerKWeight, TxOutput, Txid } from '@tidepool/crypto'
import { AuctioneerError } from '../core/errors.ts'
import { completeMasterSpend, joinTopUp, masterAfter, topUpOutput, withdrawMaster } from '../core/masterChange.ts'
import type { MasterCoin, MasterSpend } from '../core/masterChange.ts'
import type { MasterAccount } from '../core/records.ts'
import type { ChainWatcher } from '../ports/chain.ts'
import type { Logger } from '../ports/system.ts'
import type { LocatedKey, Signer, Wallet } from '../ports/wallet.ts'
import type { FeeRates } from './feeRates.ts'
import type { Ledger } from './ledger.ts'
import type { MasterAccountService } from './masterAccount.ts'

const TOP_UP_LABEL = 'tidepool master account top-up'

type Ready = MasterAccount & { readonly kind: 'pending' | 'ready' }
type ToppingUp = MasterAccount & { readonly kind: 'toppingUp' }

interface Modules {
  readonly ledger: Ledger
  readonly wallet: Wallet
  readonly signer: Signer
  readonly chain: ChainWatcher
  readonly fees: FeeRates
  readonly key: LocatedKey
  readonly master: MasterAccountService
  /** An auction is running. */
  readonly busy: () => boolean
  readonly logger: Logger
}

/**
 * The operator's changes of the auctioneer's own account, between batches only. A top-up is paid to an output of our
 * key first and joined to the account then, so each step is stored before it is done and can be done again.
 */
export class MasterChangeService {
  readonly #modules: Modules

  constructor(modules: Modules) {
    this.#modules = modules
  }

  /** Goes on with a top-up that the last process began. */
  async start(): Promise<void> {
    const { ledger, logger } = this.#modules
    const { master } = ledger.auction
    if (master?.kind !== 'toppingUp') return
    try {
      await this.#finishTopUp(master)
    } catch (error) {
      logger.error('top-up of the master account could not go on, trying again at the next start', { error })
    }
  }

  /** The transaction that makes the account larger by the amount. @throws AuctioneerError, LndError */
  async topUp(amount: bigint, feeRate: SatPerKWeight | undefined): Promise<Txid> {
    const { ledger, fees, key } = this.#modules
    const rate = feeRate ?? (await fees.refresh())
    const wanted = await ledger.exclusively(async () => {
      const known = ledger.auction.master
      if (known?.kind === 'toppingUp') return known
      const before = this.#ready()
      const output = topUpOutput(key.key, before, amount, rate)
      if (amount <= 0n) {
        throw new AuctioneerError({ code: 'MASTER_OUTPUT_DUST', min: '1' }, 'name the amount to add')
      }
      const { outpoint, value, batchKey, heightHint } = before
      const master: ToppingUp = {
        kind: 'toppingUp',
        ...{ outpoint, value, batchKey, heightHint, amount, feeRate: rate },
        staged: output.value,
      }
      await ledger.commit([{ kind: 'auction', auction: { ...ledger.auction, master } }])
      return master
    })
    return this.#finishTopUp(wanted)
  }

  /** The transaction that pays the output from the account. @throws AuctioneerError, LndError */
  async withdraw(output: TxOutput, feeRate: SatPerKWeight | undefined): Promise<Txid> {
    const { ledger, fees, key } = this.#modules
    const rate = feeRate ?? (await fees.refresh())
    return ledger.exclusively(() => this.#spend(withdrawMaster(key.key, this.#ready(), output, rate)))
  }

  #ready(): Ready {
    const { ledger, busy } = this.#modules
    if (busy())
      throw new AuctioneerError({ code: 'AUCTION_RUNNING' }, 'an auction is running: try again when it is over')
    const { master } = ledger.auction
    if (master === undefined) {
      throw new AuctioneerError({ code: 'MASTER_ACCOUNT_MISSING' }, 'the auctioneer has no funds: run auctionctl init')
    }
    if (master.kind === 'ready') return master
    throw new AuctioneerError({ code: 'MASTER_ACCOUNT_UNCONFIRMED' }, 'the master account waits for its confirmation')
  }

  async #finishTopUp(master: ToppingUp): Promise<Txid> {
    const { ledger, key } = this.#modules
    const staged = await this.#stage(master)
    return ledger.exclusively(async () => {
      const now = ledger.auction.master
      if (now?.kind === 'pending') return now.outpoint.txid
      return this.#spend(joinTopUp(key.key, master, master.amount, staged))
    })
  }

  /** Looks for the payment before it is made: lnd publishes before it answers. */
  async #stage(master: ToppingUp): Promise<MasterCoin> {
    const { wallet, key } = this.#modules
    const batchKey = incrementBatchKey(master.batchKey)
    const { script } = masterAccountOutput({ auctioneerKey: key.key, batchKey })
    const output = { value: master.staged, script }
    const raw = (await wallet.findPayment(output, master.heightHint)) ?? (await this.#pay(master, output))
    const transaction = decodeTx(raw)
    const index = transaction.outputs.findIndex((o) => o.value === output.value && equalBytes(o.script, script))
    if (index === -1) throw new Error('the top-up does not pay the master account')
    return { outpoint: { txid: txidOf(transaction), index }, value: output.value, batchKey }
  }

  /** When the wallet refuses, nothing was paid and the account is as before. */
  async #pay(master: ToppingUp, output: TxOutput): Promise<Uint8Array> {
    const { wallet, ledger } = this.#modules
    try {
      return await wallet.sendOutput(output, master.feeRate, TOP_UP_LABEL)
    } catch (error) {
      const paid = await wallet.findPayment(output, 0)
      if (paid !== undefined) return paid
      const { outpoint, value, batchKey, heightHint } = master
      const ready = { kind: 'ready', outpoint, value, batchKey, heightHint, transaction: undefined } as const
      await ledger.exclusively(() =>
        ledger.commit([{ kind: 'auction', auction: { ...ledger.auction, master: ready } }]),
      )
      throw error
    }
  }

  /** Signed, durable, then published; within `exclusively`. */
  async #spend(spend: MasterSpend): Promise<Txid> {
    const { ledger, chain, master, key, logger } = this.#modules
    const signatures: Uint8Array[] = []
    for (const index of spend.coins.keys()) signatures.push(await this.#sign(spend, index))
    const signed = completeMasterSpend(key.key, spend, signatures)
    if (signed === undefined) {
      throw new AuctioneerError({ code: 'BATCH_NOT_SEALED', what: 'master account' }, 'lnd signed with another key')
    }
    const next = masterAfter(spend, signed, chain.bestHeight())
    await ledger.commit([{ kind: 'auction', auction: { ...ledger.auction, master: next } }])
    logger.info('master account changed', { txid: spend.next.outpoint.txid, value: spend.next.value })
    await master.publishPending()
    return spend.next.outpoint.txid
  }

  #sign({ transaction, coins }: MasterSpend, inputIndex: number): Promise<Uint8Array> {
    const { signer, key } = this.#modules
    const coin = coins[inputIndex]
    if (coin === undefined) throw new Error('an input of the master account is unknown')
    const { tweak, witnessScript, script } = masterAccountOutput({ auctioneerKey: key.key, batchKey: coin.batchKey })
    return signer.signEcdsa({
      transaction,
      inputIndex,
      output: { value: coin.value, script },
      witnessScript,
      key,
      tweak,
    })
  }
}
