import { decodeTx, fromHex, nodeKey } from '@tidepool/crypto'
import type { NodeKey, Transaction } from '@tidepool/crypto'
import { MuSig2Sessions, Wallet } from '@tidepool/simnet'
import type { Chain } from '@tidepool/simnet'
import { Random } from '../kernel/random.ts'
import { RememberedKeys } from './keys.ts'

const KINDS = ['p2wkh', 'nested', 'p2tr'] as const

/** Keys, wallet and signer of one Lightning node. It stays up when the daemon beside it dies. */
export class SimNode {
  readonly name: string
  readonly keys: RememberedKeys
  readonly wallet: Wallet
  readonly musig2: MuSig2Sessions
  readonly #chain: Chain

  constructor(name: string, chain: Chain, seed: string) {
    const random = new Random(`${seed}/nonces of ${name}`)
    this.name = name
    this.#chain = chain
    this.keys = new RememberedKeys(name)
    this.wallet = new Wallet(this.keys, chain, () => 0)
    this.musig2 = new MuSig2Sessions(this.keys, (length) => random.bytes(length))
  }

  get key(): NodeKey {
    return nodeKey(this.keys.nodeKey)
  }

  /** Everything that touches the wallet. */
  history(): readonly { readonly tx: Transaction; readonly label: string }[] {
    return this.wallet.history().flatMap((txid) => {
      const known = this.#chain.transaction(txid)
      return known === undefined ? [] : [{ tx: decodeTx(fromHex(known.tx.toHex())), label: this.wallet.label(txid) }]
    })
  }

  /** The same node on another chain with the same past. */
  fork(chain: Chain, seed: string): SimNode {
    const fork = new SimNode(this.name, chain, seed)
    for (const family of this.keys.usedFamilies()) {
      for (let i = 0; i < this.keys.keyCount(family); i++) fork.keys.nextKey(family)
    }
    fork.wallet.takeOverLabels(this.wallet)
    for (const kind of KINDS) {
      for (const change of [false, true]) {
        for (let i = 0; i < this.wallet.book.count(kind, change); i++) fork.wallet.book.next(kind, change)
      }
    }
    return fork
  }
}
