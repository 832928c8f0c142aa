import { concatBytes, satoshi, type TxOutput } from '@tidepool/crypto'
import { describe, expect, test } from 'vitest'
import { decodeMessage, encodeMessage } from '../codec/message.ts'
import { txOutputToWire, txOutputsFromWire } from './primitives.ts'

const SIGN_BEGIN = 'poolrpc.OrderMatchSignBegin'
const read = (bytes: Uint8Array): readonly TxOutput[] => [
  ...txOutputsFromWire('prev_outputs', decodeMessage(SIGN_BEGIN, bytes).prevOutputs),
]

/** A field of a message, its length in one byte. */
const field = (number: number, bytes: Uint8Array): Uint8Array =>
  concatBytes(Uint8Array.of((number << 3) | 2, bytes.length), bytes)
const PREV_OUTPUTS = 3
const AMOUNT_5 = Uint8Array.of(1 << 3, 5)
const AMOUNT_6 = Uint8Array.of(1 << 3, 6)

describe('previous outputs from the wire', () => {
  test('of any length of script and any amount', () => {
    const scripts = [0, 1, 34, 0xfc, 0xfd, 0xffff, 0x1_0000].map((length) => new Uint8Array(length).fill(0xfd))
    const amounts = [0n, 1n, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffffn, 0x1_0000_0000n, 2_100_000_000_000_000n]
    const outputs = scripts.map((script, i): TxOutput => ({ script, value: satoshi(amounts[i] ?? 0n) }))
    const bytes = encodeMessage(SIGN_BEGIN, {
      batchId: new Uint8Array(33),
      serverNonces: new Map(),
      prevOutputs: outputs.map(txOutputToWire),
    })
    expect(read(bytes)).toEqual(outputs)
  })

  test('what is not there is zero, and of several the last counts', () => {
    const script = field(2, Uint8Array.of(7, 8))
    const other = field(2, Uint8Array.of(9))
    const bytes = [
      new Uint8Array(),
      AMOUNT_5,
      script,
      concatBytes(script, AMOUNT_5),
      concatBytes(AMOUNT_5, script, AMOUNT_6, other),
    ].map((output) => field(PREV_OUTPUTS, output))
    expect(read(concatBytes(...bytes)).map(({ value, script: made }) => [value, [...made]])).toEqual([
      [0n, []],
      [5n, []],
      [0n, [7, 8]],
      [5n, [7, 8]],
      [6n, [9]],
    ])
  })
})
