import { decodeTx, equalBytes, satoshi } from '@tidepool/crypto'
import type { PubKey, Satoshi, SatPerKWeight, TxOutput } from '@tidepool/crypto'
import {
  asLnd,
  deriveKey,
  deriveSharedKey,
  estimateFeeRate,
  publishTransaction,
  sendOutputs,
  walletTransactions,
  type LndClients,
} from '@tidepool/rpc'
import type { KeyLocator, LocatedKey, Wallet } from '../../ports/wallet.ts'

/** Wallet calls on lnd. */
export class LndWallet implements Wallet {
  readonly #lnd: LndClients

  constructor(lnd: LndClients) {
    this.#lnd = lnd
  }

  deriveKey(locator: KeyLocator): Promise<LocatedKey> {
    return deriveKey(this.#lnd, locator)
  }

  sharedSecret(locator: KeyLocator, peer: PubKey): Promise<Uint8Array> {
    return deriveSharedKey(this.#lnd, locator, peer)
  }

  estimateFeeRate(confTarget: number): Promise<SatPerKWeight> {
    return estimateFeeRate(this.#lnd, confTarget)
  }

  sendOutput(output: TxOutput, feeRate: SatPerKWeight, label: string): Promise<Uint8Array> {
    return sendOutputs(this.#lnd, { outputs: [output], feeRate, label })
  }

  async findPayment(output: TxOutput, fromHeight: number): Promise<Uint8Array | undefined> {
    const pays = ({ value, script }: TxOutput) => value === output.value && equalBytes(script, output.script)
    const found = await walletTransactions(this.#lnd, fromHeight)
    return found.find(({ raw }) => decodeTx(raw).outputs.some(pays))?.raw
  }

  publish(transaction: Uint8Array, label: string): Promise<void> {
    return publishTransaction(this.#lnd, transaction, label)
  }

  async balance(): Promise<Satoshi> {
    const { confirmedBalance } = await asLnd(this.#lnd.lightning.walletBalance({}))
    return satoshi(confirmedBalance)
  }
}
