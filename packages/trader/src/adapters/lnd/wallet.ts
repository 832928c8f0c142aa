import { decodeTx, fromHex, pubKey, satPerKWeight, satoshi } from '@tidepool/crypto'
import type { PubKey, Satoshi, SatPerKWeight, Transaction, TxOutput } from '@tidepool/crypto'
import { TraderError } from '../../core/errors.ts'
import type { KeyLocator, OwnKey, Wallet, WalletTransaction } from '../../ports/wallet.ts'
import type { LndClients } from './clients.ts'
import { outputToLnd, rawTx } from './convert.ts'
import { lndSilent, lndText } from './errorTexts.ts'

const locatorToLnd = (locator: KeyLocator) => ({ keyFamily: locator.family, keyIndex: locator.index })

/** lnd's wallet behind the port. `dryRunAddress` is a P2WSH address of the network, used for estimates only. */
export class LndWallet implements Wallet {
  readonly #lnd: LndClients
  readonly #dryRunAddress: string

  constructor(lnd: LndClients, dryRunAddress: string) {
    this.#lnd = lnd
    this.#dryRunAddress = dryRunAddress
  }

  async nextKey(family: number): Promise<OwnKey> {
    const { rawKeyBytes, keyLoc } = await this.#lnd.walletKit.deriveNextKey({ keyFamily: family })
    return { key: pubKey(rawKeyBytes), family, index: keyLoc?.keyIndex ?? 0 }
  }

  async keyAt(locator: KeyLocator): Promise<PubKey> {
    return pubKey((await this.#lnd.walletKit.deriveKey(locatorToLnd(locator))).rawKeyBytes)
  }

  async sharedSecret(locator: KeyLocator, remote: PubKey): Promise<Uint8Array> {
    const keyDesc = { keyLoc: locatorToLnd(locator) }
    return (await this.#lnd.signer.deriveSharedKey({ ephemeralPubkey: fromHex(remote), keyDesc })).sharedKey
  }

  async signMessage(locator: KeyLocator, message: Uint8Array): Promise<Uint8Array> {
    return (await this.#lnd.signer.signMessage({ msg: message, keyLoc: locatorToLnd(locator) })).signature
  }

  /** A refusal means that nothing was sent; silence means nobody knows. @throws TraderError WALLET_CANNOT_FUND */
  async sendOutput(output: TxOutput, feeRate: SatPerKWeight, label: string): Promise<Transaction> {
    try {
      const sent = await this.#lnd.walletKit.sendOutputs({
        satPerKw: feeRate,
        outputs: [outputToLnd(output)],
        label,
        minConfs: 1,
      })
      return decodeTx(sent.rawTx)
    } catch (cause) {
      if (lndSilent(cause)) throw cause
      const reason = lndText(cause)
      throw new TraderError({ code: 'WALLET_CANNOT_FUND', reason }, `lnd cannot fund the account: ${reason}`, { cause })
    }
  }

  async transactions(): Promise<readonly WalletTransaction[]> {
    const { transactions } = await this.#lnd.lightning.getTransactions({})
    return transactions.map(({ rawTxHex, label }) => ({ tx: decodeTx(fromHex(rawTxHex)), label }))
  }

  async publish(tx: Transaction, label: string): Promise<void> {
    await this.#lnd.walletKit.publishTransaction({ txHex: rawTx(tx), label })
  }

  async estimateFeeRate(confirmationTarget: number): Promise<SatPerKWeight> {
    return satPerKWeight((await this.#lnd.walletKit.estimateFee({ confTarget: confirmationTarget })).satPerKw)
  }

  async estimateSendFee(value: Satoshi, confirmationTarget: number): Promise<Satoshi> {
    const addrToAmount = new Map([[this.#dryRunAddress, value as bigint]])
    try {
      const { feeSat } = await this.#lnd.lightning.estimateFee({ addrToAmount, targetConf: confirmationTarget })
      return satoshi(feeSat)
    } catch (cause) {
      if (lndSilent(cause)) throw cause
      const reason = lndText(cause)
      throw new TraderError({ code: 'WALLET_CANNOT_FUND', reason }, `lnd cannot fund the account: ${reason}`, { cause })
    }
  }
}
