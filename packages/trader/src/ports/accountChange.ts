import type {
  AccountKey,
  MuSig2Version,
  OutPoint,
  PubKey,
  SatPerKWeight,
  Transaction,
  TxList,
  TxOutput,
} from '@tidepool/crypto'
import type { CoinLease, SpentCoin } from '../core/account.ts'

export interface ChosenCoin extends SpentCoin {
  /** Of nested segwit, which must be known before anything is signed; else empty. */
  readonly sigScript: Uint8Array
}

/** Coins of the wallet that pay for one output, kept for us until they are spent or released. */
export interface ChosenCoins {
  readonly coins: readonly ChosenCoin[]
  /** The output asked for, and change. */
  readonly outputs: TxList<TxOutput>
  /** As the wallet made it, for signing. */
  readonly psbt: Uint8Array
  readonly leases: readonly CoinLease[]
}

/** A transaction of the wallet as its history shows it. */
export interface LabelledTransaction {
  readonly tx: Transaction
  readonly label: string
  /** 0 while unconfirmed. */
  readonly height: number
  /** Unix seconds. */
  readonly timestamp: bigint
}

/** What changing an account needs of lnd's wallet. */
export interface ChangeWallet {
  /** @throws TraderError WALLET_CANNOT_FUND */
  chooseCoins(output: TxOutput, feeRate: SatPerKWeight): Promise<ChosenCoins>
  releaseCoins(leases: readonly CoinLease[]): Promise<void>
  /** Signs the chosen coins; every other input carries its witness. `prevOutputs` follows the inputs. */
  signCoins(transaction: Transaction, prevOutputs: readonly TxOutput[], chosen: ChosenCoins): Promise<Transaction>
  /** scriptPubKey of a new address of the wallet. */
  newScript(kind: 'p2wpkh' | 'p2tr'): Promise<Uint8Array>
  /** scriptPubKey of an address of our network. @throws AddressError BAD_ADDRESS */
  scriptOf(address: string): Uint8Array
  /** Pays for an unconfirmed output by spending it; `foreign` when the wallet does not own it. */
  bumpFee(outpoint: OutPoint, feeRate: SatPerKWeight): Promise<'bumped' | 'foreign'>
  history(): Promise<readonly LabelledTransaction[]>
}

/** Our half of one MuSig2 signature over an account input. Its nonce serves once. */
export interface MuSig2Half {
  /** 66 bytes. */
  readonly publicNonce: Uint8Array
  /** Our partial signature, 32 bytes; ends the session. */
  sign(otherNonce: Uint8Array, digest: Uint8Array): Promise<Uint8Array>
  /** Ends a session that is not needed; never throws. */
  drop(): Promise<void>
}

export interface LeafSpend {
  readonly accountKey: AccountKey
  readonly keyIndex: number
  readonly transaction: Transaction
  readonly inputIndex: number
  readonly prevOutputs: readonly TxOutput[]
  readonly leafScript: Uint8Array
  readonly tweak: Uint8Array
}

/** Signing of account inputs outside of batches, where we show our nonce first or sign alone. */
export interface ChangeSigner {
  openMuSig2(session: {
    readonly keyIndex: number
    readonly version: MuSig2Version
    readonly keys: readonly PubKey[]
    readonly merkleRoot: Uint8Array
  }): Promise<MuSig2Half>
  /** 64 bytes of Schnorr by the tweaked trader key. */
  signLeaf(spend: LeafSpend): Promise<Uint8Array>
}
