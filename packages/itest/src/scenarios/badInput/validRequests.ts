import { fromHex } from '@tidepool/crypto'
import type { poolrpc } from '@tidepool/rpc'
import type { FieldPath } from './bytesFields.ts'

type Values = Readonly<Record<string, unknown>>

/** A point, whoever may own it. */
const POINT = fromHex('0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798')
const HASH = new Uint8Array(32).fill(9)

/**
 * A request in which all is well, so that a refusal must be for the field that was spoiled. Orders of an account that
 * exists, to the trader daemon; anything that looks right, to the auctioneer.
 */
export function validRequest(message: string, path: FieldPath, accountKey: Uint8Array, height: number): Values {
  const kind = path[0]?.name === 'ask' ? 'ask' : 'bid'
  switch (message) {
    case 'poolrpc.SubmitOrderRequest':
      return { details: { case: kind, value: order(accountKey) } } satisfies poolrpc.SubmitOrderRequestInit
    case 'poolrpc.ServerSubmitOrderRequest':
      return { details: { case: kind, value: serverOrder(accountKey) } } satisfies poolrpc.ServerSubmitOrderRequestInit
    case 'poolrpc.ReserveAccountRequest':
      return { traderKey: POINT, accountValue: 1_000_000n, accountExpiry: height + 1_000, version: 2 }
    case 'poolrpc.ServerInitAccountRequest':
      return {
        traderKey: POINT,
        accountValue: 1_000_000n,
        accountExpiry: height + 1_000,
        version: 2,
        accountPoint: { txid: HASH, outputIndex: 0 },
        accountScript: new Uint8Array(34).fill(5),
      }
    default:
      return {}
  }
}

const order = (traderKey: Uint8Array) => ({
  details: {
    traderKey,
    rateFixed: 1_000,
    amt: 100_000n,
    maxBatchFeeRateSatPerKw: 25_000n,
    minUnitsMatch: 1,
    channelType: 'ORDER_CHANNEL_TYPE_SCRIPT_ENFORCED' as const,
  },
  leaseDurationBlocks: 2_016,
  version: 5,
})

export const serverOrder = (traderKey: Uint8Array) => ({
  details: {
    traderKey,
    rateFixed: 1_000,
    amt: 100_000n,
    minChanAmt: 100_000n,
    orderNonce: HASH,
    orderSig: new Uint8Array(70).fill(0x30),
    multiSigKey: POINT,
    nodePub: POINT,
    nodeAddr: [{ network: 'tcp', addr: '127.0.0.1:9735' }],
    channelType: 'ORDER_CHANNEL_TYPE_SCRIPT_ENFORCED' as const,
    maxBatchFeeRateSatPerKw: 25_000n,
  },
  leaseDurationBlocks: 2_016,
  version: 5,
})
