import { toHex } from '@tidepool/crypto'
import type { AccountOutput } from '@tidepool/crypto'

/** The account's output as miniscript, with its checksum (BIP-380, BIP-386). */
export function descriptorOf(output: AccountOutput, expiry: number): string {
  const trader = output.tweakedTraderKey
  const body =
    output.kind === 'p2wsh'
      ? `wsh(and_v(v:pk(${trader}),or_d(pk(${output.tweakedAuctioneerKey}),after(${expiry}))))`
      : `tr(${toHex(output.internalKey)},and_v(v:pk(${trader.slice(2)}),after(${expiry})))`
  return `${body}#${checksum(body)}`
}

const INPUT = '0123456789()[],\'/*abcdefgh@:$%{}IJKLMNOPQRSTUVWXYZ&+-.;<=>?!^_|~ijklmnopqrstuvwxyzABCDEFGH`#"\\ '
const OUTPUT = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l'
const GENERATOR = [0xf5dee51989n, 0xa9fdca3312n, 0x1bab10e32dn, 0x3706b1677an, 0x644d626ffdn] as const

function polymod(state: bigint, value: number): bigint {
  const top = state >> 35n
  const next = ((state & 0x7ffffffffn) << 5n) ^ BigInt(value)
  return GENERATOR.reduce((sum, term, i) => ((top >> BigInt(i)) & 1n ? sum ^ term : sum), next)
}

/** BIP-380. */
export function checksum(descriptor: string): string {
  const symbols: number[] = []
  let groups: number[] = []
  for (const character of descriptor) {
    const place = INPUT.indexOf(character)
    symbols.push(place & 31)
    groups.push(place >> 5)
    if (groups.length === 3) {
      symbols.push((groups[0] ?? 0) * 9 + (groups[1] ?? 0) * 3 + (groups[2] ?? 0))
      groups = []
    }
  }
  if (groups.length === 1) symbols.push(groups[0] ?? 0)
  if (groups.length === 2) symbols.push((groups[0] ?? 0) * 3 + (groups[1] ?? 0))
  const state = [...symbols, 0, 0, 0, 0, 0, 0, 0, 0].reduce(polymod, 1n) ^ 1n
  return Array.from({ length: 8 }, (_, i) => OUTPUT[Number((state >> BigInt(5 * (7 - i))) & 31n)]).join('')
}
