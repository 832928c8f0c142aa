import { accountAuthMessage, accountCommitment, equalBytes } from '@tidepool/crypto'
import type { AccountKey } from '@tidepool/crypto'
import type { BatchVersion } from '@tidepool/market'
import { ACCOUNT_KEY_FAMILY } from '../core/account.ts'
import { checkChallenge } from '../core/challenge.ts'
import { TraderError } from '../core/errors.ts'
import type { AuctionStream, ServerMessage } from '../ports/auctioneer.ts'
import type { Clock, RandomBytes } from '../ports/clock.ts'
import type { Wallet } from '../ports/wallet.ts'

export interface HandshakeModules {
  readonly wallet: Wallet
  readonly random: RandomBytes
  readonly clock: Clock
}

export interface HandshakeRequest {
  readonly key: AccountKey
  readonly keyIndex: number
  readonly batchVersion: BatchVersion
  readonly timeoutMs: number
}

type Answer = ServerMessage & { readonly kind: 'challenge' | 'success' | 'error' }

export const isHandshakeAnswer = (message: ServerMessage): message is Answer =>
  message.kind === 'challenge' || message.kind === 'success' || message.kind === 'error'

/**
 * The three-step handshake of one account at a time: running several at once mixes up their answers.
 * Pool account/auth.go, auctioneer/account_subscription.go
 */
export class Handshakes {
  readonly #stream: AuctionStream
  readonly #modules: HandshakeModules
  #waiting: ((answer: Answer | undefined) => void) | undefined

  constructor(stream: AuctionStream, modules: HandshakeModules) {
    this.#stream = stream
    this.#modules = modules
  }

  /** Hands over an answer; false when no handshake waits for one. */
  deliver(answer: Answer): boolean {
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.(answer)
    return waiting !== undefined
  }

  /** The stream is gone: a waiting handshake ends. */
  abandon(): void {
    this.#waiting?.(undefined)
    this.#waiting = undefined
  }

  /** @throws TraderError SUBSCRIPTION_REFUSED, AUCTION_STREAM_DOWN */
  async subscribe(request: HandshakeRequest): Promise<void> {
    const { key, keyIndex, batchVersion } = request
    const nonce = this.#modules.random(32)
    const commitHash = accountCommitment(key, nonce)
    const challenge = await this.#ask(request, () => this.#stream.send({ kind: 'commit', commitHash, batchVersion }))
    if (challenge.kind !== 'challenge' || !equalBytes(challenge.commitHash, commitHash)) throw refused(key, challenge)
    if (challenge.challenge.length !== 32) throw refused(key, challenge)
    checkChallenge(key, challenge.challenge)
    const message = accountAuthMessage(commitHash, challenge.challenge)
    const signature = await this.#modules.wallet.signMessage({ family: ACCOUNT_KEY_FAMILY, index: keyIndex }, message)
    const outcome = await this.#ask(request, () => this.#stream.send({ kind: 'subscribe', key, nonce, signature }))
    if (outcome.kind !== 'success' || outcome.key !== key) throw refused(key, outcome)
  }

  async #ask(request: HandshakeRequest, send: () => Promise<void>): Promise<Answer> {
    const timer = new AbortController()
    const answer = new Promise<Answer | undefined>((resolve) => {
      this.#waiting = resolve
    })
    void this.#modules.clock.sleep(request.timeoutMs, timer.signal).then(() => {
      if (!timer.signal.aborted) this.abandon()
    })
    try {
      await send()
      const got = await answer
      if (got !== undefined) return got
      throw new TraderError({ code: 'AUCTION_STREAM_DOWN' }, 'no answer to the subscription of an account')
    } finally {
      this.#waiting = undefined
      timer.abort()
    }
  }
}

function refused(key: AccountKey, answer: Answer): TraderError {
  const reason = answer.kind === 'error' ? `${answer.code}: ${answer.text}` : `unexpected ${answer.kind}`
  const onlyReserved = answer.kind === 'error' && answer.code === 'incompleteReservation'
  return new TraderError(
    { code: 'SUBSCRIPTION_REFUSED', account: key, reason, onlyReserved },
    `subscription refused: ${reason}`,
  )
}
