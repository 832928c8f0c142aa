import {
  SighashCache,
  addressToScript,
  aggregateKeys,
  derEncode,
  formatOutPoint,
  generateNonce,
  sha256,
  signEcdsa,
  signPartial,
  signSchnorr,
  startSession,
  satoshi,
  tapLeafHash,
  toHex,
  tweakSecret,
  txid,
} from '@tidepool/crypto'
import type { OutPoint, SatPerKWeight, Transaction, TxOutput } from '@tidepool/crypto'
import type {
  ChangeSigner,
  ChangeWallet,
  ChosenCoins,
  LabelledTransaction,
  LeafSpend,
  MuSig2Half,
} from '../../src/ports/accountChange.ts'
import type { SignInput, Signer } from '../../src/ports/wallet.ts'
import type { SignResult } from '../../src/core/sign/signReply.ts'
import { ACCOUNT_KEY_FAMILY } from '../../src/core/account.ts'
import type { CoinLease } from '../../src/core/account.ts'
import type { FakeWallet } from './fakeWallet.ts'

const p2wpkh = (fill: number): Uint8Array => Uint8Array.of(0x00, 20, ...new Uint8Array(20).fill(fill))

/** A wallet with one endless coin, and a signer with the keys of the fake wallet. */
export class FakeChanges implements ChangeWallet, ChangeSigner, Signer {
  readonly released: CoinLease[] = []
  readonly bumped: string[] = []
  /** Outputs that the wallet does not own, by index. */
  foreign: ReadonlySet<number> = new Set()
  labelled: LabelledTransaction[] = []
  /** Sessions opened and neither used nor dropped. */
  openSessions = 0
  /** What becomes of a choice of coins on the way. */
  spoil: (chosen: ChosenCoins) => ChosenCoins = (chosen) => chosen
  signFailure: Error | undefined
  readonly #wallet: FakeWallet
  #coins = 0

  constructor(wallet: FakeWallet) {
    this.#wallet = wallet
  }

  async chooseCoins(output: TxOutput, feeRate: SatPerKWeight): Promise<ChosenCoins> {
    const id = txid(toHex(sha256(new TextEncoder().encode(`change coin ${this.#coins++}`))))
    const change = { value: satoshi(700_000n), script: p2wpkh(2) }
    const coin = { value: satoshi(output.value + change.value + (feeRate * 600n) / 1000n), script: p2wpkh(1) }
    const outpoint = { txid: id, index: 1 }
    return this.spoil({
      coins: [{ outpoint, output: coin, sigScript: new Uint8Array() }],
      outputs: [change, output],
      psbt: new Uint8Array(),
      leases: [{ id: new Uint8Array(32), outpoint }],
    })
  }

  async releaseCoins(leases: readonly CoinLease[]): Promise<void> {
    this.released.push(...leases)
  }

  async signCoins(transaction: Transaction, _prev: readonly TxOutput[], chosen: ChosenCoins): Promise<Transaction> {
    if (this.signFailure !== undefined) throw this.signFailure
    const ours = new Set(chosen.coins.map(({ outpoint }) => formatOutPoint(outpoint)))
    const witness = [new Uint8Array(71), new Uint8Array(33)]
    const inputs = transaction.inputs.map((input) =>
      ours.has(formatOutPoint(input.prevout)) ? { ...input, witness } : input,
    )
    return { ...transaction, inputs }
  }

  async newScript(kind: 'p2wpkh' | 'p2tr'): Promise<Uint8Array> {
    return kind === 'p2wpkh' ? p2wpkh(3) : Uint8Array.of(0x51, 32, ...new Uint8Array(32).fill(3))
  }

  scriptOf(address: string): Uint8Array {
    return addressToScript(address, 'regtest')
  }

  async bumpFee(outpoint: OutPoint): Promise<'bumped' | 'foreign'> {
    if (this.foreign.has(outpoint.index)) return 'foreign'
    this.bumped.push(formatOutPoint(outpoint))
    return 'bumped'
  }

  async history(): Promise<readonly LabelledTransaction[]> {
    return this.labelled
  }

  async openMuSig2({ keyIndex, version, keys, merkleRoot }: Parameters<ChangeSigner['openMuSig2']>[0]) {
    const secret = this.#secret(keyIndex)
    const publicKey = await this.#wallet.keyAt({ family: ACCOUNT_KEY_FAMILY, index: keyIndex })
    const { secretNonce, publicNonce } = generateNonce(sha256(new Uint8Array([this.#coins++])), {
      secretKey: secret,
      publicKey,
    })
    this.openSessions++
    let open = true
    const end = (): void => {
      if (open) this.openSessions--
      open = false
    }
    const half: MuSig2Half = {
      publicNonce,
      sign: async (otherNonce, message) => {
        const key = aggregateKeys(version, keys, { kind: 'root', merkleRoot })
        end()
        return signPartial(startSession({ key, message, publicNonces: [otherNonce, publicNonce] }), secretNonce, secret)
      },
      drop: async () => end(),
    }
    return half
  }

  async signLeaf({ keyIndex, transaction, inputIndex, prevOutputs, leafScript, tweak }: LeafSpend) {
    const digest = new SighashCache(transaction, prevOutputs).taprootLeaf(inputIndex, tapLeafHash(leafScript))
    return signSchnorr(digest, tweakSecret(this.#secret(keyIndex), tweak))
  }

  async sign({ task, keyIndex }: SignInput): Promise<SignResult> {
    if (task.kind !== 'ecdsa') throw new Error('not in these tests')
    const signature = derEncode(signEcdsa(task.digest, tweakSecret(this.#secret(keyIndex), task.tweak)))
    return { kind: 'ecdsa', accountKey: task.accountKey, signature }
  }

  #secret(index: number): Uint8Array {
    return this.#wallet.secretAt({ family: ACCOUNT_KEY_FAMILY, index })
  }
}
