import type { Transaction } from '@tidepool/crypto'
import { encodeTx, fromHex } from '@tidepool/crypto'
import type { lnrpc } from '@tidepool/rpc'
import { channelPointToLnd, locatedKeyToLnd } from '@tidepool/rpc'
import type { ChannelShim } from '../../core/channelShim.ts'

export const shimToLnd = (shim: ChannelShim): lnrpc.FundingShimInit => ({
  shim: {
    case: 'chanPointShim',
    value: {
      amt: shim.capacity,
      chanPoint: channelPointToLnd(shim.outpoint),
      localKey: locatedKeyToLnd({ key: shim.localKey.key, locator: shim.localKey }),
      remoteKey: fromHex(shim.remoteKey),
      pendingChanId: shim.pendingChannelId,
      thawHeight: shim.thawHeight,
      musig2: shim.musig2,
    },
  },
})

export const rawTx = (tx: Transaction): Uint8Array => encodeTx(tx, { witness: true })
