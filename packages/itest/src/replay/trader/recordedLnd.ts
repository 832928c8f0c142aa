import {
  accountSecret,
  aggregateKeys,
  fromHex,
  satPerKWeight,
  satoshi,
  startSession,
  toHex,
  verifyDer,
  verifyMessage,
  verifyPartial,
} from '@tidepool/crypto'
import type { AccountKey, PubKey, Transaction, TxOutput } from '@tidepool/crypto'
import type { SignInput, SignResult, SignTask, Signer, Wallet, WalletTransaction } from '@tidepool/trader'
import { ACCOUNT_SECRET } from '../recording/keys.ts'
import type { RecordedChain } from '../recordedChain.ts'
import type { TraderFacts } from '../recording/traderFacts.ts'
import { fundingStandIn } from './fundingStandIn.ts'
import { notRecorded } from './standIns.ts'

type Locator = Parameters<Wallet['keyAt']>[0]
const ACCOUNT_FAMILY = 220
const FUNDING_FAMILY = 0

const never = (what: string): Promise<never> => Promise.reject(new Error(`${what} is not part of the recordings`))

/**
 * The recorded trader's lnd. It has the recorded keys but not their secrets: it answers with the recorded signature that
 * fits what it is asked to sign, so anything but the recorded message cannot be signed.
 */
export class RecordedLnd implements Wallet, Signer {
  /** Funding keys of the orders to come, in order. */
  readonly fundingKeys: PubKey[] = []
  /** The user changes an account: the trader's own half of that goes to the chain alone, so no recording has it. */
  changing = false
  /** Signs what no recording shows with something worthless. */
  lenient = false
  readonly #facts: TraderFacts
  readonly #chain: RecordedChain
  readonly #accounts: AccountKey[]
  readonly #usedFundingKeys: PubKey[] = []
  readonly #sent: WalletTransaction[] = []
  readonly #otherKeys: (locator: Locator) => PubKey | undefined
  #nextAccount = 0

  /** `otherKeys`: keys of families that neither accounts nor orders use. */
  constructor(
    facts: TraderFacts,
    chain: RecordedChain,
    seeded: readonly AccountKey[],
    otherKeys: (locator: Locator) => PubKey | undefined,
  ) {
    this.#facts = facts
    this.#chain = chain
    this.#accounts = [...seeded, ...facts.accountKeys]
    this.#nextAccount = seeded.length
    this.#otherKeys = otherKeys
  }

  get keysInUse(): number {
    return this.#accounts.length
  }

  /** A transaction of the wallet from before the recording. */
  remember(tx: Transaction): void {
    this.#sent.push({ tx, label: '' })
  }

  nextKey(family: number): ReturnType<Wallet['nextKey']> {
    if (family === ACCOUNT_FAMILY) {
      const index = this.#nextAccount++
      const key = this.#accounts[index]
      return key === undefined ? never('another account key') : Promise.resolve({ family, index, key })
    }
    const key = this.fundingKeys.shift()
    if (key === undefined) return never('another funding key')
    this.#usedFundingKeys.push(key)
    return Promise.resolve({ family, index: this.#usedFundingKeys.length - 1, key })
  }

  keyAt({ family, index }: Locator): Promise<PubKey> {
    const own = family === ACCOUNT_FAMILY ? this.#accounts : family === FUNDING_FAMILY ? this.#usedFundingKeys : []
    const key = own[index] ?? this.#otherKeys({ family, index })
    return key === undefined ? never(`key ${family}/${index}`) : Promise.resolve(key)
  }

  async sharedSecret(locator: Locator): Promise<Uint8Array> {
    return accountSecret(ACCOUNT_SECRET, await this.keyAt(locator))
  }

  async signMessage(locator: Locator, message: Uint8Array): Promise<Uint8Array> {
    const key = this.#accounts[locator.index]
    const known = (key === undefined ? undefined : this.#facts.signatures.get(key)) ?? []
    const fitting = known.find((signature) => key !== undefined && verifyMessage(message, signature, key))
    if (fitting !== undefined) return fitting
    return this.lenient ? new Uint8Array(70) : never('a signature over this message')
  }

  sendOutput(output: TxOutput, _rate: unknown, label: string): Promise<Transaction> {
    const key = this.#accounts[this.#nextAccount - 1]
    const funded = key === undefined ? undefined : this.#facts.fundings.get(key)
    if (funded === undefined) return never('this funding')
    const tx = fundingStandIn(funded, output)
    this.#sent.push({ tx, label })
    this.#chain.broadcast(tx)
    return Promise.resolve(tx)
  }

  transactions(): Promise<readonly WalletTransaction[]> {
    return Promise.resolve(this.#sent)
  }

  publish(tx: Transaction): Promise<void> {
    this.#chain.broadcast(tx)
    return Promise.resolve()
  }

  estimateFeeRate(): ReturnType<Wallet['estimateFeeRate']> {
    return Promise.resolve(satPerKWeight(253))
  }

  estimateSendFee(): ReturnType<Wallet['estimateSendFee']> {
    return Promise.resolve(satoshi(200))
  }

  sign({ task }: SignInput): Promise<SignResult> {
    const { accountKey } = task
    const known = this.#facts.signatures.get(accountKey) ?? []
    if (task.kind === 'ecdsa') {
      const found = known.find((one) => verifyDer(task.digest, fromHex(task.tweakedKey), one))
      const signature = found ?? (this.changing ? notRecorded.signature : undefined)
      return signature === undefined
        ? never('this signature')
        : Promise.resolve({ kind: 'ecdsa', accountKey, signature })
    }
    for (const partialSignature of known) {
      const nonce = this.#facts.nonces.get(toHex(partialSignature))
      if (nonce !== undefined && fitsMuSig2(task, partialSignature, nonce)) {
        return Promise.resolve({ kind: 'musig2', accountKey, partialSignature, nonce })
      }
    }
    return never('this partial signature')
  }
}

function fitsMuSig2(task: SignTask & { kind: 'musig2' }, signature: Uint8Array, publicNonce: Uint8Array): boolean {
  const { version, keys, merkleRoot, digest: message, serverNonce } = task
  const key = aggregateKeys(version, keys, { kind: 'root', merkleRoot })
  const session = startSession({ key, message, publicNonces: [serverNonce, publicNonce] })
  return verifyPartial(session, { signature, publicNonce, publicKey: keys[1] })
}
