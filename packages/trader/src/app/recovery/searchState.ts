import { sha256, toHex } from '@tidepool/crypto'
import type { PubKey } from '@tidepool/crypto'
import { formatOutPoint } from '@tidepool/crypto'
import type { SearchCursor, StoredFind } from '../../core/recovery/accountSearch.ts'
import type { CandidateOutput } from '../../core/recovery/outputIndex.ts'
import type { FollowedAccount } from '../../core/recovery/followChain.ts'

/** How far a recovery from the chain alone has come; what survives a stop. */
export interface ChainRecoveryState {
  /** Of everything the order of the search depends on; another one starts from the beginning. */
  readonly plan: string
  readonly cursor: SearchCursor
  readonly found: readonly StoredFind[]
  /** While blocks are read: the accounts as of `height`. */
  readonly following?: { readonly height: number; readonly accounts: readonly FollowedAccount[] }
}

export interface PlanFacts {
  readonly auctioneerKey: PubKey
  readonly firstBlock: number
  readonly keys: number
  readonly counters: number
  readonly outputs: readonly CandidateOutput[]
}

/** The same for the same search, whenever it is made. */
export function planId(facts: PlanFacts): string {
  const outputs = facts.outputs.map(({ outpoint, height }) => `${formatOutPoint(outpoint)}@${height ?? 'mempool'}`)
  const text = [facts.auctioneerKey, facts.firstBlock, facts.keys, facts.counters, ...outputs].join(' ')
  return toHex(sha256(new TextEncoder().encode(text)))
}
