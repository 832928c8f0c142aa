import { equalBytes, formatOutPoint } from '@tidepool/crypto'
import type { OutPoint, Satoshi } from '@tidepool/crypto'
import type { Change } from '@tidepool/auctioneer'
import type { Chain } from '@tidepool/simnet'

/** An account's output as a record describes it: one that the network knows must be just that, or it is lost. */
export function outputFaults(
  chain: Chain,
  expected: { readonly outpoint: OutPoint; readonly value: Satoshi; readonly script: Uint8Array },
): readonly string[] {
  const { outpoint, value, script } = expected
  const found = chain.transaction(outpoint.txid)
  if (found === undefined) return []
  const out = found.tx.outs[outpoint.index]
  return out?.value === value && equalBytes(out.script, script)
    ? []
    : [`stores an account at ${formatOutPoint(outpoint)} that nobody can spend`]
}

/** A commit that makes a batch moves satoshis and neither makes nor loses any. */
export function balanceFaults(changes: readonly Change[]): readonly string[] {
  const batch = changes.find((change) => change.kind === 'batch')?.record
  const undo = changes.find((change) => change.kind === 'undo')?.undo
  const master = changes.find((change) => change.kind === 'auction')?.auction.master
  if (batch === undefined || undo === undefined || master === undefined) return []
  const sum = (values: readonly bigint[]): bigint => values.reduce((total, value) => total + value, 0n)
  const live = changes.flatMap((change) =>
    change.kind === 'account' && change.record.state.kind !== 'closed' && change.record.state.kind !== 'pendingClosed'
      ? [change.record.account.value]
      : [],
  )
  const before = sum(undo.accounts.map(({ account }) => account.value)) + (undo.master?.value ?? 0n)
  const after = sum(live) + sum(batch.matches.map(({ channelValue }) => channelValue)) + master.value + batch.minerFee
  return before === after ? [] : [`batch ${batch.txid} turns ${before} sat into ${after}`]
}
