import { toHex } from '@tidepool/crypto'
import type { OutPointKey } from '../chain/coin.ts'
import { LndRefusal } from '../lndRefusal.ts'

/** The id lnd itself locks coins under in FundPsbt. */
export const LND_LOCK_ID = 'ede19a92ed321a4705f8a1cccc1d4f6182545d4bb4fae08bd5937831b7e38f98'
const DEFAULT_SECONDS = 600n

export interface Lease {
  readonly id: string
  readonly key: OutPointKey
  readonly expiration: bigint
}

/** Coins held back from selection. Survive a restart, as lnd's do. */
export class Leases {
  private readonly held = new Map<OutPointKey, Lease>()
  private readonly now: () => number

  constructor(now: () => number) {
    this.now = now
  }

  list(): readonly Lease[] {
    return [...this.held.values()].filter((lease) => lease.expiration > BigInt(this.now()))
  }

  isHeld(key: OutPointKey): boolean {
    return this.holder(key) !== undefined
  }

  /** On behalf of a caller. `isOurs` says whether the wallet owns the output. */
  take(id: Uint8Array, key: OutPointKey, seconds: bigint, isOurs: boolean): Lease {
    if (id.length !== 32 || id.every((byte) => byte === 0)) throw new LndRefusal('id must be 32 random bytes')
    const text = toHex(id)
    if (text === LND_LOCK_ID) throw new LndRefusal('reserved id cannot be used')
    if (!isOurs) throw new LndRefusal('unknown output')
    return this.hold(text, key, seconds)
  }

  hold(id: string, key: OutPointKey, seconds = DEFAULT_SECONDS): Lease {
    const holder = this.holder(key)
    if (holder !== undefined && holder.id !== id) throw new LndRefusal('output already locked')
    const lasting = seconds === 0n ? DEFAULT_SECONDS : seconds
    const lease = { id, key, expiration: BigInt(this.now()) + lasting }
    this.held.set(key, lease)
    return lease
  }

  release(id: Uint8Array, key: OutPointKey): void {
    if (id.length !== 32) throw new LndRefusal('id must be 32 random bytes')
    const holder = this.holder(key)
    // lnd's own spelling
    if (holder !== undefined && holder.id !== toHex(id)) throw new LndRefusal('output unlock not alowed')
    this.held.delete(key)
  }

  private holder(key: OutPointKey): Lease | undefined {
    const lease = this.held.get(key)
    return lease !== undefined && lease.expiration > BigInt(this.now()) ? lease : undefined
  }
}
