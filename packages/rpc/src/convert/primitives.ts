import {
  decodeTx,
  encodeTx,
  fromHex,
  outPoint,
  satoshi,
  txidFromBytes,
  txidToBytes,
  type OutPoint,
  type PubKey,
  type Transaction,
  type TxOutput,
} from '@tidepool/crypto'
import { nodeAddress, type FeeSchedule, type NodeAddress } from '@tidepool/market'
import type { poolrpc } from '../gen/packages.ts'
import { badField, inField, required } from './errors.ts'

/** @throws ConvertError BAD_FIELD */
export function outPointFromWire(message: poolrpc.OutPoint | undefined, field = 'outpoint'): OutPoint {
  const point = required(field, message)
  return inField(field, () => outPoint(txidFromBytes(point.txid), point.outputIndex))
}

export const outPointToWire = (point: OutPoint): poolrpc.OutPointInit => ({
  txid: txidToBytes(point.txid),
  outputIndex: point.index,
})

/** @throws ConvertError BAD_FIELD */
export const txOutputFromWire = (output: poolrpc.TxOut): TxOutput =>
  inField('value', () => ({ value: satoshi(output.value), script: output.pkScript }))

export const txOutputToWire = (output: TxOutput): poolrpc.TxOutInit => ({
  value: output.value,
  pkScript: output.script,
})

/** @throws ConvertError BAD_FIELD */
export const transactionFromWire = (bytes: Uint8Array, field: string): Transaction =>
  inField(field, () => decodeTx(bytes))

export const unsignedToWire = (transaction: Transaction): Uint8Array => encodeTx(transaction, { witness: false })

/** @throws ConvertError BAD_FIELD for anything but tcp and an IP literal or onion name with a port */
export const nodeAddressFromWire = (address: poolrpc.NodeAddress): NodeAddress =>
  inField('addr', () => nodeAddress(address.network, address.addr))

export const nodeAddressToWire = (address: NodeAddress): poolrpc.NodeAddressInit => ({ ...address })

export const keyToWire = (key: PubKey): Uint8Array => fromHex(key)

/** @throws ConvertError BAD_FIELD */
export function feeScheduleFromWire(message: poolrpc.ExecutionFee | undefined, field = 'execution_fee'): FeeSchedule {
  const fee = required(field, message)
  return inField(field, () => ({ baseFee: satoshi(fee.baseFee), feeRatePpm: fee.feeRate }))
}

export const feeScheduleToWire = (fees: FeeSchedule): poolrpc.ExecutionFeeInit => ({
  baseFee: fees.baseFee,
  feeRate: fees.feeRatePpm,
})

const HEX = /^(?:[0-9a-fA-F]{2})*$/

/** A map whose hex keys name things, no thing twice. @throws ConvertError BAD_FIELD */
export function hexMapFromWire<K, V, T>(
  field: string,
  map: ReadonlyMap<string, V>,
  parseKey: (hex: string) => K,
  parseValue: (value: V) => T,
): ReadonlyMap<K, T> {
  const out = new Map<K, T>()
  for (const [text, value] of map) {
    const at = `${field}[${text}]`
    if (!HEX.test(text)) throw badField(at, 'the key is not hex')
    const key = inField(at, () => parseKey(text.toLowerCase()))
    if (out.has(key)) throw badField(at, 'named twice')
    out.set(
      key,
      inField(at, () => parseValue(value)),
    )
  }
  return out
}

/** A map by hex key or outpoint text, as the wire has it. */
export const mapToWire = <V, T>(map: ReadonlyMap<string, V>, convert: (value: V) => T): ReadonlyMap<string, T> =>
  new Map([...map].map(([key, value]) => [key, convert(value)]))
