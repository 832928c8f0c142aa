import { decodeTx, equalBytes, fromHex, pubKey, satPerKWeight, satoshi } from '@tidepool/crypto'
import type { PubKey, Satoshi, SatPerKWeight, TxOutput } from '@tidepool/crypto'
import type { KeyLocator, LocatedKey, Wallet } from '../../ports/wallet.ts'
import type { LndClients } from './clients.ts'

export const toKeyLoc = ({ family, index }: KeyLocator) => ({ keyFamily: family, keyIndex: index })

/** Wallet calls on lnd. */
export class LndWallet implements Wallet {
  readonly #lnd: LndClients

  constructor(lnd: LndClients) {
    this.#lnd = lnd
  }

  async deriveKey(locator: KeyLocator): Promise<LocatedKey> {
    const { rawKeyBytes } = await this.#lnd.walletKit.deriveKey(toKeyLoc(locator))
    return { key: pubKey(rawKeyBytes), locator }
  }

  async sharedSecret(locator: KeyLocator, peer: PubKey): Promise<Uint8Array> {
    const keyDesc = { keyLoc: toKeyLoc(locator) }
    const { sharedKey } = await this.#lnd.signer.deriveSharedKey({ ephemeralPubkey: fromHex(peer), keyDesc })
    return sharedKey
  }

  async estimateFeeRate(confTarget: number): Promise<SatPerKWeight> {
    const { satPerKw } = await this.#lnd.walletKit.estimateFee({ confTarget })
    return satPerKWeight(satPerKw)
  }

  async sendOutput(output: TxOutput, feeRate: SatPerKWeight, label: string): Promise<Uint8Array> {
    const { rawTx } = await this.#lnd.walletKit.sendOutputs({
      satPerKw: feeRate,
      outputs: [{ value: output.value, pkScript: output.script }],
      label,
      minConfs: 1,
    })
    return rawTx
  }

  async findPayment(output: TxOutput, fromHeight: number): Promise<Uint8Array | undefined> {
    const { transactions } = await this.#lnd.lightning.getTransactions({ startHeight: fromHeight, endHeight: -1 })
    for (const { rawTxHex } of transactions) {
      const raw = fromHex(rawTxHex)
      const pays = decodeTx(raw).outputs.some(
        ({ value, script }) => value === output.value && equalBytes(script, output.script),
      )
      if (pays) return raw
    }
    return undefined
  }

  async publish(transaction: Uint8Array, label: string): Promise<void> {
    await this.#lnd.walletKit.publishTransaction({ txHex: transaction, label })
  }

  async balance(): Promise<Satoshi> {
    const { confirmedBalance } = await this.#lnd.lightning.walletBalance({})
    return satoshi(confirmedBalance)
  }
}
