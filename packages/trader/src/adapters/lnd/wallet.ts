import { decodeTx, satoshi } from '@tidepool/crypto'
import type { PubKey, Satoshi, SatPerKWeight, Transaction, TxOutput } from '@tidepool/crypto'
import {
  LndError,
  asLnd,
  deriveKey,
  deriveNextKey,
  deriveSharedKey,
  estimateFeeRate,
  isSilence,
  publishTransaction,
  sendOutputs,
  signMessage,
  walletTransactions,
} from '@tidepool/rpc'
import type { LndClients } from '@tidepool/rpc'
import { TraderError } from '../../core/errors.ts'
import type { KeyLocator, OwnKey, Wallet, WalletTransaction } from '../../ports/wallet.ts'
import { rawTx } from './convert.ts'

/** lnd's wallet behind the port. `dryRunAddress` is a P2WSH address of the network, used for estimates only. */
export class LndWallet implements Wallet {
  readonly #lnd: LndClients
  readonly #dryRunAddress: string

  constructor(lnd: LndClients, dryRunAddress: string) {
    this.#lnd = lnd
    this.#dryRunAddress = dryRunAddress
  }

  async nextKey(family: number): Promise<OwnKey> {
    const { key, locator } = await deriveNextKey(this.#lnd, family)
    return { key, ...locator }
  }

  async keyAt(locator: KeyLocator): Promise<PubKey> {
    return (await deriveKey(this.#lnd, locator)).key
  }

  sharedSecret(locator: KeyLocator, remote: PubKey): Promise<Uint8Array> {
    return deriveSharedKey(this.#lnd, locator, remote)
  }

  signMessage(locator: KeyLocator, message: Uint8Array): Promise<Uint8Array> {
    return signMessage(this.#lnd, locator, message)
  }

  /** A refusal means that nothing was sent; silence means nobody knows. @throws TraderError WALLET_CANNOT_FUND */
  async sendOutput(output: TxOutput, feeRate: SatPerKWeight, label: string): Promise<Transaction> {
    return decodeTx(await funding(sendOutputs(this.#lnd, { outputs: [output], feeRate, label })))
  }

  async transactions(): Promise<readonly WalletTransaction[]> {
    return (await walletTransactions(this.#lnd)).map(({ raw, label }) => ({ tx: decodeTx(raw), label }))
  }

  publish(tx: Transaction, label: string): Promise<void> {
    return publishTransaction(this.#lnd, rawTx(tx), label)
  }

  estimateFeeRate(confirmationTarget: number): Promise<SatPerKWeight> {
    return estimateFeeRate(this.#lnd, confirmationTarget)
  }

  async estimateSendFee(value: Satoshi, confirmationTarget: number): Promise<Satoshi> {
    const addrToAmount = new Map([[this.#dryRunAddress, value as bigint]])
    const estimate = this.#lnd.lightning.estimateFee({ addrToAmount, targetConf: confirmationTarget })
    return satoshi((await funding(asLnd(estimate))).feeSat)
  }
}

/** lnd's refusal to pay, as ours. @throws TraderError WALLET_CANNOT_FUND */
async function funding<T>(call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (cause) {
    if (!(cause instanceof LndError) || isSilence(cause)) throw cause
    const reason = cause.detail.details
    throw new TraderError({ code: 'WALLET_CANNOT_FUND', reason }, `lnd cannot fund the account: ${reason}`, { cause })
  }
}
