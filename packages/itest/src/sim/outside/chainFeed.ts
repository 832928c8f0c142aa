import { blockHeight, decodeTx, equalBytes, formatOutPoint, fromHex } from '@tidepool/crypto'
import type { BlockHeight, OutPoint, Transaction, Txid } from '@tidepool/crypto'
import type { Chain } from '@tidepool/simnet'
import type { Life } from '../kernel/life.ts'

/** Something of the chain that was found in a block. */
export interface Found {
  readonly transaction: Transaction
  readonly height: BlockHeight
  readonly inputIndex: number
}

export interface FoundHandler {
  found(event: Found): void
  reorged(): void
}

interface Hit {
  readonly event: Found
  readonly blockHash: string
}

/** What a node's notifier tells one process about the chain: each watch in order, watches and blocks in any. */
export class ChainFeed {
  readonly #chain: Chain
  readonly #life: Life
  readonly #checks = new Set<() => void>()
  readonly #listeners = new Set<(height: BlockHeight) => void>()
  #best: BlockHeight
  #watches = 0

  constructor(chain: Chain, life: Life) {
    this.#chain = chain
    this.#life = life
    this.#best = blockHeight(chain.height)
    life.onKill(chain.onChange(() => this.#changed()))
  }

  /** The newest height this process has heard of. */
  get best(): BlockHeight {
    return this.#best
  }

  onBlock(listener: (height: BlockHeight) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  confirmation(
    request: { readonly txid: Txid; readonly script: Uint8Array; readonly confirmations: number },
    handler: FoundHandler,
  ) {
    const look = (): Hit | undefined => {
      const mined = this.#chain.ledger.transaction(request.txid)
      if (mined === undefined || this.#chain.height - mined.height + 1 < request.confirmations) return undefined
      if (!mined.tx.outs.some(({ script }) => equalBytes(script, request.script))) return undefined
      return this.#hit(mined, 0)
    }
    return this.#watch(`confirmation of ${request.txid.slice(0, 8)}`, look, handler)
  }

  spend(request: { readonly outpoint: OutPoint }, handler: FoundHandler) {
    const look = (): Hit | undefined => {
      const spend = this.#chain.spendOf(formatOutPoint(request.outpoint))
      return spend === undefined ? undefined : this.#hit(spend, spend.inputIndex)
    }
    return this.#watch(`spend of ${request.outpoint.txid.slice(0, 8)}:${request.outpoint.index}`, look, handler)
  }

  #hit(mined: { readonly tx: { toHex(): string }; readonly height: number }, inputIndex: number): Hit {
    const transaction = decodeTx(fromHex(mined.tx.toHex()))
    const blockHash = this.#chain.blockAt(mined.height)?.hash ?? ''
    return { event: { transaction, height: blockHeight(mined.height), inputIndex }, blockHash }
  }

  #watch(what: string, look: () => Hit | undefined, handler: FoundHandler): () => void {
    const lane = `watch ${this.#watches++}`
    let told: Hit | undefined
    let active = true
    const deliver = (kind: string, run: () => void): void =>
      this.#life.deliver(`hears ${kind} ${what}`, () => (active ? run() : undefined), lane)
    const check = (): void => {
      const hit = look()
      if (told !== undefined && hit?.blockHash !== told.blockHash) {
        told = undefined
        deliver('reorg', () => handler.reorged())
      }
      if (hit === undefined || told !== undefined) return
      told = hit
      deliver('', () => handler.found(hit.event))
    }
    this.#checks.add(check)
    check()
    return () => {
      active = false
      this.#checks.delete(check)
    }
  }

  #changed(): void {
    const height = blockHeight(this.#chain.height)
    const tell = (): void => {
      this.#best = height
      for (const listener of this.#listeners) listener(height)
    }
    this.#life.deliver(`hears block ${height}`, tell, 'blocks')
    for (const check of [...this.#checks]) check()
  }
}
