import { decodeTx, equalBytes, txidOf, itemAt } from '@tidepool/crypto'
import type { OutPoint, Transaction } from '@tidepool/crypto'
import { currentOutput } from '../account.ts'
import type { AccountTerms, FundedAccount, FundedKind } from '../account.ts'
import type { RemoteAccount } from '../remoteAccount.ts'

/** An account as an auctioneer's answer describes it, checked as far as that is possible alone. */
export type Recovered =
  | { readonly kind: 'funded'; readonly account: FundedAccount }
  /** Its first output is still to be found, in `latestTx` or in the wallet; it is never funded again. */
  | {
      readonly kind: 'searched'
      readonly terms: AccountTerms
      readonly latestTx: Transaction | undefined
      readonly outpoint: OutPoint | undefined
    }
  | { readonly kind: 'unusable'; readonly reason: string }

/** What a state of the auctioneer becomes here; pending and open ones are looked for anew. Pool account/recovery.go */
const KIND: Readonly<Record<Exclude<RemoteAccount['state'], 'pendingOpen' | 'open'>, FundedKind>> = {
  pendingUpdate: 'pendingUpdate',
  pendingBatch: 'pendingBatch',
  expired: 'expired',
  // Whether it has expired our own chain says.
  expiredPendingUpdate: 'pendingUpdate',
  closed: 'closed',
}

/**
 * Rebuilds an account. The output must be the one that our own keys make of the answer, so that no answer can send us
 * after coins that are not ours; whether it was ever published, only the chain tells. Pool account/recovery.go
 */
export function accountFromRemote(
  remote: RemoteAccount,
  own: { readonly keyIndex: number; readonly secret: Uint8Array },
): Recovered {
  const terms = termsOf(remote, own)
  const latestTx = tried(() => decodeTx(remote.latestTx))
  if (remote.state === 'pendingOpen') return { kind: 'searched', terms, latestTx, outpoint: remote.outpoint }
  if (remote.outpoint === undefined) return { kind: 'unusable', reason: 'the answer names no output' }
  if (latestTx === undefined) return { kind: 'unusable', reason: 'the answer holds no transaction' }
  const { state, outpoint } = remote
  if (state === 'closed') {
    return { kind: 'funded', account: { ...terms, kind: 'closed', outpoint, latestTx, unseen: true } }
  }
  if (txidOf(latestTx) !== outpoint.txid) {
    return { kind: 'unusable', reason: 'the transaction it sends did not make the output it names' }
  }
  const output = itemAt(latestTx.outputs, outpoint.index)
  const expected = currentOutput(terms)
  if (output === undefined || output.value !== expected.value || !equalBytes(output.script, expected.script)) {
    return { kind: 'unusable', reason: 'the output it names is not this account' }
  }
  if (state === 'open') return { kind: 'searched', terms, latestTx, outpoint }
  return { kind: 'funded', account: { ...terms, kind: KIND[state], outpoint, latestTx, unseen: true } }
}

/** What a reservation that was never finished comes to. */
export const accountFromReservation = (
  remote: RemoteAccount,
  own: { readonly keyIndex: number; readonly secret: Uint8Array },
): Recovered => ({ kind: 'searched', terms: termsOf(remote, own), latestTx: undefined, outpoint: undefined })

function termsOf(remote: RemoteAccount, own: { readonly keyIndex: number; readonly secret: Uint8Array }): AccountTerms {
  const { traderKey: key, value, expiry, version, auctioneerKey, batchKey, heightHint } = remote
  return { key, value, expiry, version, auctioneerKey, batchKey, heightHint, ...own }
}

function tried<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
