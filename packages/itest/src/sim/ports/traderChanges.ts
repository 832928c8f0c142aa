import { blockHeight, decodeTx, formatOutPoint, fromHex } from '@tidepool/crypto'
import type { OutPoint, SatPerKWeight, Transaction, TxOutput } from '@tidepool/crypto'
import { addressToScript } from '@tidepool/crypto'
import { LndRefusal, bumpFee } from '@tidepool/simnet'
import type { Chain } from '@tidepool/simnet'
import { ACCOUNT_KEY_FAMILY } from '@tidepool/trader'
import type * as trader from '@tidepool/trader'
import type { Witness } from '../checks/witness.ts'
import type { Life } from '../kernel/life.ts'
import { chooseCoins, signCoins } from '../outside/coins.ts'
import { asLnd } from '../outside/lndErrors.ts'
import type { SimNode } from '../outside/node.ts'
import { openSession, signLeafInput } from '../outside/signing.ts'

/** A simulated node's wallet and signer, for changes of accounts and for recoveries. */
export class SimTraderChanges implements trader.ChangeWallet, trader.ChangeSigner {
  readonly #node: SimNode
  readonly #chain: Chain
  readonly #life: Life
  readonly #witness: Witness

  constructor(node: SimNode, chain: Chain, life: Life, witness: Witness) {
    this.#node = node
    this.#chain = chain
    this.#life = life
    this.#witness = witness
  }

  chooseCoins(output: TxOutput, feeRate: SatPerKWeight): Promise<trader.ChosenCoins> {
    return this.#life.call('chooseCoins', () => chooseCoins(this.#node, output, feeRate))
  }

  releaseCoins(leases: Parameters<trader.ChangeWallet['releaseCoins']>[0]): Promise<void> {
    return this.#life.call('releaseCoins', () => {
      for (const { id, outpoint } of leases) this.#node.wallet.leases.release(id, formatOutPoint(outpoint))
    })
  }

  signCoins(transaction: Transaction, prevOutputs: readonly TxOutput[]): Promise<Transaction> {
    return this.#life.call('signCoins', () => signCoins(this.#node, transaction, prevOutputs))
  }

  newScript(kind: 'p2wpkh' | 'p2tr'): Promise<Uint8Array> {
    return this.#life.call(
      'newScript',
      () => this.#node.wallet.book.next(kind === 'p2tr' ? 'p2tr' : 'p2wkh', false).script,
    )
  }

  scriptOf(address: string): Uint8Array {
    return addressToScript(address, 'regtest')
  }

  bumpFee({ txid, index }: OutPoint, feeRate: SatPerKWeight): Promise<'bumped' | 'foreign'> {
    return this.#life.call('bumpFee', () => {
      try {
        bumpFee(this.#chain, this.#node.wallet, `${txid}:${index}`, feeRate, 0n)
        return 'bumped'
      } catch (error) {
        if (error instanceof LndRefusal && error.message.includes('does not belong')) return 'foreign'
        return asLnd(() => {
          throw error
        })
      }
    })
  }

  history(): Promise<readonly trader.LabelledTransaction[]> {
    return this.#life.call('history', () => this.#node.history().map((one) => ({ ...one, height: 0, timestamp: 0n })))
  }

  openMuSig2(session: Parameters<trader.ChangeSigner['openMuSig2']>[0]): Promise<trader.MuSig2Half> {
    return this.#life.call('openMuSig2', () => {
      const { keyIndex: index, version, keys: signers, merkleRoot: scriptRoot } = session
      const locator = { family: ACCOUNT_KEY_FAMILY, index }
      const opened = openSession(this.#node, { locator, version, signers, scriptRoot, otherNonces: [] })
      this.#witness.nonceMade(this.#life.name, opened.publicNonce)
      return {
        publicNonce: opened.publicNonce,
        sign: (other, digest) => this.#life.call('signMuSig2', () => this.#signHalf(opened, other, digest)),
        drop: () =>
          this.#life.call('dropMuSig2', () => this.#node.musig2.cleanup(opened.sessionId)).catch(() => undefined),
      }
    })
  }

  signLeaf(spend: trader.LeafSpend): Promise<Uint8Array> {
    return this.#life.call('signLeaf', () => signLeafInput(this.#node, spend))
  }

  #signHalf(
    opened: { readonly sessionId: Uint8Array; readonly publicNonce: Uint8Array },
    other: Uint8Array,
    digest: Uint8Array,
  ): Uint8Array {
    const { musig2 } = this.#node
    musig2.registerNonces(opened.sessionId, [other])
    const half = musig2.sign(opened.sessionId, digest, true)
    this.#witness.nonceUsed(this.#life.name, opened.publicNonce, digest)
    return half
  }
}

/** What a recovery asks of the node and the chain. */
export function recoveryPorts(node: SimNode, chain: Chain, life: Life, now: () => number): trader.RecoveryPorts {
  let stored: Awaited<ReturnType<trader.RecoveryPorts['searchStore']['load']>>
  return {
    history: {
      transactions: () => life.call('transactions', () => historyOf(node, chain)),
      keysInUse: (family) => life.call('keysInUse', () => node.keys.keyCount(family)),
    },
    blocks: {
      bestHeight: () => life.call('bestHeight', () => blockHeight(chain.height)),
      block: (height) => life.call('block', () => chain.blockAt(height)?.raw ?? new Uint8Array()),
    },
    searchStore: {
      load: () => Promise.resolve(stored),
      save: (state) => life.call('save search', () => void (stored = state)),
    },
    stopwatch: now,
    breathe: () => life.call('breathe', () => undefined),
    network: 'regtest',
    knownAuctioneer: undefined,
  }
}

function historyOf(node: SimNode, chain: Chain) {
  const all = node.wallet.history().flatMap((txid) => {
    const known = chain.transaction(txid)
    if (known === undefined) return []
    const own = known.tx.outs.flatMap(({ script }, i) => (node.wallet.book.find(script) === undefined ? [] : [i]))
    const height = 'height' in known ? blockHeight(known.height) : undefined
    const tx = decodeTx(fromHex(known.tx.toHex()))
    return [{ tx, label: node.wallet.label(txid), height, ownOutputs: new Set(own) }]
  })
  const place = (height: number | undefined): number => height ?? Number.MAX_SAFE_INTEGER
  return all.toSorted((a, b) => place(a.height) - place(b.height))
}
