import { accountSecret, decodeTx, encodeTx, fromHex, pubKey, satoshi } from '@tidepool/crypto'
import type { AccountKey, BlockHeight, PubKey, Satoshi, SatPerKWeight, Transaction, TxOutput } from '@tidepool/crypto'
import { derEncode, sha256, signEcdsa } from '@tidepool/crypto'
import { sendOutputs } from '@tidepool/simnet'
import { ACCOUNT_KEY_FAMILY } from '@tidepool/trader'
import type * as trader from '@tidepool/trader'
import type { Witness } from '../checks/witness.ts'
import { inboxUntil } from '../kernel/inbox.ts'
import type { Life } from '../kernel/life.ts'
import type { Scheduler } from '../kernel/scheduler.ts'
import type { ChainFeed, FoundHandler } from '../outside/chainFeed.ts'
import { asLnd } from '../outside/lndErrors.ts'
import type { SimNode } from '../outside/node.ts'
import { openSession, signEcdsaInput } from '../outside/signing.ts'
import type { Market } from './auctioneerPorts.ts'

const SEND_FEE = satoshi(300)

/** A trader's wallet and signer on a simulated node. */
export class SimTraderNode implements trader.Wallet, trader.Signer {
  readonly #node: SimNode
  readonly #life: Life
  readonly #witness: Witness
  readonly #market: Market
  readonly #changes: (account: AccountKey) => boolean

  /** `changes`: whether the owner changes the account now, so that what is signed is no batch. */
  constructor(
    node: SimNode,
    life: Life,
    world: { readonly witness: Witness; readonly market: Market },
    changes: (account: AccountKey) => boolean,
  ) {
    this.#node = node
    this.#life = life
    this.#witness = world.witness
    this.#market = world.market
    this.#changes = changes
  }

  nextKey(family: number): Promise<trader.OwnKey> {
    return this.#life.call('nextKey', () => {
      const { locator, publicKey } = this.#node.keys.nextKey(family)
      return { key: pubKey(publicKey), ...locator }
    })
  }

  keyAt(locator: trader.KeyLocator): Promise<PubKey> {
    return this.#life.call('keyAt', () => pubKey(this.#node.keys.publicKey(locator)))
  }

  sharedSecret(locator: trader.KeyLocator, remote: PubKey): Promise<Uint8Array> {
    return this.#life.call('sharedSecret', () => accountSecret(this.#node.keys.secret(locator), remote))
  }

  signMessage(locator: trader.KeyLocator, message: Uint8Array): Promise<Uint8Array> {
    const digest = sha256(message)
    return this.#life.call('signMessage', () => derEncode(signEcdsa(digest, this.#node.keys.secret(locator))))
  }

  sendOutput(output: TxOutput, feeRate: SatPerKWeight, label: string): Promise<Transaction> {
    return this.#life.call('sendOutput', () => {
      const request = { outputs: [output], feeRate, minConfirmations: 1, label, reserve: 0n }
      return asLnd(() => decodeTx(fromHex(sendOutputs(this.#node.wallet, request).toHex())))
    })
  }

  transactions(): Promise<readonly trader.WalletTransaction[]> {
    return this.#life.call('transactions', () => this.#node.history())
  }

  publish(tx: Transaction, label: string): Promise<void> {
    return this.#life.call('publish', () => {
      asLnd(() => this.#node.wallet.publish(encodeTx(tx, { witness: true }), label))
    })
  }

  estimateFeeRate(): Promise<SatPerKWeight> {
    return this.#life.call('estimateFeeRate', () => this.#market.feeRate)
  }

  estimateSendFee(): Promise<Satoshi> {
    return this.#life.call('estimateSendFee', () => SEND_FEE)
  }

  sign(input: trader.SignInput): Promise<trader.SignResult> {
    return this.#life.call('sign', () => this.#sign(input))
  }

  #sign({ task, keyIndex, transaction }: trader.SignInput): trader.SignResult {
    const { accountKey, inputIndex, digest } = task
    const locator = { family: ACCOUNT_KEY_FAMILY, index: keyIndex }
    if (!this.#changes(accountKey)) this.#witness.signed(this.#life.name, accountKey, transaction)
    if (task.kind === 'ecdsa') {
      const { witnessScript, tweak, prevOutput: output } = task
      const input = { locator, transaction, inputIndex, output, witnessScript, tweak }
      return { kind: 'ecdsa', accountKey, signature: signEcdsaInput(this.#node, input) }
    }
    const { version, keys: signers, merkleRoot: scriptRoot, serverNonce } = task
    const session = openSession(this.#node, { locator, version, signers, scriptRoot, otherNonces: [serverNonce] })
    this.#witness.nonceMade(this.#life.name, session.publicNonce)
    const partialSignature = this.#node.musig2.sign(session.sessionId, digest, true)
    this.#witness.nonceUsed(this.#life.name, session.publicNonce, digest)
    return { kind: 'musig2', accountKey, partialSignature, nonce: session.publicNonce }
  }
}

/** Chain events as a trader takes them: each wait ends with its first event. */
export function traderChain(feed: ChainFeed): trader.Chain {
  return {
    confirmation: (request, signal, onReorg) => once(signal, onReorg, (handler) => feed.confirmation(request, handler)),
    spend: (request, signal, onReorg) => once(signal, onReorg, (handler) => feed.spend(request, handler)),
    blocks: (signal) => blocks(feed, signal),
  }
}

function once(signal: AbortSignal, onReorg: (() => void) | undefined, watch: (handler: FoundHandler) => () => void) {
  return new Promise<trader.ConfirmedSpend | undefined>((resolve) => {
    const cancel = watch({
      found: ({ transaction: tx, height, inputIndex }) => resolve({ tx, height, inputIndex }),
      reorged: () => onReorg?.(),
    })
    const aborted = (): void => {
      cancel()
      resolve(undefined)
    }
    if (signal.aborted) aborted()
    else signal.addEventListener('abort', aborted, { once: true })
  })
}

function blocks(feed: ChainFeed, signal: AbortSignal): AsyncIterable<BlockHeight> {
  const inbox = inboxUntil<BlockHeight>(signal)
  inbox.push(feed.best)
  const cancel = feed.onBlock((height) => inbox.push(height))
  signal.addEventListener('abort', cancel, { once: true })
  return inbox
}

/** Virtual time for a process: its timers end with it. */
export function traderClock(scheduler: Scheduler, life: Life, ahead: () => number): trader.Clock {
  return {
    now: () => BigInt(scheduler.now + ahead()) * 1_000_000n,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) return resolve()
        const end = (): void => {
          cancel()
          signal?.removeEventListener('abort', end)
          if (life.alive || signal?.aborted === true) resolve()
        }
        const cancel = scheduler.after(ms, end)
        signal?.addEventListener('abort', end, { once: true })
      }),
  }
}
