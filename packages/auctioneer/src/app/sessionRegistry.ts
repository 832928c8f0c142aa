import type { AccountKey } from '@tidepool/crypto'
import type { BatchVersion, StreamId, TraderStream } from '@tidepool/market'
import type { SessionRegister, TraderSession } from './traderSession.ts'

interface Subscription {
  readonly session: TraderSession
  readonly batchVersion: BatchVersion
}

/** Which stream speaks for which account. A newer stream wins; the older one is ended. */
export class SessionRegistry implements SessionRegister {
  readonly #sessions = new Map<StreamId, TraderSession>()
  readonly #subscriptions = new Map<AccountKey, Subscription>()
  readonly #accounts = new Map<StreamId, Set<AccountKey>>()

  add(session: TraderSession): void {
    this.#sessions.set(session.id, session)
  }

  /** Forgets a stream and what it had subscribed; gives its accounts. */
  remove(session: TraderSession): readonly AccountKey[] {
    this.#sessions.delete(session.id)
    const lost = this.accountsOf(session.id)
    this.#accounts.delete(session.id)
    for (const key of lost) this.#subscriptions.delete(key)
    return lost
  }

  subscribe(key: AccountKey, session: TraderSession, batchVersion: BatchVersion): void {
    const before = this.#subscriptions.get(key)?.session
    this.#subscriptions.set(key, { session, batchVersion })
    if (before !== undefined) this.#accounts.get(before.id)?.delete(key)
    const own = this.#accounts.get(session.id) ?? new Set()
    this.#accounts.set(session.id, own.add(key))
    if (before !== undefined && before !== session) before.end('replaced', 'a newer connection speaks for this account')
  }

  get(id: StreamId): TraderSession | undefined {
    return this.#sessions.get(id)
  }

  sessionOf(key: AccountKey): TraderSession | undefined {
    return this.#subscriptions.get(key)?.session
  }

  batchVersionOf(key: AccountKey): BatchVersion | undefined {
    return this.#subscriptions.get(key)?.batchVersion
  }

  /**
   * The stream a batch would reach the account on. A proposal carries one version, so an account that announced
   * another than the stream's last one waits for its next subscription; so does everyone on a silent stream.
   */
  streamOf(key: AccountKey): TraderStream | undefined {
    const entry = this.#subscriptions.get(key)
    if (entry === undefined || entry.session.isSilent) return undefined
    const { session, batchVersion } = entry
    return session.batchVersion === batchVersion ? { id: session.id, batchVersion } : undefined
  }

  accountsOf(id: StreamId): readonly AccountKey[] {
    return [...(this.#accounts.get(id) ?? [])]
  }

  all(): readonly TraderSession[] {
    return [...this.#sessions.values()]
  }

  get openStreams(): number {
    return this.#sessions.size
  }

  get subscribedAccounts(): number {
    return this.#subscriptions.size
  }
}
