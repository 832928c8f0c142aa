import { equalBytes, fromHex, reversed, toHex } from '@tidepool/crypto'

const COIN = 100_000_000n

/** `1 BTC`, `0.00100000 BTC`: eight decimals unless whole. */
export function btc(sat: bigint): string {
  const whole = sat / COIN
  const rest = sat % COIN
  return rest === 0n ? `${whole} BTC` : `${whole}.${rest.toString().padStart(8, '0')} BTC`
}

/** `1,250,000`. */
export function grouped(value: bigint | number): string {
  return value.toString().replace(/\B(?=(\d{3})+(?!\d))/g, ',')
}

/** Wire bytes of a transaction id to the form people search for; empty for none. */
export function displayTxid(bytes: Uint8Array): string {
  return toHex(reversed(bytes))
}

export interface WireOutPoint {
  readonly txid: Uint8Array
  readonly outputIndex: number
}

/** `txid:index`, txid in display order. */
export function displayOutPoint(point: WireOutPoint | undefined): string {
  return point === undefined ? '' : `${displayTxid(point.txid)}:${point.outputIndex}`
}

/** First and last digits of something too long for a table cell. */
export function short(hex: string, digits = 8): string {
  return hex.length <= digits * 2 ? hex : `${hex.slice(0, digits)}…${hex.slice(-4)}`
}

/** Fee rate in sat/vB with one decimal, from sat/kw. */
export function satPerVByte(satPerKw: bigint): string {
  return `${(Number(satPerKw) / 250).toFixed(1)} sat/vByte`
}

export { equalBytes as equalKeys, fromHex, toHex }
