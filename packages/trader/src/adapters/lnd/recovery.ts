import { setImmediate } from 'node:timers/promises'
import { blockHeight, pubKey } from '@tidepool/crypto'
import type { Network } from '@tidepool/crypto'
import type { LndClients } from '@tidepool/rpc'
import type { KnownAuctioneer, RecoveryPorts } from '../../app/recovery/recovery.ts'
import { LndBlocks, LndHistory } from './history.ts'

/** Keys of the public service and its first blocks. Pool account/recovery.go */
const PUBLIC: Partial<Record<Network, KnownAuctioneer>> = {
  mainnet: {
    auctioneerKey: pubKey('028e87bdd134238f8347f845d9ecc827b843d0d1e27cdcb46da704d916613f4fce'),
    firstBlock: blockHeight(648_168),
  },
  testnet: {
    auctioneerKey: pubKey('025dea8f5c67fb3bdfffb3123d2b7045dc0a3c75e822fabb39eb357480e64c4a8a'),
    firstBlock: blockHeight(1_834_898),
  },
}

/** What a recovery needs, from lnd and this machine. */
export function recoveryPorts(lnd: LndClients, network: Network, store: RecoveryPorts['searchStore']): RecoveryPorts {
  return {
    history: new LndHistory(lnd),
    blocks: new LndBlocks(lnd),
    searchStore: store,
    stopwatch: () => performance.now(),
    breathe: () => setImmediate(),
    network,
    knownAuctioneer: PUBLIC[network],
  }
}
