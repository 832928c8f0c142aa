import { encodeTx, formatOutPoint, toHex, txidOf } from '@tidepool/crypto'
import type { AccountKey, BatchId, BlockCount, Transaction, Txid } from '@tidepool/crypto'
import type { BatchProposal, RatePpb } from '@tidepool/market'
import type { Standing } from './isSound.ts'

interface TraderMemory {
  /** The transaction it said Accept to last. */
  accepted: Txid | undefined
  /** What came last, and how the trader stood then. */
  proposed: { readonly proposal: BatchProposal; readonly cameAt: Standing } | undefined
}

/**
 * Sees every signature, nonce, commit and broadcast at the moment it takes effect, and notes what must never happen.
 * It knows nothing of why.
 */
export class Witness {
  readonly violations: string[] = []
  readonly #traders = new Map<string, TraderMemory>()
  readonly #nonces = new Map<string, string>()
  readonly #usedNonces = new Map<string, string>()
  readonly #prices = new Map<string, RatePpb>()
  readonly #committed = new Map<Txid, string>()
  readonly #signatures: string[] = []

  /** Account signatures of traders so far, as `trader txid`. */
  get signatures(): readonly string[] {
    return this.#signatures
  }

  /** A proposal reached a trader. */
  proposed(trader: string, proposal: BatchProposal, cameAt: Standing): void {
    this.#memory(trader).proposed = { proposal, cameAt }
  }

  /** A trader answered its last proposal with Accept; `isSound` is its verifier, asked once more. */
  accepted(trader: string, batchId: BatchId, isSound: (proposal: BatchProposal, cameAt: Standing) => boolean): void {
    const memory = this.#memory(trader)
    const { proposed } = memory
    memory.accepted = undefined
    if (proposed === undefined || proposed.proposal.batchId !== batchId)
      this.#note(`${trader} accepted what nobody proposed`)
    else if (!isSound(proposed.proposal, proposed.cameAt))
      this.#note(`${trader} accepted a batch that breaks its rules`)
    else memory.accepted = txidOf(proposed.proposal.transaction)
  }

  /** A trader's process ended: what it had accepted counts no more. */
  forgot(trader: string): void {
    this.#traders.delete(trader)
  }

  signed(trader: string, key: AccountKey, transaction: Transaction): void {
    const txid = txidOf(transaction)
    const { accepted } = this.#memory(trader)
    if (accepted !== txid) this.#note(`${trader} signed ${txid} for ${key}, but accepted ${accepted ?? 'nothing'}`)
    this.#signatures.push(`${trader} ${txid}`)
  }

  nonceMade(owner: string, publicNonce: Uint8Array): void {
    const nonce = toHex(publicNonce)
    const other = this.#nonces.get(nonce)
    if (other !== undefined) this.#note(`${owner} made a nonce that ${other} had made`)
    this.#nonces.set(nonce, owner)
  }

  nonceUsed(owner: string, publicNonce: Uint8Array, digest: Uint8Array): void {
    const nonce = toHex(publicNonce)
    if (this.#usedNonces.has(nonce)) this.#note(`${owner} signed twice with one nonce`)
    this.#usedNonces.set(nonce, toHex(digest))
  }

  committed(txid: Txid, transaction: Uint8Array): void {
    const text = toHex(transaction)
    if ((this.#committed.get(txid) ?? text) !== text) this.#note(`batch ${txid} was stored with other witnesses`)
    this.#committed.set(txid, text)
  }

  /** The auctioneer offers a transaction to the network. */
  published(transaction: Transaction): void {
    const text = toHex(encodeTx(transaction, { witness: true }))
    if (this.#committed.get(txidOf(transaction)) === text) return
    const inputs = transaction.inputs.map(({ prevout }) => formatOutPoint(prevout)).join(' ')
    this.#note(`published a transaction that is not stored, spending ${inputs}`)
  }

  /** Someone stored a lease of a batch: all of a duration have one price. */
  priced(txid: Txid, duration: BlockCount, price: RatePpb): void {
    const bucket = `${txid} ${duration}`
    const known = this.#prices.get(bucket) ?? price
    if (known !== price) this.#note(`batch ${bucket} has two prices, ${known} and ${price}`)
    this.#prices.set(bucket, price)
  }

  note(violation: string): void {
    this.#note(violation)
  }

  #note(violation: string): void {
    this.violations.push(violation)
  }

  #memory(trader: string): TraderMemory {
    const known = this.#traders.get(trader)
    if (known !== undefined) return known
    const memory: TraderMemory = { accepted: undefined, proposed: undefined }
    this.#traders.set(trader, memory)
    return memory
  }
}
