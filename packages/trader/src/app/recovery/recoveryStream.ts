import { accountAuthMessage, accountCommitment, equalBytes } from '@tidepool/crypto'
import type { AccountKey } from '@tidepool/crypto'
import type { BatchVersion } from '@tidepool/market'
import { ACCOUNT_KEY_FAMILY } from '../../core/account.ts'
import { checkChallenge } from '../../core/challenge.ts'
import { TraderError, reasonOf } from '../../core/errors.ts'
import type { RemoteAccount } from '../../core/remoteAccount.ts'
import type { AuctionStream, ServerMessage } from '../../ports/auctioneer.ts'
import type { HandshakeModules } from '../handshakes.ts'

/** What the auctioneer has under a key. */
export type RemoteFind =
  | { readonly kind: 'account'; readonly account: RemoteAccount }
  | { readonly kind: 'reservation'; readonly account: RemoteAccount }
  | { readonly kind: 'unknown' }

type Wanted = 'challenge' | 'success' | 'error' | 'account'

export interface RecoveryStreamOptions {
  readonly batchVersion: BatchVersion
  readonly timeoutMs: number
}

/** An auction stream in recovery mode: one key at a time, each step answered before the next. Pool auctioneer/client.go */
export class RecoveryStream {
  readonly #stream: AuctionStream
  readonly #messages: AsyncIterator<ServerMessage>
  readonly #options: RecoveryStreamOptions
  readonly #modules: HandshakeModules

  constructor(stream: AuctionStream, options: RecoveryStreamOptions, modules: HandshakeModules) {
    this.#stream = stream
    this.#messages = stream[Symbol.asyncIterator]()
    this.#options = options
    this.#modules = modules
  }

  close(): void {
    this.#stream.close()
  }

  /** @throws TraderError AUCTION_STREAM_DOWN, RECOVERY_REFUSED */
  async ask(key: AccountKey, keyIndex: number): Promise<RemoteFind> {
    const outcome = await this.#handshake(key, keyIndex)
    if (outcome.kind === 'error') return notThere(key, outcome)
    await connected(this.#stream.send({ kind: 'recover', key }))
    const answer = await this.#next(key, 'account')
    if (answer.kind === 'account' && answer.account.traderKey === key) return answer
    throw refused(key, answer.kind === 'account' ? 'told of another account' : `answered with ${answer.kind}`)
  }

  async #handshake(key: AccountKey, keyIndex: number): Promise<ServerMessage & { readonly kind: 'success' | 'error' }> {
    const nonce = this.#modules.random(32)
    const commitHash = accountCommitment(key, nonce)
    await connected(this.#stream.send({ kind: 'commit', commitHash, batchVersion: this.#options.batchVersion }))
    const challenge = await this.#next(key, 'challenge')
    if (challenge.kind === 'error') return challenge
    if (challenge.kind !== 'challenge' || !equalBytes(challenge.commitHash, commitHash)) {
      throw refused(key, `answered the commitment with ${challenge.kind}`)
    }
    if (challenge.challenge.length !== 32) throw refused(key, 'sent a challenge that is not 32 bytes')
    checkChallenge(key, challenge.challenge)
    const message = accountAuthMessage(commitHash, challenge.challenge)
    const signature = await this.#modules.wallet.signMessage({ family: ACCOUNT_KEY_FAMILY, index: keyIndex }, message)
    await connected(this.#stream.send({ kind: 'subscribe', key, nonce, signature }))
    const outcome = await this.#next(key, 'success')
    if (outcome.kind === 'error' || (outcome.kind === 'success' && outcome.key === key)) return outcome
    throw refused(key, `answered the handshake with ${outcome.kind}`)
  }

  /** The next message of the wanted kind or an error; batches that come for accounts found already are not for us. */
  async #next(key: AccountKey, wanted: Wanted): Promise<ServerMessage> {
    const timer = new AbortController()
    const late = this.#modules.clock.sleep(this.#options.timeoutMs, timer.signal).then(() => undefined)
    try {
      for (;;) {
        const next = await Promise.race([connected(this.#messages.next()), late])
        if (next === undefined) throw down('no answer')
        if (next.done === true) throw down('the stream ended')
        const message = next.value
        if (message.kind === 'unreadable') throw refused(key, 'sent an answer that cannot be read')
        if (message.kind === wanted || message.kind === 'error') return message
      }
    } finally {
      timer.abort()
    }
  }
}

function notThere(key: AccountKey, error: ServerMessage & { readonly kind: 'error' }): RemoteFind {
  if (error.code === 'accountDoesNotExist') return { kind: 'unknown' }
  const { reservation } = error
  if (error.code === 'incompleteReservation' && reservation?.traderKey === key) {
    return { kind: 'reservation', account: reservation }
  }
  if (error.code === 'serverShutdown') throw down('the auctioneer shuts down')
  throw refused(key, `${error.code}: ${error.text}`)
}

const refused = (account: AccountKey, reason: string): TraderError =>
  new TraderError({ code: 'RECOVERY_REFUSED', account, reason }, `recovery: the auctioneer ${reason}`)

/** What breaks the stream ends the recovery, not the daemon. @throws TraderError AUCTION_STREAM_DOWN */
const connected = <T>(work: Promise<T>): Promise<T> =>
  work.catch((error: unknown) => {
    throw down(reasonOf(error))
  })

const down = (reason: string): TraderError =>
  new TraderError({ code: 'AUCTION_STREAM_DOWN' }, `recovery: ${reason}; try again when the auctioneer answers`)
