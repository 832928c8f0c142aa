import { addressToScript, equalBytes, formatOutPoint, txidOf } from '@tidepool/crypto'
import type { AccountKey, OutPoint, Transaction, TxOutput } from '@tidepool/crypto'
import type { ChangeSigner, ChangeWallet, ChosenCoins, LabelledTransaction, MuSig2Half } from '@tidepool/trader'
import type { ChangeFact } from '../recording/changeFacts.ts'
import { ACCOUNT_KEY } from '../recording/keys.ts'
import { notRecorded } from './standIns.ts'

/** What the recorded trader's wallet and signer did for its changes, in order; each recorded change serves once. */
export class RecordedChanges implements ChangeWallet, ChangeSigner {
  readonly #facts: readonly ChangeFact[]
  readonly #deposits: ChangeFact[]
  readonly #closes: ChangeFact[]
  readonly #nonces: ChangeFact[]

  constructor(facts: readonly ChangeFact[]) {
    this.#facts = facts
    this.#deposits = facts.filter(({ request }) => request.inputs.length > 0)
    this.#closes = facts.filter(({ request }) => request.params === undefined)
    this.#nonces = facts.filter(({ request }) => request.traderNonces.length > 0)
  }

  chooseCoins(output: TxOutput): Promise<ChosenCoins> {
    const fact = this.#deposits.shift()
    if (fact === undefined) return Promise.reject(new Error('the recording has no more deposits'))
    const { request, transaction } = fact
    const coins = request.inputs.map(({ outpoint, sigScript }) => {
      const index = transaction.inputs.findIndex(({ prevout }) => sameOutPoint(prevout, outpoint))
      const spent = request.prevOutputs[index]
      if (spent === undefined) throw new Error('a coin that the change does not spend')
      return { outpoint, sigScript, output: spent }
    })
    return Promise.resolve({ coins, outputs: [output, ...request.outputs], psbt: new Uint8Array(), leases: [] })
  }

  releaseCoins(): Promise<void> {
    return Promise.resolve()
  }

  signCoins(transaction: Transaction): Promise<Transaction> {
    const inputs = transaction.inputs.map((input) =>
      input.witness.length > 0 ? input : { ...input, witness: [notRecorded.signature] },
    )
    return Promise.resolve({ ...transaction, inputs })
  }

  /** Of a close by the expiry path nobody was told, so its address is not known. */
  newScript(kind: 'p2wpkh' | 'p2tr'): Promise<Uint8Array> {
    const [output] = this.#closes.shift()?.request.outputs ?? []
    const size = kind === 'p2tr' ? 32 : 20
    const unknown = Uint8Array.of(kind === 'p2tr' ? 0x51 : 0x00, size, ...new Uint8Array(size).fill(7))
    return Promise.resolve(output?.script ?? unknown)
  }

  scriptOf(address: string): Uint8Array {
    return addressToScript(address, 'regtest')
  }

  /** The wallet owns the change of a deposit. */
  bumpFee(outpoint: OutPoint): Promise<'bumped' | 'foreign'> {
    const owns = (fact: ChangeFact): boolean => {
      const script = fact.transaction.outputs.at(outpoint.index)?.script
      return script !== undefined && fact.request.outputs.some((output) => equalBytes(output.script, script))
    }
    return Promise.resolve(this.#deposited(outpoint).some(owns) ? 'bumped' : 'foreign')
  }

  history(): Promise<readonly LabelledTransaction[]> {
    return Promise.resolve([])
  }

  openMuSig2({ keys }: Parameters<ChangeSigner['openMuSig2']>[0]): Promise<MuSig2Half> {
    const key = keys[1] as AccountKey | undefined
    const index = this.#nonces.findIndex(({ request }) => request.traderKey === key)
    const [fact] = index === -1 ? [] : this.#nonces.splice(index, 1)
    if (fact === undefined) return Promise.reject(new Error('the recording has no more nonces'))
    return Promise.resolve({
      publicNonce: fact.request.traderNonces,
      sign: (publicNonce) => {
        notRecorded.auctioneer = { publicKey: ACCOUNT_KEY, publicNonce }
        return Promise.resolve(notRecorded.half)
      },
      drop: () => Promise.resolve(),
    })
  }

  signLeaf(): Promise<Uint8Array> {
    return Promise.resolve(notRecorded.signature)
  }

  #deposited({ txid }: OutPoint): readonly ChangeFact[] {
    return this.#facts.filter(({ request, transaction }) => request.inputs.length > 0 && txidOf(transaction) === txid)
  }
}

const sameOutPoint = (a: OutPoint, b: OutPoint): boolean => formatOutPoint(a) === formatOutPoint(b)
