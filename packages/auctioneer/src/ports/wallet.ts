import type {
  MuSig2Session as JointSession,
  PubKey,
  Satoshi,
  SatPerKWeight,
  Transaction,
  TxOutput,
} from '@tidepool/crypto'
import type { AccountVersion } from '@tidepool/market'

/** Path of a key in lnd's key ring. */
export interface KeyLocator {
  readonly family: number
  readonly index: number
}

export interface LocatedKey {
  readonly key: PubKey
  readonly locator: KeyLocator
}

export interface Wallet {
  deriveKey(locator: KeyLocator): Promise<LocatedKey>
  /** SHA-256 of the compressed ECDH point of our key and the peer's. */
  sharedSecret(locator: KeyLocator, peer: PubKey): Promise<Uint8Array>
  estimateFeeRate(confTarget: number): Promise<SatPerKWeight>
  /** Pays one output and publishes; the label finds it again should the answer be lost. */
  sendOutput(output: TxOutput, feeRate: SatPerKWeight, label: string): Promise<Uint8Array>
  /** A transaction of the wallet that pays exactly this output, serialised. */
  findPayment(output: TxOutput, fromHeight: number): Promise<Uint8Array | undefined>
  /** Success also for a transaction already known. @throws LndError when the node refuses it */
  publish(transaction: Uint8Array, label: string): Promise<void>
  /** Spendable satoshis of the wallet. */
  balance(): Promise<Satoshi>
}

export interface EcdsaRequest {
  readonly transaction: Transaction
  readonly inputIndex: number
  readonly output: TxOutput
  readonly witnessScript: Uint8Array
  readonly key: LocatedKey
  readonly tweak: Uint8Array
}

export interface MuSig2Request {
  readonly version: Exclude<AccountVersion, 0>
  readonly key: LocatedKey
  /** Base keys of both signers. */
  readonly signers: readonly [PubKey, PubKey]
  /** Hash of the account's expiry leaf. */
  readonly scriptRoot: Uint8Array
}

export interface MuSig2Session {
  readonly id: Uint8Array
  /** 66 bytes. */
  readonly publicNonce: Uint8Array
}

/** The auctioneer's half of every signature. Nonces stay in lnd's memory; a session signs once. */
export interface Signer {
  /** DER without sighash byte. */
  signEcdsa(request: EcdsaRequest): Promise<Uint8Array>
  beginMuSig2(request: MuSig2Request): Promise<MuSig2Session>
  /** Our half, 32 bytes, for the trader to combine. Ends the session. */
  signMuSig2(session: MuSig2Session, traderNonce: Uint8Array, digest: Uint8Array): Promise<Uint8Array>
  /** Tells the session the trader's nonce. It signs nothing. */
  registerNonce(session: MuSig2Session, traderNonce: Uint8Array): Promise<void>
  /** Signs in a session that has both nonces and adds the trader's half: 64 bytes, to be verified. Ends the session. */
  finishMuSig2(session: MuSig2Session, traderHalf: Uint8Array, joint: JointSession): Promise<Uint8Array>
  /** Forgets a session; never throws. */
  dropMuSig2(session: MuSig2Session): Promise<void>
}
