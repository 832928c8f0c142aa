import { fromHex, toHex } from '@tidepool/crypto'
import type { chainrpc } from '@tidepool/rpc'
import { hashBytes, hashText, type Block } from '../chain/block.ts'
import type { Chain, ChainChange } from '../chain/chain.ts'
import type { Mined } from '../chain/ledger.ts'
import { LndRefusal } from '../lndRefusal.ts'
import type { EventQueue } from '../util/eventQueue.ts'
import type { HintCache } from './hintCache.ts'

/** Blocks after which lnd takes a confirmation or spend for final and ends the stream. */
export const REORG_SAFETY = 144
const MAX_CONFS = 144

/** @throws LndRefusal in lnd's words */
export function checkConfRequest(request: chainrpc.ConfRequest): void {
  if (request.script.length === 0) throw new LndRefusal('an output script must be provided')
  if (request.numConfs < 1 || request.numConfs > MAX_CONFS) {
    throw new LndRefusal('number of confirmations must be between 1 and 144')
  }
  if (request.heightHint === 0) throw new LndRefusal('a height hint greater than 0 must be provided')
}

/** One confirmation stream. lnd chainntnfs/txnotifier.go */
export class ConfirmationWatch {
  private readonly chain: Chain
  private readonly request: chainrpc.ConfRequest
  private readonly queue: EventQueue<chainrpc.ConfEventInit>
  /** Older blocks are not looked at; new ones always are. */
  private searchFrom: number
  private found: { readonly mined: Mined; readonly block: Block } | undefined
  private told = false

  constructor(
    chain: Chain,
    hints: HintCache,
    request: chainrpc.ConfRequest,
    queue: EventQueue<chainrpc.ConfEventInit>,
  ) {
    this.chain = chain
    this.request = request
    this.queue = queue
    this.searchFrom = hints.effective(
      `${toHex(request.txid)}/${toHex(request.script)}`,
      request.heightHint,
      chain.height,
    )
    this.search()
    this.tell()
  }

  onChange(change: ChainChange): void {
    this.searchFrom = Math.min(this.searchFrom, ...change.connected.map((block) => block.height))
    const { found } = this
    if (found !== undefined && change.disconnected.some((block) => block.hash === found.block.hash)) {
      this.found = undefined
      this.told = false
      this.queue.push({ event: { case: 'reorg', value: {} } })
    }
    if (this.found === undefined) this.search()
    this.tell()
    if (this.told && this.found !== undefined && this.chain.height - this.found.block.height >= REORG_SAFETY) {
      this.queue.end()
    }
  }

  private search(): void {
    const mined = this.byTxid() ? this.searchTxid() : this.searchScript()
    const block = mined === undefined ? undefined : this.chain.blockAt(mined.height)
    if (mined !== undefined && block !== undefined) this.found = { mined, block }
  }

  private byTxid(): boolean {
    return this.request.txid.some((byte) => byte !== 0)
  }

  private searchTxid(): Mined | undefined {
    const mined = this.chain.ledger.transaction(hashText(this.request.txid))
    return mined !== undefined && this.counts(mined) ? mined : undefined
  }

  private searchScript(): Mined | undefined {
    const paying = [...this.chain.ledger.touching(toHex(this.request.script))]
      .map((txid) => this.chain.ledger.transaction(txid))
      .filter((mined) => mined !== undefined)
    return paying.toSorted((a, b) => a.height - b.height || a.position - b.position).find((mined) => this.counts(mined))
  }

  /** Pays the script, in a block that is looked at: what lies before the height hint is never found. */
  private counts(mined: Mined): boolean {
    const script = toHex(this.request.script)
    return mined.height >= this.searchFrom && mined.tx.outs.some((out) => toHex(out.script) === script)
  }

  private tell(): void {
    if (this.found === undefined || this.told) return
    const { mined, block } = this.found
    if (this.chain.height - mined.height + 1 < this.request.numConfs) return
    this.told = true
    const value = {
      rawTx: fromHex(mined.tx.toHex()),
      blockHash: hashBytes(block.hash),
      blockHeight: mined.height,
      txIndex: mined.position,
      rawBlock: this.request.includeBlock ? block.raw : new Uint8Array(),
    }
    this.queue.push({ event: { case: 'conf', value } })
  }
}
