import { accountSecret, decodeTx, encodeTx, equalBytes, fromHex, pubKey, satoshi } from '@tidepool/crypto'
import type { MuSig2Session as JointSession, PubKey, SatPerKWeight, Satoshi, TxOutput } from '@tidepool/crypto'
import type * as auctioneer from '@tidepool/auctioneer'
import { sendOutputs } from '@tidepool/simnet'
import type { Witness } from '../checks/witness.ts'
import type { Life } from '../kernel/life.ts'
import type { Scheduler } from '../kernel/scheduler.ts'
import type { ChainFeed } from '../outside/chainFeed.ts'
import type { SimNode } from '../outside/node.ts'
import { openSession, signEcdsaInput } from '../outside/signing.ts'

/** What the whole world agrees on. */
export interface Market {
  feeRate: SatPerKWeight
}

/** The auctioneer's wallet and signer on a simulated node. */
export class SimAuctioneerNode implements auctioneer.Wallet, auctioneer.Signer {
  readonly #node: SimNode
  readonly #life: Life
  readonly #witness: Witness
  readonly #market: Market

  constructor(node: SimNode, life: Life, witness: Witness, market: Market) {
    this.#node = node
    this.#life = life
    this.#witness = witness
    this.#market = market
  }

  deriveKey(locator: auctioneer.KeyLocator): Promise<auctioneer.LocatedKey> {
    return this.#life.call('deriveKey', () => ({ key: pubKey(this.#node.keys.publicKey(locator)), locator }))
  }

  sharedSecret(locator: auctioneer.KeyLocator, peer: PubKey): Promise<Uint8Array> {
    return this.#life.call('sharedSecret', () => accountSecret(this.#node.keys.secret(locator), peer))
  }

  estimateFeeRate(): Promise<SatPerKWeight> {
    return this.#life.call('estimateFeeRate', () => this.#market.feeRate)
  }

  sendOutput(output: TxOutput, feeRate: SatPerKWeight, label: string): Promise<Uint8Array> {
    return this.#life.call('sendOutput', () => {
      const request = { outputs: [output], feeRate, minConfirmations: 1, label, reserve: 0n }
      return fromHex(sendOutputs(this.#node.wallet, request).toHex())
    })
  }

  findPayment(output: TxOutput): Promise<Uint8Array | undefined> {
    return this.#life.call('findPayment', () => {
      const pays = ({ value, script }: TxOutput): boolean => value === output.value && equalBytes(script, output.script)
      const found = this.#node.history().find(({ tx }) => tx.outputs.some(pays))
      return found === undefined ? undefined : encodeTx(found.tx, { witness: true })
    })
  }

  publish(transaction: Uint8Array, label: string): Promise<void> {
    return this.#life.call('publish', () => {
      this.#witness.published(decodeTx(transaction))
      this.#node.wallet.publish(transaction, label)
    })
  }

  balance(): Promise<Satoshi> {
    return this.#life.call('balance', () =>
      satoshi(this.#node.wallet.allCoins().reduce((sum, { value }) => sum + value, 0n)),
    )
  }

  signEcdsa(request: auctioneer.EcdsaRequest): Promise<Uint8Array> {
    return this.#life.call('signEcdsa', () => signEcdsaInput(this.#node, { ...request, locator: request.key.locator }))
  }

  beginMuSig2(request: auctioneer.MuSig2Request): Promise<auctioneer.MuSig2Session> {
    return this.#life.call('beginMuSig2', () => {
      const { key, signers, scriptRoot } = request
      const version = request.version === 1 ? '0.4.0' : '1.0.0rc2'
      const session = openSession(this.#node, { locator: key.locator, version, signers, scriptRoot, otherNonces: [] })
      this.#witness.nonceMade(this.#life.name, session.publicNonce)
      return { id: session.sessionId, publicNonce: session.publicNonce }
    })
  }

  signMuSig2(session: auctioneer.MuSig2Session, traderNonce: Uint8Array, digest: Uint8Array): Promise<Uint8Array> {
    return this.#life.call('signMuSig2', () => {
      const { musig2 } = this.#node
      try {
        musig2.registerNonces(session.id, [traderNonce])
        const half = musig2.sign(session.id, digest, true)
        this.#witness.nonceUsed(this.#life.name, session.publicNonce, digest)
        return half
      } catch (error) {
        this.#drop(session)
        throw error
      }
    })
  }

  registerNonce(session: auctioneer.MuSig2Session, traderNonce: Uint8Array): Promise<void> {
    return this.#life.call('registerNonce', () => {
      this.#node.musig2.registerNonces(session.id, [traderNonce])
    })
  }

  finishMuSig2(
    session: auctioneer.MuSig2Session,
    traderHalf: Uint8Array,
    { message: digest }: JointSession,
  ): Promise<Uint8Array> {
    return this.#life.call('finishMuSig2', () => {
      const { musig2 } = this.#node
      try {
        musig2.sign(session.id, digest, false)
        this.#witness.nonceUsed(this.#life.name, session.publicNonce, digest)
        const combined = musig2.combine(session.id, [traderHalf])
        if (combined !== undefined) return combined
        throw new Error('signature is not complete')
      } catch (error) {
        this.#drop(session)
        throw error
      }
    })
  }

  dropMuSig2(session: auctioneer.MuSig2Session): Promise<void> {
    return this.#life.call('dropMuSig2', () => this.#drop(session))
  }

  #drop(session: auctioneer.MuSig2Session): void {
    try {
      this.#node.musig2.cleanup(session.id)
    } catch {
      // ended by its signature
    }
  }
}

/** Chain events as the auctioneer takes them. */
export function chainWatcher(feed: ChainFeed): auctioneer.ChainWatcher {
  const raw = (transaction: Parameters<typeof encodeTx>[0]): Uint8Array => encodeTx(transaction, { witness: true })
  return {
    bestHeight: () => feed.best,
    onBlock: (handler) => ({ cancel: feed.onBlock(handler) }),
    watchConfirmation: (request, handler) => ({
      cancel: feed.confirmation(request, {
        found: ({ transaction, height }) => handler.confirmed({ transaction: raw(transaction), height }),
        reorged: () => handler.reorged(),
      }),
    }),
    watchSpend: (request, handler) => ({
      cancel: feed.spend(request, {
        found: ({ transaction, height, inputIndex }) =>
          handler.spent({ transaction: raw(transaction), inputIndex, height }),
        reorged: () => handler.reorged(),
      }),
    }),
  }
}

/** Virtual time for a process: its timers end with it. */
export function auctioneerClock(scheduler: Scheduler, life: Life, ahead: () => number): auctioneer.Clock {
  return {
    now: () => scheduler.now + ahead(),
    after: (ms, run) => scheduler.after(ms, () => (life.alive ? run() : undefined)),
  }
}
