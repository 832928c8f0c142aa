import type { Command } from 'commander'
import type { tidepool } from '@tidepool/rpc'
import { messageJson, outputOf } from '../context.ts'
import { grouped, short, toHex } from '../format.ts'
import { facts, table } from '../output.ts'
import { parseHex } from '../parse.ts'
import { withAdmin } from './context.ts'

const MATCH_COLUMNS = [
  ['WITH', 'left'],
  ['UNITS', 'right'],
  ['BLOCKS', 'right'],
  ['PRICE (PPB)', 'right'],
  ['CHANNEL (SAT)', 'right'],
] as const

const since = (verdict: tidepool.AuctionVerdict): string =>
  new Date(Number(verdict.sinceNs / 1_000_000n)).toISOString().replace(/\.\d+Z/, 'Z')
const lineOf = (verdict: tidepool.AuctionVerdict): string =>
  `${verdict.code}${verdict.text === '' ? '' : `: ${verdict.text}`} (since ${since(verdict)})`

/** Verdict, what it was before, and the matches so far. */
export function whyText({ order, verdict, earlier, matches }: tidepool.WhyOrderResponse, nonce: string): string {
  const rows: (readonly [string, string])[] = [
    ['order', nonce],
    [
      'state',
      `${order?.kind ?? ''} ${order?.state ?? ''}, ${order?.unitsUnfulfilled ?? 0} of ${order?.units ?? 0} left`,
    ],
    ['last auction', verdict === undefined ? 'has been in none yet' : lineOf(verdict)],
    ...earlier.map((one) => ['before', lineOf(one)] as const),
  ]
  if (matches.length === 0) return facts(rows)
  const matched = matches.map((match) => [
    short(toHex(match.askNonce) === nonce ? toHex(match.bidNonce) : toHex(match.askNonce)),
    String(match.units),
    String(match.leaseDurationBlocks),
    grouped(match.clearingPriceRate),
    grouped(match.channelValueSat),
  ])
  return `${facts(rows)}\n${table(MATCH_COLUMNS, matched)}`
}

export async function whyOrder(nonce: string, _flags: unknown, command: Command): Promise<void> {
  const answer = await withAdmin(command, (client) => client.whyOrder({ nonce: parseHex('nonce', nonce, 32) }))
  const out = outputOf(command)
  out.write(out.json ? messageJson('tidepool.WhyOrderResponse', answer) : whyText(answer, nonce))
}
