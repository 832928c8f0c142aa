import { encodeTx, fromHex, outPoint, parseOutPoint, txidFromBytes, txidToBytes, txid } from '@tidepool/crypto'
import type { OutPoint, Transaction, TxOutput } from '@tidepool/crypto'
import type { lnrpc, signrpc } from '@tidepool/rpc'
import type { ChannelShim, LocalKey } from '../../core/channelShim.ts'

export const channelPointToLnd = (point: OutPoint): lnrpc.ChannelPointInit => ({
  fundingTxid: { case: 'fundingTxidBytes', value: txidToBytes(point.txid) },
  outputIndex: point.index,
})

/** lnd uses either form of the hash. @throws IdError */
export function channelPointFromLnd(point: lnrpc.ChannelPoint): OutPoint {
  const { fundingTxid, outputIndex } = point
  if (fundingTxid?.case === 'fundingTxidStr') return outPoint(txid(fundingTxid.value), outputIndex)
  return outPoint(txidFromBytes(fundingTxid?.value ?? new Uint8Array()), outputIndex)
}

export const pendingFromLnd = (update: lnrpc.PendingUpdate): OutPoint =>
  outPoint(txidFromBytes(update.txid), update.outputIndex)

export const pointFromText = (text: string): OutPoint => parseOutPoint(text)

const keyToLnd = (key: LocalKey): lnrpc.KeyDescriptorInit => ({
  rawKeyBytes: fromHex(key.key),
  keyLoc: { keyFamily: key.family, keyIndex: key.index },
})

export const shimToLnd = (shim: ChannelShim): lnrpc.FundingShimInit => ({
  shim: {
    case: 'chanPointShim',
    value: {
      amt: shim.capacity,
      chanPoint: channelPointToLnd(shim.outpoint),
      localKey: keyToLnd(shim.localKey),
      remoteKey: fromHex(shim.remoteKey),
      pendingChanId: shim.pendingChannelId,
      thawHeight: shim.thawHeight,
      musig2: shim.musig2,
    },
  },
})

export const outputToLnd = (output: TxOutput): signrpc.TxOutInit => ({ value: output.value, pkScript: output.script })

export const rawTx = (tx: Transaction): Uint8Array => encodeTx(tx, { witness: true })
