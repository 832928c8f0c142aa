import { fromHex, reversed } from '@tidepool/crypto'
import type { lnrpc } from '@tidepool/rpc'
import { hashText } from '../chain/block.ts'
import { coinKey, type OutPointKey } from '../chain/coin.ts'
import { LndRefusal } from '../lndRefusal.ts'

/** Bytes win over text when a caller gives both. @throws LndRefusal */
export function outpointKey(point: lnrpc.OutPoint | undefined): OutPointKey {
  if (point === undefined) throw new LndRefusal('no outpoint provided')
  if (point.txidBytes.length === 32) return coinKey(hashText(point.txidBytes), point.outputIndex)
  if (/^[0-9a-f]{64}$/.test(point.txidStr)) return coinKey(point.txidStr, point.outputIndex)
  throw new LndRefusal(`invalid hash length of ${point.txidBytes.length}, want 32`)
}

export const outpointMessage = (txid: string, index: number): lnrpc.OutPointInit => ({
  txidBytes: reversed(fromHex(txid)),
  txidStr: txid,
  outputIndex: index,
})
