import type { PubKey, Satoshi, SatPerKWeight, Transaction, TxOutput } from '@tidepool/crypto'
import type { SignResult } from '../core/sign/signReply.ts'
import type { SignTask } from '../core/sign/signTask.ts'

/** Place of a key in lnd's wallet. */
export interface KeyLocator {
  readonly family: number
  readonly index: number
}

export interface OwnKey extends KeyLocator {
  readonly key: PubKey
}

export interface WalletTransaction {
  readonly tx: Transaction
  readonly label: string
}

/** lnd's wallet and keys. */
export interface Wallet {
  /** The next unused key of a family; every call uses up an index. */
  nextKey(family: number): Promise<OwnKey>
  keyAt(locator: KeyLocator): Promise<PubKey>
  /** SHA-256 of the compressed ECDH point of our key and `remote`. */
  sharedSecret(locator: KeyLocator, remote: PubKey): Promise<Uint8Array>
  /** DER ECDSA over SHA-256 of the message. */
  signMessage(locator: KeyLocator, message: Uint8Array): Promise<Uint8Array>
  /** Makes, signs and broadcasts a transaction with this output, before it returns. */
  sendOutput(output: TxOutput, feeRate: SatPerKWeight, label: string): Promise<Transaction>
  /** Everything that touched the wallet, unconfirmed included. */
  transactions(): Promise<readonly WalletTransaction[]>
  /** A known or confirmed transaction counts as success. */
  publish(tx: Transaction, label: string): Promise<void>
  /** Never below the relay floor of 253 sat/kw. */
  estimateFeeRate(confirmationTarget: number): Promise<SatPerKWeight>
  /** Dry run: miner fee of sending `value` to a P2WSH output. Throws when the wallet cannot pay. */
  estimateSendFee(value: Satoshi, confirmationTarget: number): Promise<Satoshi>
}

/** One account input of a batch to sign. */
export interface SignInput {
  readonly task: SignTask
  readonly keyIndex: number
  readonly transaction: Transaction
}

/** Signing of account inputs. A MuSig2 session is made, used and forgotten in one call. */
export interface Signer {
  sign(input: SignInput): Promise<SignResult>
}
