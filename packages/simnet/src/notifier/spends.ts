import { fromHex, toHex } from '@tidepool/crypto'
import type { chainrpc } from '@tidepool/rpc'
import { hashBytes, hashText } from '../chain/block.ts'
import type { Chain, ChainChange } from '../chain/chain.ts'
import { coinKey, inputKey } from '../chain/coin.ts'
import type { Spend } from '../chain/ledger.ts'
import { LndRefusal } from '../lndRefusal.ts'
import type { EventQueue } from '../util/eventQueue.ts'
import { REORG_SAFETY } from './confirmations.ts'
import type { HintCache } from './hintCache.ts'

/** @throws LndRefusal in lnd's words */
export function checkSpendRequest(request: chainrpc.SpendRequest): void {
  if (request.script.length === 0) throw new LndRefusal('an output script must be provided')
  if (request.heightHint === 0) throw new LndRefusal('a height hint greater than 0 must be provided')
  if (request.script[0] === 0x51 && !hasOutpoint(request)) {
    throw new LndRefusal('cannot register witness v1 spend request without outpoint')
  }
}

const hasOutpoint = (request: chainrpc.SpendRequest): boolean =>
  request.outpoint?.hash.some((byte) => byte !== 0) === true

/** One spend stream: confirmed spends only. lnd chainntnfs/txnotifier.go */
export class SpendWatch {
  private readonly chain: Chain
  private readonly request: chainrpc.SpendRequest
  private readonly queue: EventQueue<chainrpc.SpendEventInit>
  /** Older blocks are not looked at; new ones always are. */
  private searchFrom: number
  private told: { readonly spend: Spend; readonly blockHash: string } | undefined

  constructor(
    chain: Chain,
    hints: HintCache,
    request: chainrpc.SpendRequest,
    queue: EventQueue<chainrpc.SpendEventInit>,
  ) {
    this.chain = chain
    this.request = request
    this.queue = queue
    const { outpoint } = request
    const name = `spend ${toHex(outpoint?.hash ?? new Uint8Array())}:${outpoint?.index ?? 0}/${toHex(request.script)}`
    this.searchFrom = hints.effective(name, request.heightHint, chain.height)
    this.search()
  }

  onChange(change: ChainChange): void {
    this.searchFrom = Math.min(this.searchFrom, ...change.connected.map((block) => block.height))
    const { told } = this
    if (told !== undefined && change.disconnected.some((block) => block.hash === told.blockHash)) {
      this.told = undefined
      this.queue.push({ event: { case: 'reorg', value: {} } })
    }
    if (this.told === undefined) this.search()
    if (this.told !== undefined && this.chain.height - this.told.spend.height >= REORG_SAFETY) this.queue.end()
  }

  private search(): void {
    const spend = hasOutpoint(this.request) ? this.byOutpoint() : this.byScript()
    const block = spend === undefined ? undefined : this.chain.blockAt(spend.height)
    if (spend === undefined || block === undefined || spend.height < this.searchFrom) return
    this.told = { spend, blockHash: block.hash }
    const spent = spend.tx.ins[spend.inputIndex]
    const value = {
      spendingOutpoint: { hash: spent?.hash ?? new Uint8Array(), index: spent?.index ?? 0 },
      rawSpendingTx: fromHex(spend.tx.toHex()),
      spendingTxHash: hashBytes(spend.tx.getId()),
      spendingInputIndex: spend.inputIndex,
      spendingHeight: spend.height,
    }
    this.queue.push({ event: { case: 'spend', value } })
  }

  private byOutpoint(): Spend | undefined {
    const { outpoint } = this.request
    return outpoint === undefined ? undefined : this.chain.spendOf(coinKey(hashText(outpoint.hash), outpoint.index))
  }

  /** First spend of any output that pays the script. */
  private byScript(): Spend | undefined {
    const script = toHex(this.request.script)
    for (const txid of this.chain.ledger.touching(script)) {
      for (const input of this.chain.ledger.transaction(txid)?.tx.ins ?? []) {
        const coin = this.chain.ledger.anyCoin(inputKey(input))
        const spend = coin === undefined ? undefined : this.chain.spendOf(inputKey(input))
        if (coin !== undefined && toHex(coin.script) === script && spend !== undefined) return spend
      }
    }
    return undefined
  }
}
