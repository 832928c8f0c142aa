import { blockHeight, decodeTx, equalBytes, formatOutPoint, fromHex } from '@tidepool/crypto'
import type { BlockHeight, OutPoint, Transaction, Txid } from '@tidepool/crypto'
import type { Chain, ChainChange } from '@tidepool/simnet'
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
  readonly tx: { toHex(): string }
  readonly height: number
  readonly inputIndex: number
  readonly blockHash: string
}

/** What a node's notifier tells one process about the chain: each watch in order, watches and blocks in any. */
export class ChainFeed {
  readonly #chain: Chain
  readonly #life: Life
  readonly #checks = new Set<(lowest: number) => void>()
  readonly #listeners = new Set<(height: BlockHeight) => void>()
  #best: BlockHeight
  #watches = 0

  constructor(chain: Chain, life: Life) {
    this.#chain = chain
    this.#life = life
    this.#best = blockHeight(chain.height)
    life.onKill(chain.onChange((change) => this.#changed(change)))
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
    request: {
      readonly txid: Txid
      readonly script: Uint8Array
      readonly confirmations: number
      readonly heightHint: BlockHeight
    },
    handler: FoundHandler,
  ) {
    const look = (): Hit | undefined => {
      const mined = this.#chain.ledger.transaction(request.txid)
      if (mined === undefined || this.#chain.height - mined.height + 1 < request.confirmations) return undefined
      if (!mined.tx.outs.some(({ script }) => equalBytes(script, request.script))) return undefined
      return this.#hit(mined, 0)
    }
    return this.#watch(`confirmation of ${request.txid.slice(0, 8)}`, request.heightHint, look, handler)
  }

  spend(request: { readonly outpoint: OutPoint; readonly heightHint: BlockHeight }, handler: FoundHandler) {
    const look = (): Hit | undefined => {
      const spend = this.#chain.spendOf(formatOutPoint(request.outpoint))
      return spend === undefined ? undefined : this.#hit(spend, spend.inputIndex)
    }
    const what = `spend of ${request.outpoint.txid.slice(0, 8)}:${request.outpoint.index}`
    return this.#watch(what, request.heightHint, look, handler)
  }

  #hit(mined: { readonly tx: { toHex(): string }; readonly height: number }, inputIndex: number): Hit {
    const blockHash = this.#chain.blockAt(mined.height)?.hash ?? ''
    return { tx: mined.tx, height: mined.height, inputIndex, blockHash }
  }

  /** As lnd: blocks below the hint are not looked at, unless they come while it watches. */
  #watch(what: string, heightHint: number, find: () => Hit | undefined, handler: FoundHandler): () => void {
    const lane = `watch ${this.#watches++}`
    let told: Hit | undefined
    let active = true
    let from = heightHint
    const look = (): Hit | undefined => {
      const hit = find()
      return hit === undefined || hit.height < from ? undefined : hit
    }
    const deliver = (kind: string, run: () => void): void =>
      this.#life.deliver(`hears ${kind} ${what}`, () => (active ? run() : undefined), lane)
    const check = (lowest: number): void => {
      from = Math.min(from, lowest)
      const hit = look()
      if (told !== undefined && hit?.blockHash !== told.blockHash) {
        told = undefined
        deliver('reorg', () => handler.reorged())
      }
      if (hit === undefined || told !== undefined) return
      told = hit
      deliver('', () => handler.found(foundBy(hit)))
    }
    this.#checks.add(check)
    check(Number.POSITIVE_INFINITY)
    return () => {
      active = false
      this.#checks.delete(check)
    }
  }

  #changed({ connected }: ChainChange): void {
    const height = blockHeight(this.#chain.height)
    const tell = (): void => {
      this.#best = height
      for (const listener of this.#listeners) listener(height)
    }
    this.#life.deliver(`hears block ${height}`, tell, 'blocks')
    const lowest = Math.min(...connected.map((block) => block.height))
    for (const check of [...this.#checks]) check(lowest)
  }
}

const foundBy = ({ tx, height, inputIndex }: Hit): Found => ({
  transaction: decodeTx(fromHex(tx.toHex())),
  height: blockHeight(height),
  inputIndex,
})
