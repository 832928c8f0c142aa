import type { NodeKey } from '@tidepool/crypto'
import type { Channels, PeerEvent } from '../../ports/channels.ts'
import { OVER } from '../../ports/clock.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'
import { keepOpen } from '../keepOpen.ts'

const RECONNECT = { minMs: 250, maxMs: 2000 }

export interface OnlinePeersModules {
  readonly channels: Pick<Channels, 'onlinePeers' | 'peerEvents'>
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * Who is online, for all batches together. Events have no replay, so every connection subscribes first and then lists;
 * without one, nobody is known to be online.
 */
export class OnlinePeers {
  readonly #modules: OnlinePeersModules
  readonly #watchers = new Set<() => void>()
  /** Never changed, only replaced; none while the subscription is down. */
  #online: ReadonlySet<NodeKey> | undefined

  constructor(modules: OnlinePeersModules) {
    this.#modules = modules
  }

  run(signal: AbortSignal): Promise<void> {
    return keepOpen({ what: 'peer events', use: () => this.#use(signal), ...RECONNECT }, this.#modules, signal)
  }

  has(node: NodeKey): boolean {
    return this.#online?.has(node) === true
  }

  /** Shows who is online, as soon as that is known and whenever it changes, until it is enough or the signal ends it. */
  until(enough: (online: ReadonlySet<NodeKey>) => boolean, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve()
      const done = (): void => {
        this.#watchers.delete(look)
        signal.removeEventListener('abort', done)
        resolve()
      }
      const look = (): void => {
        if (this.#online !== undefined && enough(this.#online)) done()
      }
      this.#watchers.add(look)
      signal.addEventListener('abort', done, { once: true })
      look()
    })
  }

  /** In case an event was lost without a sign. What changes meanwhile is newer than the list, and counts. */
  async listAgain(): Promise<void> {
    const before = this.#online
    if (before === undefined) return
    const listed = await this.#modules.channels.onlinePeers().catch(() => undefined)
    if (listed !== undefined && this.#online === before) this.#know(listed)
  }

  async #use(signal: AbortSignal): Promise<void> {
    const { channels } = this.#modules
    const end = new AbortController()
    try {
      const events = channels.peerEvents(AbortSignal.any([signal, end.signal]))
      this.#know(await channels.onlinePeers())
      for await (const event of events) this.#change(event)
    } finally {
      this.#online = undefined
      end.abort(OVER)
    }
  }

  #change({ node, online }: PeerEvent): void {
    const changed = new Set(this.#online)
    if (online) changed.add(node)
    else changed.delete(node)
    this.#know(changed)
  }

  #know(online: ReadonlySet<NodeKey>): void {
    this.#online = online
    for (const look of this.#watchers) look()
  }
}
