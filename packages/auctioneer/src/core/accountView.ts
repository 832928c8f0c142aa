import type { BlockHeight } from '@tidepool/crypto'
import type { Account } from '@tidepool/market'
import { scanFrom, wireState } from './account.ts'
import type { AccountRecord, WireAccountState } from './account.ts'
import type { AuctionAccountView } from './messages.ts'

/** Blocks for which a signed change is taken for one that its trader published: within them it is mined, or never was. */
const CHANGE_COUNTS = 144

/** An account as a recovering trader is told it. */
export function accountView(record: AccountRecord, height: BlockHeight): AuctionAccountView {
  const { account, state, latestTx } = newest(record, height)
  return {
    value: account.value,
    expiry: account.expiry,
    traderKey: account.key,
    auctioneerKey: account.auctioneerKey,
    batchKey: account.batchKey,
    state,
    heightHint: scanFrom(record),
    version: account.version,
    outpoint: account.outpoint,
    latestTx: latestTx ?? new Uint8Array(),
  }
}

interface Told {
  readonly account: Account
  readonly state: WireAccountState
  readonly latestTx: Uint8Array | undefined
}

/**
 * With the newest change we signed, as if it were on its way: a trader asks for a signature to publish it at once. Told
 * of the output before, a stock trader would take the change for its account's end. A close leaves no output to tell
 * of, and what was signed long ago and is in no block was not published: then it is the output before that counts.
 */
function newest({ account, state, latestTx, changes }: AccountRecord, height: BlockHeight): Told {
  const last = changes.at(-1)
  const told = { account, state: wireState(state), latestTx }
  if (state.kind !== 'changeSigned' || last?.next === undefined || last.transaction === undefined) return told
  if (height - last.signedAt >= CHANGE_COUNTS) return told
  const changed = height >= last.next.expiry ? 'expiredPendingUpdate' : 'pendingUpdate'
  return { account: last.next, state: changed, latestTx: last.transaction }
}
