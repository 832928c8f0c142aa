import type { LndEndpoint } from '@tidepool/itest'
import { Part } from '../process.ts'
import type { ShownMessages } from './shownMessages.ts'
import type { Moments, TradersTask } from './traders.ts'

/** All traders, in some processes, which do everything at the same time. */
export class TraderParts {
  readonly #parts: readonly Part[]

  constructor(processes: number, caller: string, execArgv: readonly string[]) {
    this.#parts = Array.from({ length: processes }, () => new Part('traders', caller, execArgv))
  }

  get pids(): readonly number[] {
    return this.#parts.map(({ pid }) => pid)
  }

  /** A trader for each node, an even number of them in every process. */
  async start(nodes: readonly LndEndpoint[], task: Pick<TradersTask, 'dir' | 'auctioneer'>): Promise<void> {
    const each = Math.ceil(nodes.length / this.#parts.length / 2) * 2
    await Promise.all(
      this.#parts.map((part, index) => {
        const first = index * each
        return part.call('start', { ...task, first, nodes: nodes.slice(first, first + each) })
      }),
    )
  }

  call<T>(name: string): Promise<readonly T[]> {
    return Promise.all(this.#parts.map((part) => part.call<T>(name)))
  }

  /** The messages are the same for all. */
  async shown(): Promise<ShownMessages> {
    const [first] = this.#parts
    if (first === undefined) throw new Error('there are no traders')
    return first.call('shown')
  }

  async moments(): Promise<ReadonlyMap<string, Moments>> {
    const all = new Map<string, Moments>()
    for (const [what, seen] of (await this.call<ReadonlyMap<string, Moments>>('moments')).flatMap((one) => [...one])) {
      const known = all.get(what) ?? { count: 0, first: Infinity, last: 0 }
      const first = Math.min(known.first, seen.first)
      all.set(what, { count: known.count + seen.count, first, last: Math.max(known.last, seen.last) })
    }
    return all
  }

  async stop(): Promise<void> {
    await Promise.all(this.#parts.map((part) => part.stop()))
  }
}
