import { encodeTx, fromHex, pointFromSecret, satoshi, sha256, toHex, txid } from '@tidepool/crypto'
import type { Pool } from './messages.ts'

const point = (seed: number): Uint8Array => pointFromSecret(new Uint8Array(32).fill(seed))

const TX = encodeTx(
  {
    version: 2,
    lockTime: 0,
    inputs: [
      { prevout: { txid: txid('11'.repeat(32)), index: 0 }, scriptSig: new Uint8Array(), sequence: 0, witness: [] },
    ],
    outputs: [{ value: satoshi(100_000), script: fromHex(`0020${'22'.repeat(32)}`) }],
  },
  { witness: false },
)

/** Things of the right shape, and whatever the market at hand knows. */
export function poolWith(known: Partial<Pool> = {}): Pool {
  const keys = [1, 2, 3].map(point)
  const hashes = [1, 2, 3].map((seed) => sha256(Uint8Array.of(seed)))
  const bytes = [
    ...keys,
    ...hashes,
    TX,
    Uint8Array.of(...point(4), ...point(5)),
    fromHex('3006020101020101'),
    new Uint8Array(),
  ]
  return {
    bytes: [...bytes, ...(known.bytes ?? []), ...(known.bytes ?? [])],
    strings: [
      ...[...keys, ...hashes].map(toHex),
      ...['tcp', '127.0.0.1:9735', 'onion.onion:1', `${'33'.repeat(32)}:0`, 'bcrt1qqqqqqq', '', '0'],
      ...(known.strings ?? []),
    ],
    numbers: [
      0,
      1,
      2,
      5,
      10,
      58,
      144,
      253,
      1000,
      2016,
      4032,
      25_000,
      100_000,
      500_000,
      2_100_000,
      ...(known.numbers ?? []),
    ],
  }
}
