import { classifySpend, txidToBytes } from '@tidepool/crypto'
import type { BlockHeight, OutPoint, Satoshi, Transaction } from '@tidepool/crypto'
import type { LocatedOutput, PreviousOutput } from './locateOutput.ts'
import { locateNext } from './locateOutput.ts'
import { transactionsWith } from './blockScan.ts'
import type { HeightRange } from './likelyExpiries.ts'

/** An account on its way from its first output to its newest. */
export interface FollowedAccount extends PreviousOutput {
  readonly kind: 'live' | 'closed'
  readonly outpoint: OutPoint
  readonly value: Satoshi
  /** Made the output, or spent it for good. */
  readonly latestTx: Transaction
  /** Of the block of `latestTx`; undefined while unconfirmed. */
  readonly height: BlockHeight | undefined
}

/** The accounts after one block. Several steps of one account in a block are followed in order. */
export function followBlock(
  accounts: readonly FollowedAccount[],
  rawBlock: Uint8Array,
  height: BlockHeight,
  range: HeightRange,
): readonly FollowedAccount[] {
  let now = accounts
  // Each round finds the spends of what the last one found; a block is in order, so the rounds end.
  for (;;) {
    const live = now.filter((account) => account.kind === 'live')
    const spends = transactionsWith(
      rawBlock,
      live.map(({ outpoint }) => txidToBytes(outpoint.txid)),
    )
    const next = spends.reduce<readonly FollowedAccount[]>((all, tx) => followTx(all, tx, height, range), now)
    if (next === now) return now
    now = next
  }
}

/** The accounts after one confirmed transaction; the same array when it concerns none. */
export function followTx(
  accounts: readonly FollowedAccount[],
  tx: Transaction,
  height: BlockHeight,
  range: HeightRange,
): readonly FollowedAccount[] {
  let changed = false
  const next = accounts.map((account) => {
    const input =
      account.kind === 'live' ? tx.inputs.find(({ prevout }) => samePoint(prevout, account.outpoint)) : undefined
    if (input === undefined) return account
    changed = true
    const located = classifySpend(input.witness) === 'expiry' ? undefined : locateNext(account, tx, height, range)
    return located === undefined ? closedBy(account, tx, height) : movedTo(account, located, tx, height)
  })
  return changed ? next : accounts
}

const closedBy = (account: FollowedAccount, latestTx: Transaction, height: BlockHeight): FollowedAccount => ({
  ...account,
  ...{ kind: 'closed', latestTx, height },
})

const movedTo = (
  account: FollowedAccount,
  located: LocatedOutput,
  latestTx: Transaction,
  height: BlockHeight,
): FollowedAccount => ({ ...account, ...located, latestTx, height })

const samePoint = (a: OutPoint, b: OutPoint): boolean => a.txid === b.txid && a.index === b.index
