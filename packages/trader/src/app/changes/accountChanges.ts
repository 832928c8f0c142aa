import { equalBytes, formatOutPoint, satPerKWeight, txidOf } from '@tidepool/crypto'
import type { AccountKey, SatPerKWeight, Transaction, TxOutput, Txid } from '@tidepool/crypto'
import {
  checkChange,
  closePath,
  isArchived,
  planClose,
  planDeposit,
  planRenewal,
  planWithdrawal,
  sortedPrevOutputs,
  buildChange,
} from '@tidepool/market'
import type {
  ChangeParts,
  CheckedChange,
  CloseRequest,
  DepositRequest,
  RenewalRequest,
  SpendPath,
  WithdrawalRequest,
} from '@tidepool/market'
import { isFunded, outputTerms, overtaking } from '../../core/account.ts'
import type { FundedAccount, TraderAccount } from '../../core/account.ts'
import { StartupError, TraderError, invalid, reasonOf } from '../../core/errors.ts'
import type { OrderRecord } from '../../core/orderRecord.ts'
import type { ChangeWallet, ChosenCoins } from '../../ports/accountChange.ts'
import type { AuctionTerms } from '../../ports/auctioneer.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Wallet } from '../../ports/wallet.ts'
import type { Accounts } from '../accounts.ts'
import type { HeightWatch } from '../height.ts'
import type { Ledger } from '../ledger.ts'
import { changeLabel } from '../txLabel.ts'
import type { LabelAction } from '../txLabel.ts'
import { checkNoOrders, checkReserve, checkState, ownedByOther } from './changeRules.ts'
import type { ChangeOperation } from './changeRules.ts'
import { aloneWitness, cooperativeWitness } from './signChange.ts'
import type { ChangeSigners } from './signChange.ts'

export interface ChangeModules extends ChangeSigners {
  readonly ledger: Ledger
  readonly accounts: Accounts
  readonly wallet: Wallet
  readonly changeWallet: ChangeWallet
  readonly height: Pick<HeightWatch, 'best'>
  readonly logger: Logger
  /** Whether a batch with the account is being agreed, or is signed and not final. */
  readonly inBatch: (key: AccountKey) => boolean
}

/** An account after a change, and what the caller must know to show it. */
export interface Changed {
  readonly account: TraderAccount
  readonly txid: Txid
  readonly terms: AuctionTerms
}

/** Where the coins of a closed account go. */
export type CloseDestination =
  | {
      readonly kind: 'one'
      /** Default: a new address of the wallet. */
      readonly script: Uint8Array | undefined
      readonly fee:
        | { readonly kind: 'rate'; readonly rate: SatPerKWeight }
        | { readonly kind: 'target'; readonly blocks: number }
    }
  | { readonly kind: 'list'; readonly outputs: readonly TxOutput[] }

/**
 * Changes accounts on their owner's word. Each change is computed and checked here, signed by both sides, verified,
 * stored, and only then published (spec accounts §7.2). Pool account/manager.go
 */
export class AccountChanges {
  readonly #labelPrefix: string
  readonly #modules: ChangeModules
  readonly #changing = new Set<AccountKey>()

  constructor(options: { readonly labelPrefix: string }, modules: ChangeModules) {
    this.#labelPrefix = options.labelPrefix
    this.#modules = modules
  }

  /** Accounts that no batch may touch now. */
  get changing(): ReadonlySet<AccountKey> {
    return this.#changing
  }

  /** Frees the coins of changes that an earlier run did not finish. */
  async start(): Promise<void> {
    for (const key of this.#modules.ledger.coinLeases.keys()) await this.#release(key)
  }

  deposit(key: AccountKey, request: DepositRequest): Promise<Changed> {
    return this.#alone(key, 'deposit', async (account) => {
      const { auctioneer, changeWallet, ledger } = this.#modules
      const terms = await auctioneer.terms()
      const plan = planDeposit(account, request, this.#limits(terms))
      checkReserve(ledger, key, plan.terms, terms.executionFee)
      const chosen = await changeWallet.chooseCoins(plan.fundingOutput, request.feeRate)
      await ledger.commit({ kind: 'coinLeases', account: key, leases: chosen.leases })
      try {
        const outputs = changeOutputs(chosen, plan.fundingOutput)
        const txid = await this.#change(account, { terms: plan.terms, outputs, chosen, action: 'deposit' })
        return this.#changed(key, txid, terms)
      } finally {
        await this.#release(key)
      }
    })
  }

  withdraw(key: AccountKey, request: WithdrawalRequest): Promise<Changed> {
    return this.#alone(key, 'withdraw', async (account) => {
      const terms = await this.#modules.auctioneer.terms()
      const plan = planWithdrawal(account, request, this.#limits(terms))
      checkReserve(this.#modules.ledger, key, plan.terms, terms.executionFee)
      const txid = await this.#change(account, { ...plan, chosen: undefined, action: 'withdraw' })
      return this.#changed(key, txid, terms)
    })
  }

  renew(key: AccountKey, request: RenewalRequest): Promise<Changed> {
    return this.#alone(key, 'renew', async (account) => {
      const terms = await this.#modules.auctioneer.terms()
      const plan = planRenewal(account, request, this.#limits(terms))
      checkReserve(this.#modules.ledger, key, plan.terms, terms.executionFee)
      const txid = await this.#change(account, { ...plan, chosen: undefined, action: 'renew' })
      return this.#changed(key, txid, terms)
    })
  }

  /** With the auctioneer before expiry, without it from then on. */
  close(key: AccountKey, destination: CloseDestination): Promise<Txid> {
    return this.#alone(key, 'close', async (current) => {
      const { ledger, height } = this.#modules
      const account = overtaking(current, height.best)
      const path = closePath(account, height.best)
      await checkNoOrders(ledger, key, (record) => this.#stillOpen(record, path))
      const { outputs } = planClose(account, await this.#closeRequest(account, destination), path)
      return this.#change(account, { terms: undefined, outputs, chosen: undefined, action: 'close' }, path)
    })
  }

  /** Pays more for the account's last transaction by spending an output of it that the wallet owns. */
  async bumpFee(key: AccountKey, feeRate: SatPerKWeight): Promise<void> {
    const { height, changeWallet } = this.#modules
    if (feeRate < 250n) throw invalid('fee_rate_sat_per_kw', 'at least 250, which is 1 sat/vByte')
    const account = this.#account(key)
    checkState(account, 'bump', height.best)
    const txid = txidOf(account.latestTx)
    for (const index of account.latestTx.outputs.keys()) {
      if ((await changeWallet.bumpFee({ txid, index }, feeRate)) === 'bumped') return
    }
    throw new TraderError(
      { code: 'NO_OUTPUT_TO_BUMP', account: key },
      'no output of the last transaction belongs to the wallet: wait for its confirmation, or close the account alone once it has expired',
    )
  }

  /** One change of an account at a time, and none beside a batch. */
  async #alone<T>(
    key: AccountKey,
    operation: ChangeOperation,
    work: (account: FundedAccount) => Promise<T>,
  ): Promise<T> {
    const account = this.#account(key)
    checkState(account, operation, this.#modules.height.best)
    if (this.#modules.inBatch(key)) {
      throw new TraderError(
        { code: 'ACCOUNT_IN_BATCH', account: key },
        'a batch with this account is under way: try again when it is done',
      )
    }
    if (this.#changing.has(key)) {
      throw new TraderError(
        { code: 'ACCOUNT_BUSY', account: key },
        'another change of this account is being made: try again in a moment',
      )
    }
    this.#changing.add(key)
    try {
      return await work(account)
    } finally {
      this.#changing.delete(key)
    }
  }

  async #change(
    account: FundedAccount,
    plan: Pick<ChangeParts, 'terms' | 'outputs'> & {
      readonly chosen: ChosenCoins | undefined
      readonly action: LabelAction
    },
    path: SpendPath = 'cooperative',
  ): Promise<Txid> {
    const { accounts, height, changeWallet, ledger } = this.#modules
    const { terms, outputs, chosen, action } = plan
    const coins = chosen?.coins ?? []
    const inputs = coins.map(({ outpoint, sigScript }) => ({ outpoint, sigScript }))
    const parts: ChangeParts = { account, terms, inputs, outputs, lockTime: path === 'expiry' ? height.best : 0 }
    const spent = new Map(coins.map(({ outpoint, output }) => [formatOutPoint(outpoint), output]))
    const prevOutputs = sortedPrevOutputs(buildChange(parts).transaction, account, spent)
    const checked = checkChange(parts, prevOutputs, path, ownedByOther(ledger, account.key))
    const sign = path === 'expiry' ? aloneWitness : cooperativeWitness
    const witnessed = withWitness(checked, await sign(account, checked, this.#modules))
    const tx = chosen === undefined ? witnessed : await changeWallet.signCoins(witnessed, prevOutputs, chosen)
    checkSigned(tx, checked)
    const change = {
      from: outputTerms(account),
      ...(txidOf(account.latestTx) === account.outpoint.txid ? { parent: account.latestTx } : {}),
      coins: coins.map(({ outpoint, output }) => ({ outpoint, output })),
      label: this.#label(account, checked, action, path),
    }
    const { next } = checked
    const common = { tx, change, heightHint: height.best }
    await accounts.publishChange(
      account.key,
      next === undefined
        ? { kind: 'closing', ...common }
        : { kind: 'changed', next: outputTerms({ ...account, ...next }), ...common },
    )
    return checked.txid
  }

  #label(account: FundedAccount, { next, fee }: CheckedChange, action: LabelAction, path: SpendPath): string {
    return changeLabel(this.#labelPrefix, {
      ...{ key: account.key, action, expiry: next?.expiry ?? account.expiry },
      outputIndex: next?.outpoint.index ?? account.outpoint.index,
      ...{ expirySpend: path === 'expiry', fee, balanceDiff: (next?.value ?? 0n) - account.value },
    })
  }

  async #closeRequest(account: FundedAccount, destination: CloseDestination): Promise<CloseRequest> {
    if (destination.kind === 'list') return destination
    const { wallet, changeWallet } = this.#modules
    const { script, fee } = destination
    const feeRate = fee.kind === 'rate' ? fee.rate : satPerKWeight(await wallet.estimateFeeRate(fee.blocks))
    const own = script ?? (await changeWallet.newScript(account.version === 0 ? 'p2wpkh' : 'p2tr'))
    return { kind: 'one', script: own, feeRate }
  }

  /** An auctioneer that is gone does not keep an expired account from being closed. */
  async #stillOpen(record: OrderRecord, path: SpendPath): Promise<boolean> {
    try {
      const remote = await this.#modules.auctioneer.orderState(record.order.nonce)
      return remote !== undefined && !isArchived(remote.state)
    } catch (error) {
      if (path === 'expiry' && error instanceof StartupError) return false
      throw error
    }
  }

  #changed(key: AccountKey, txid: Txid, terms: AuctionTerms): Changed {
    return { account: this.#account(key), txid, terms }
  }

  /** Coins that a stored change spends stay where they are; the others are free again. */
  async #release(key: AccountKey): Promise<void> {
    const { ledger, changeWallet, logger } = this.#modules
    const account = ledger.accounts.get(key)
    const coins = account !== undefined && isFunded(account) ? (account.change?.coins ?? []) : []
    const spent = new Set(coins.map(({ outpoint }) => formatOutPoint(outpoint)))
    const free = (ledger.coinLeases.get(key) ?? []).filter(({ outpoint }) => !spent.has(formatOutPoint(outpoint)))
    await changeWallet.releaseCoins(free).catch((error: unknown) => {
      logger.warn('coins stay leased for ten minutes', { account: key, reason: reasonOf(error) })
    })
    await ledger.commit({ kind: 'coinLeases', account: key, leases: [] })
  }

  #limits(terms: AuctionTerms) {
    return { maxValue: terms.maxAccountValue, bestHeight: this.#modules.height.best }
  }

  #account(key: AccountKey): TraderAccount {
    const account = this.#modules.ledger.accounts.get(key)
    if (account !== undefined) return account
    throw new TraderError({ code: 'TRADER_ACCOUNT_UNKNOWN', account: key }, 'account not found')
  }
}

/** Everything the wallet added but the output asked for: change, at most one. @throws TraderError WALLET_FUNDING_UNEXPECTED */
function changeOutputs(chosen: ChosenCoins, wanted: TxOutput): readonly TxOutput[] {
  const isWanted = (output: TxOutput): boolean =>
    output.value === wanted.value && equalBytes(output.script, wanted.script)
  const rest = chosen.outputs.filter((output) => !isWanted(output))
  if (chosen.outputs.length - rest.length !== 1) throw unexpected('the output asked for is missing or doubled')
  if (rest.length > 1) throw unexpected('more than one output of change')
  if (chosen.coins.length === 0) throw unexpected('no coins')
  return rest
}

function withWitness(change: CheckedChange, witness: readonly Uint8Array[]): Transaction {
  const { transaction, accountInput } = change
  const inputs = transaction.inputs.map((input, index) => (index === accountInput ? { ...input, witness } : input))
  return { ...transaction, inputs }
}

/** What is stored must be what was checked, and complete. */
function checkSigned(tx: Transaction, change: CheckedChange): void {
  if (txidOf(tx) !== change.txid) throw unexpected('the wallet signed another transaction')
  if (tx.inputs.some(({ witness }) => witness.length === 0)) throw unexpected('an input was not signed')
}

const unexpected = (what: string): TraderError =>
  new TraderError({ code: 'WALLET_FUNDING_UNEXPECTED', what }, `lnd did not do what was asked: ${what}`)
