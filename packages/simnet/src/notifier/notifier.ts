import type { chainrpc } from '@tidepool/rpc'
import { hashBytes, hashText } from '../chain/block.ts'
import type { Chain, ChainChange } from '../chain/chain.ts'
import { EventQueue } from '../util/eventQueue.ts'
import { checkConfRequest, ConfirmationWatch } from './confirmations.ts'
import type { HintCache } from './hintCache.ts'
import { checkSpendRequest, SpendWatch } from './spends.ts'

interface Watch {
  onChange(change: ChainChange): void
}

/** lnd's chain notifier: three kinds of stream over the chain, none of them sees the mempool. */
export class Notifier {
  private readonly chain: Chain
  private readonly hints: HintCache
  private readonly watches = new Map<Watch, EventQueue<never>>()
  private readonly stopListening: () => void

  constructor(chain: Chain, hints: HintCache) {
    this.chain = chain
    this.hints = hints
    this.stopListening = chain.onChange((change) => {
      if (change.disconnected.length > 0)
        hints.disconnected(Math.min(...change.disconnected.map(({ height }) => height)) - 1)
      for (const watch of this.watches.keys()) watch.onChange(change)
    })
  }

  confirmations(request: chainrpc.ConfRequest, signal: AbortSignal): AsyncIterable<chainrpc.ConfEventInit> {
    checkConfRequest(request)
    const queue = new EventQueue<chainrpc.ConfEventInit>(signal)
    return this.keep(new ConfirmationWatch(this.chain, this.hints, request, queue), queue, signal)
  }

  spends(request: chainrpc.SpendRequest, signal: AbortSignal): AsyncIterable<chainrpc.SpendEventInit> {
    checkSpendRequest(request)
    const queue = new EventQueue<chainrpc.SpendEventInit>(signal)
    return this.keep(new SpendWatch(this.chain, this.hints, request, queue), queue, signal)
  }

  /**
   * Empty request or hash alone: the tip, then each new block. Hash and height: every block after that one; an unknown
   * hash gives neither events nor an error.
   */
  blocks(request: chainrpc.BlockEpoch, signal: AbortSignal): AsyncIterable<chainrpc.BlockEpochInit> {
    const queue = new EventQueue<chainrpc.BlockEpochInit>(signal)
    const resume = request.hash.length > 0 && request.height > 0
    const known = resume ? this.chain.blockByHash(hashText(request.hash)) : this.chain.tip
    if (known === undefined) return queue
    if (resume) this.pushBlocksAfter(this.ancestorHeight(known.hash), queue)
    else queue.push({ hash: hashBytes(known.hash), height: known.height })
    const onChange = (change: ChainChange): void => {
      for (const block of change.connected) queue.push({ hash: hashBytes(block.hash), height: block.height })
    }
    return this.keep({ onChange }, queue, signal)
  }

  /** Ends every stream, as a stopping node does. */
  close(error: Error): void {
    this.stopListening()
    for (const queue of this.watches.values()) queue.fail(error)
    this.watches.clear()
  }

  private keep<T>(watch: Watch, queue: EventQueue<T>, signal: AbortSignal): EventQueue<T> {
    this.watches.set(watch, queue as EventQueue<never>)
    signal.addEventListener('abort', () => this.watches.delete(watch), { once: true })
    return queue
  }

  /** Height of the last block on the way from a block back that the active chain shares. */
  private ancestorHeight(hash: string): number {
    let block = this.chain.blockByHash(hash)
    while (block !== undefined && !this.chain.isActive(block)) block = this.chain.blockByHash(block.previous)
    return block?.height ?? 0
  }

  private pushBlocksAfter(height: number, queue: EventQueue<chainrpc.BlockEpochInit>): void {
    for (let at = height + 1; at <= this.chain.height; at++) {
      const block = this.chain.blockAt(at)
      if (block !== undefined) queue.push({ hash: hashBytes(block.hash), height: at })
    }
  }
}
