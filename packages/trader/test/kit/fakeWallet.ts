import {
  accountSecret,
  pointFromSecret,
  pubKey,
  satPerKWeight,
  satoshi,
  sha256,
  signMessage,
  txid,
  toHex,
} from '@tidepool/crypto'
import type { PubKey, SatPerKWeight, Satoshi, Transaction, TxOutput } from '@tidepool/crypto'
import type { KeyLocator, OwnKey, Wallet, WalletTransaction } from '../../src/ports/wallet.ts'

/** A wallet with real keys and no coins: every payment works, unless told otherwise. */
export class FakeWallet implements Wallet {
  readonly sent: { readonly output: TxOutput; readonly feeRate: SatPerKWeight; readonly tx: Transaction }[] = []
  readonly published: Transaction[] = []
  readonly known: WalletTransaction[] = []
  /** Thrown by sendOutput, after the money went out when `lost`. */
  sendFailure: { readonly error: Error; readonly lost: boolean } | undefined
  readonly #seed: string
  readonly #next = new Map<number, number>()

  constructor(seed = 'seed') {
    this.#seed = seed
  }

  async nextKey(family: number): Promise<OwnKey> {
    const index = this.#next.get(family) ?? 0
    this.#next.set(family, index + 1)
    return { key: await this.keyAt({ family, index }), family, index }
  }

  async keyAt(locator: KeyLocator): Promise<PubKey> {
    return pubKey(pointFromSecret(this.secretAt(locator)))
  }

  secretAt({ family, index }: KeyLocator): Uint8Array {
    return sha256(new TextEncoder().encode(`${this.#seed} ${family} ${index}`))
  }

  async sharedSecret(locator: KeyLocator, remote: PubKey): Promise<Uint8Array> {
    return accountSecret(this.secretAt(locator), remote)
  }

  async signMessage(locator: KeyLocator, message: Uint8Array): Promise<Uint8Array> {
    return signMessage(message, this.secretAt(locator))
  }

  async sendOutput(output: TxOutput, feeRate: SatPerKWeight, label: string): Promise<Transaction> {
    if (this.sendFailure?.lost === false) throw this.sendFailure.error
    const tx = this.#pay(output)
    this.sent.push({ output, feeRate, tx })
    this.known.push({ tx, label })
    if (this.sendFailure !== undefined) throw this.sendFailure.error
    return tx
  }

  async transactions(): Promise<readonly WalletTransaction[]> {
    return this.known
  }

  /** Thrown by publish, until removed. */
  publishFailure: Error | undefined

  async publish(tx: Transaction): Promise<void> {
    if (this.publishFailure !== undefined) throw this.publishFailure
    this.published.push(tx)
  }

  async estimateFeeRate(): Promise<SatPerKWeight> {
    return satPerKWeight(300n)
  }

  async estimateSendFee(): Promise<Satoshi> {
    return satoshi(200)
  }

  #pay(output: TxOutput): Transaction {
    const change = { value: satoshi(5000), script: Uint8Array.of(0x51, 0x20, ...new Uint8Array(32)) }
    const id = txid(toHex(sha256(new TextEncoder().encode(`coin ${this.sent.length}`))))
    const input = {
      prevout: { txid: id, index: 0 },
      scriptSig: new Uint8Array(),
      sequence: 0,
      witness: [new Uint8Array(64)],
    }
    return { version: 2, lockTime: 0, inputs: [input], outputs: [change, output] }
  }
}
