import type { Chain } from '@tidepool/simnet'
import { StoreAdapter, currentScript, isFunded } from '@tidepool/trader'
import type { StoreChange } from '@tidepool/trader'
import type { Store } from '@tidepool/store'
import { outputFaults } from './everyStep.ts'
import type { Witness } from './witness.ts'

const ENDED = new Set(['pendingClosed', 'closed'])

/** A trader's store: looks at each step as it becomes durable. */
export class WatchedTraderStore extends StoreAdapter {
  readonly #eyes: { readonly name: string; readonly witness: Witness; readonly chain: Chain }

  constructor(store: Store, eyes: { readonly name: string; readonly witness: Witness; readonly chain: Chain }) {
    super(store)
    this.#eyes = eyes
  }

  override async commit(changes: readonly StoreChange[]): Promise<void> {
    const { name, witness, chain } = this.#eyes
    for (const change of changes) {
      if (change.kind === 'account' && isFunded(change.account) && !ENDED.has(change.account.kind)) {
        const { outpoint, value } = change.account
        outputFaults(chain, { outpoint, value, script: currentScript(change.account) }).forEach((fault) =>
          witness.note(`${name} ${fault}`),
        )
      }
      if (change.kind === 'batch') {
        for (const { leaseDuration, price } of change.record.leases) {
          witness.priced(change.record.txid, leaseDuration, price)
        }
      }
    }
    await super.commit(changes)
  }
}
