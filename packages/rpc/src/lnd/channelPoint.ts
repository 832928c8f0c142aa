import { outPoint, parseOutPoint, txid, txidFromBytes, txidToBytes, type OutPoint } from '@tidepool/crypto'
import type { chainrpc, lnrpc } from '../gen/packages.ts'

/** lnd writes an outpoint in many ways; these are the only places that know their byte orders. */

export const channelPointToLnd = (point: OutPoint): lnrpc.ChannelPointInit => ({
  fundingTxid: { case: 'fundingTxidBytes', value: txidToBytes(point.txid) },
  outputIndex: point.index,
})

/** @throws IdError BAD_ID */
export function channelPointFromLnd({ fundingTxid, outputIndex }: lnrpc.ChannelPoint): OutPoint {
  if (fundingTxid?.case === 'fundingTxidStr') return outPoint(txid(fundingTxid.value), outputIndex)
  return outPoint(txidFromBytes(fundingTxid?.value ?? new Uint8Array()), outputIndex)
}

/** `txid:index`, as channels are listed. @throws IdError BAD_OUTPOINT */
export const channelPointFromText = (text: string): OutPoint => parseOutPoint(text)

/** @throws IdError BAD_ID */
export const pendingUpdateFromLnd = (update: lnrpc.PendingUpdate): OutPoint =>
  outPoint(txidFromBytes(update.txid), update.outputIndex)

export const outPointToNotifier = (point: OutPoint): chainrpc.OutpointInit => ({
  hash: txidToBytes(point.txid),
  index: point.index,
})
