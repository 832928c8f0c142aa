import { parseOutPoint, toHex, txidOf } from '@tidepool/crypto'
import type { OutPointText, Txid } from '@tidepool/crypto'
import { VOID_DEPTH } from '@tidepool/market'
import type { Leftover } from '../core/batch.ts'
import type { LeasedChannel } from '../core/channelShim.ts'
import { reasonOf } from '../core/errors.ts'
import type { Chain } from '../ports/chain.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { CleanUp } from './funding/cleanUp.ts'
import type { Funding } from './funding/funding.ts'
import type { HeightWatch } from './height.ts'
import type { Ledger } from './ledger.ts'
import { Moment } from './moment.ts'

export interface LeftoverModules {
  readonly ledger: Ledger
  readonly funding: Pick<Funding, 'cleanUp' | 'onChannel'>
  readonly chain: Pick<Chain, 'spend'>
  readonly height: Pick<HeightWatch, 'best' | 'passed'>
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * Openings under way when a batch is dropped go on inside lnd: the channel may become pending afterwards. The makers'
 * own time for opening is 15 seconds, theirs begins when they hear of it.
 */
const LINGER_MS = 60_000

/** The batch under way, whose channels are to stay. */
export interface CurrentBatch {
  readonly txid: Txid
  readonly channels: readonly LeasedChannel[]
}

/** What dropped proposals left in lnd: cleaned up at once, watched for latecomers, on record until it is over. */
export class Leftovers {
  readonly #modules: LeftoverModules
  readonly #current: () => CurrentBatch | undefined
  readonly #stopping = new AbortController()
  readonly #awaited = new Set<Txid>()

  constructor(modules: LeftoverModules, current: () => CurrentBatch | undefined) {
    this.#modules = modules
    this.#current = current
    modules.funding.onChannel((outpoint) => this.#appeared(outpoint))
  }

  /** Everything on record that is not of the batch under way. */
  async start(): Promise<void> {
    for (const txid of this.#modules.ledger.leftovers.keys()) {
      if (txid !== this.#current()?.txid) await this.cleanUp(txid)
    }
  }

  stop(): void {
    this.#stopping.abort()
  }

  async cleanUp(txid: Txid): Promise<void> {
    const leftover = this.#modules.ledger.leftovers.get(txid)
    if (leftover === undefined) return
    const outcome = await this.#cleaned(leftover)
    if (outcome === 'done') await this.#forget(txid)
    else if (outcome === 'kept') void this.#untilRuledOut(leftover)
    else void this.#linger(txid)
  }

  /** Nobody but the chain can say that what we signed never comes to be. */
  async #untilRuledOut({ txid }: Leftover): Promise<void> {
    if (this.#awaited.has(txid)) return
    this.#awaited.add(txid)
    try {
      const { signal } = this.#stopping
      while (!signal.aborted && this.#dropped(txid) !== undefined) {
        if (!(await this.#isRuledOut(txid))) continue
        const leftover = this.#dropped(txid)
        if (leftover === undefined) return
        // One that lnd does not answer for stays on record until the next start.
        if ((await this.#cleaned({ ...leftover, signed: false })) !== 'failed') await this.#forget(txid)
        return
      }
    } catch (error) {
      this.#modules.logger.warn('channels of a dropped batch not abandoned', { txid, reason: reasonOf(error) })
    } finally {
      this.#awaited.delete(txid)
    }
  }

  /** Whether another transaction got deep enough in place of it; not while a reorganisation may begin it all anew. */
  async #isRuledOut(txid: Txid): Promise<boolean> {
    const { ledger, chain, height } = this.#modules
    const end = new AbortController()
    const signal = AbortSignal.any([this.#stopping.signal, end.signal])
    const reorg = new Moment(signal)
    try {
      const spends = ledger.leftovers.get(txid)?.spends ?? []
      const spend = await Promise.race(spends.map((output) => chain.spend(output, signal, () => reorg.happened())))
      if (spend === undefined) return false
      // It came to be: whoever follows the account makes it live, and the record goes with that.
      if (txidOf(spend.tx) === txid) {
        await reorg.awaited()
        return false
      }
      const more = spend.height + VOID_DEPTH - 1 - height.best
      return more <= 0 || (await Promise.race([height.passed(more, signal), reorg.awaited().then(() => false)]))
    } finally {
      end.abort()
    }
  }

  async #linger(txid: Txid): Promise<void> {
    try {
      await this.#modules.clock.sleep(LINGER_MS, this.#stopping.signal)
      const leftover = this.#dropped(txid)
      if (leftover === undefined || this.#stopping.signal.aborted) return
      // One that lnd does not answer for stays on record until the next start.
      const outcome = await this.#cleaned(leftover)
      if (outcome === 'kept') void this.#untilRuledOut(leftover)
      else if (outcome !== 'failed') await this.#forget(txid)
    } catch (error) {
      this.#modules.logger.warn('leftovers of a dropped batch not cleared', { txid, reason: reasonOf(error) })
    }
  }

  /** One of a dropped batch, or one that no batch explains. */
  #appeared(outpoint: OutPointText): void {
    const { txid } = parseOutPoint(outpoint)
    const { leftovers } = this.#modules.ledger
    const of = leftovers.has(txid) ? [txid] : this.#explained().has(txid) ? [] : [...leftovers.keys()]
    for (const leftover of of.map((one) => this.#dropped(one))) {
      if (leftover !== undefined) void this.#cleaned(leftover)
    }
  }

  #cleaned(leftover: Leftover): Promise<CleanUp> {
    const shims = new Set(this.#current()?.channels.map(({ shim }) => toHex(shim.pendingChannelId)))
    return this.#modules.funding.cleanUp(leftover, { shims, transactions: this.#explained() })
  }

  /** Transactions whose channels somebody looks after. */
  #explained(): ReadonlySet<Txid> {
    const { batches, leftovers } = this.#modules.ledger
    const current = this.#current()
    return new Set([
      ...[...batches.values()].map(({ txid }) => txid),
      ...leftovers.keys(),
      ...(current === undefined ? [] : [current.txid]),
    ])
  }

  #dropped(txid: Txid): Leftover | undefined {
    return txid === this.#current()?.txid ? undefined : this.#modules.ledger.leftovers.get(txid)
  }

  async #forget(txid: Txid): Promise<void> {
    await this.#modules.ledger.commit({ kind: 'leftoverDone', txid })
  }
}
