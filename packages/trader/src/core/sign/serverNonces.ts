import { toHex } from '@tidepool/crypto'

/** More than a hundred batches of as many accounts as one daemon is likely to have. */
const REMEMBERED = 10_000

/**
 * Public nonces the auctioneer has sent to this process, the oldest forgotten first. One that comes back would have been
 * used for two signatures, which gives its secret key away, ours with it if our signer ever erred the same way (BIP-327).
 */
export class ServerNonces {
  readonly #seen = new Set<string>()
  readonly #limit: number

  constructor(limit = REMEMBERED) {
    this.#limit = limit
  }

  get size(): number {
    return this.#seen.size
  }

  /** False when it, or one of its two points, has been here before. */
  add(nonce: Uint8Array): boolean {
    const points = [toHex(nonce.subarray(0, 33)), toHex(nonce.subarray(33))]
    if (points.some((point) => this.#seen.has(point))) return false
    for (const point of points) this.#seen.add(point)
    for (const oldest of this.#seen) {
      if (this.#seen.size <= this.#limit) break
      this.#seen.delete(oldest)
    }
    return true
  }
}
