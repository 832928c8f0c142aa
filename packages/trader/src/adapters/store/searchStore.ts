import type { Store } from '@tidepool/store'
import type { ChainRecoveryState } from '../../app/recovery/searchState.ts'
import { packedCodec } from './packedTransactions.ts'
import type { SearchStore } from '../../ports/history.ts'

const KEY = 'current'

/** There is at most one search. */
export function searchStore(store: Store): SearchStore<ChainRecoveryState> {
  const table = store.table('recovery', packedCodec<ChainRecoveryState>())
  return {
    load: () => table.get(KEY),
    save: (state) => store.commit([state === undefined ? table.del(KEY) : table.put(KEY, state)]),
  }
}
