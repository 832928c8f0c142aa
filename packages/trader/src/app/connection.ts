/** Time without the auctioneer, in Unix nanoseconds. */
export interface Outage {
  readonly fromNs: bigint
  readonly toNs: bigint
}

/**
 * idle: no account needs the auctioneer. connecting: the first connection is being made. online: the stream is open and
 * every account has been shown. offline: it is lost, or could not be made; tried again for ever.
 */
export type ConnectionState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'connecting'; readonly sinceNs: bigint }
  | { readonly kind: 'online'; readonly sinceNs: bigint }
  | {
      readonly kind: 'offline'
      readonly sinceNs: bigint
      readonly reason: string
      /** Tries since. */
      readonly tries: number
      /** undefined while one is under way. */
      readonly nextTryNs: bigint | undefined
    }

/** What the daemon knows of its connection to the auctioneer. */
export class Connection {
  #state: ConnectionState = { kind: 'idle' }
  #lastOutage: Outage | undefined

  get state(): ConnectionState {
    return this.#state
  }

  /** The last one that is over, since the daemon started. */
  get lastOutage(): Outage | undefined {
    return this.#lastOutage
  }

  wanted(now: bigint): void {
    if (this.#state.kind === 'idle') this.#state = { kind: 'connecting', sinceNs: now }
    else if (this.#state.kind === 'offline') this.#state = { ...this.#state, nextTryNs: undefined }
  }

  /** The outage that ended, if there was one. */
  online(now: bigint): Outage | undefined {
    const before = this.#state
    if (before.kind === 'online') return undefined
    this.#state = { kind: 'online', sinceNs: now }
    if (before.kind !== 'offline') return undefined
    this.#lastOutage = { fromNs: before.sinceNs, toNs: now }
    return this.#lastOutage
  }

  /** True when it was not known yet. */
  offline(now: bigint, reason: string): boolean {
    const before = this.#state
    if (before.kind === 'offline') {
      this.#state = { ...before, reason, tries: before.tries + 1 }
      return false
    }
    const sinceNs = before.kind === 'connecting' ? before.sinceNs : now
    this.#state = { kind: 'offline', sinceNs, reason, tries: 1, nextTryNs: undefined }
    return true
  }

  waits(untilNs: bigint): void {
    if (this.#state.kind === 'offline') this.#state = { ...this.#state, nextTryNs: untilNs }
  }
}
