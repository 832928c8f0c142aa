import {
  compactSize,
  decodeOutputs,
  decodeTx,
  encodeTx,
  fromHex,
  outPoint,
  satoshi,
  txidFromBytes,
  txidToBytes,
  type OutPoint,
  type PackedOutputs,
  type PubKey,
  type Transaction,
  type TxOutput,
} from '@tidepool/crypto'
import { DELIMITED, VARINT, passDelimited, type Halves, type WireReader } from '../codec/wireReader.ts'
import type { MessageList } from '../codec/messageList.ts'
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

/** Numbers of `value` and `pk_script` in a `TxOut`. */
const [VALUE_FIELD, SCRIPT_FIELD] = [1, 2]
/** Bytes of an amount, and most of a script's length. */
const [AMOUNT_SIZE, LENGTH_SIZE] = [8, 5]
const NO_VALUE: Halves = { low: 0, high: 0 }
/** Longer scripts have a length of more bytes. */
const ONE_BYTE_LENGTHS = 0xfd

/** From one serialised form to the other: no object is made of any of them. @throws ConvertError BAD_FIELD */
export function txOutputsFromWire(field: string, outputs: MessageList<poolrpc.TxOut>): PackedOutputs {
  const out = Buffer.allocUnsafe(outputs.size + outputs.length * (AMOUNT_SIZE + LENGTH_SIZE))
  let at = 0
  return inField(field, () => {
    outputs.read((reader) => (at = copyOutput(reader, out, at)))
    return decodeOutputs(out.subarray(0, at), outputs.length)
  })
}

/** Where the next one goes. The last of several values of a field counts. */
function copyOutput(reader: WireReader, out: Buffer, at: number): number {
  let value: Halves = NO_VALUE
  let [from, end] = [0, 0]
  while (reader.pos < reader.len) {
    const tag = reader.tag()
    const [number, wireType] = [tag >>> 3, tag & 7]
    if (number === VALUE_FIELD && wireType === VARINT) value = reader.uint64()
    else if (number === SCRIPT_FIELD && wireType === DELIMITED) {
      from = passDelimited(reader)
      end = reader.pos
    } else reader.skipType(wireType, 0, number)
  }
  copyAmount(value, out, at)
  return copyScript(reader.buf, { from, end }, out, at + AMOUNT_SIZE)
}

/** With its length in front. Scripts are so short that a view of one costs more than its copy. */
function copyScript(
  bytes: Uint8Array,
  { from, end }: { readonly from: number; readonly end: number },
  out: Buffer,
  at: number,
): number {
  const length = end - from
  if (length >= ONE_BYTE_LENGTHS) {
    const size = compactSize(length)
    out.set(size, at)
    out.set(bytes.subarray(from, end), at + size.length)
    return at + size.length + length
  }
  out[at] = length
  for (let i = 0; i < length; i++) out[at + 1 + i] = bytes[from + i] ?? 0
  return at + 1 + length
}

function copyAmount({ low, high }: Halves, out: Buffer, at: number): void {
  out.writeInt32LE(low | 0, at)
  out.writeInt32LE(high | 0, at + 4)
}

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
