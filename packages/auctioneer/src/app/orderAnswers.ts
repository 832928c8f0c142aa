import type { OrderNonce } from '@tidepool/crypto'
import type { Verdict, VerdictRecord } from '../core/orderVerdict.ts'
import type { MatchRecord, OrderRecord } from '../core/records.ts'
import type { Ledger } from './ledger.ts'
import type { OrderService } from './orders.ts'
import type { SessionRegistry } from './sessionRegistry.ts'

/** What there is to say of an order. */
export interface OrderAnswer {
  readonly record: OrderRecord
  readonly latest: Verdict | undefined
  readonly earlier: readonly Verdict[]
  /** Of the batches that the verdicts name, newest first. */
  readonly matches: readonly MatchRecord[]
}

interface Modules {
  readonly ledger: Ledger
  readonly orders: OrderService
  readonly registry: SessionRegistry
}

/** Why orders rest, or with whom they were matched. */
export class OrderAnswers {
  readonly #modules: Modules

  constructor(modules: Modules) {
    this.#modules = modules
  }

  /** For the operator. @throws OrderError ORDER_NOT_FOUND */
  async why(nonce: OrderNonce): Promise<OrderAnswer> {
    const { ledger, orders } = this.#modules
    const record = await orders.state(nonce)
    const verdict = (await ledger.verdicts([nonce])).get(nonce)
    const earlier = verdict?.earlier ?? []
    const said = verdict === undefined ? [] : [verdict.latest, ...earlier]
    return { record, latest: verdict?.latest, earlier, matches: await this.#matchesOf(nonce, said) }
  }

  /** For a trader: only of open orders whose account the caller's own connection is subscribed for. */
  async ofCaller(nonces: readonly OrderNonce[], peer: string): Promise<readonly VerdictRecord[]> {
    const { ledger, registry } = this.#modules
    const own = nonces.filter((nonce) => {
      const account = ledger.openOrders.get(nonce)?.order.accountKey
      return account !== undefined && registry.sessionOf(account)?.peer === peer
    })
    return [...(await ledger.verdicts(own)).values()]
  }

  async #matchesOf(nonce: OrderNonce, said: readonly Verdict[]): Promise<readonly MatchRecord[]> {
    const matches: MatchRecord[] = []
    for (const { batchId } of said.filter(({ code }) => code === 'matched')) {
      const batch = await this.#modules.ledger.store.batch(batchId)
      const own = batch?.matches.filter(({ askNonce, bidNonce }) => askNonce === nonce || bidNonce === nonce)
      matches.push(...(own ?? []))
    }
    return matches
  }
}
