import type { Command } from 'commander'
import type { tidepool } from '@tidepool/rpc'
import { messageJson, outputOf } from '../context.ts'
import { toHex } from '../format.ts'
import { table } from '../output.ts'
import { parsePubKey } from '../parse.ts'
import { withAdmin } from './context.ts'

const COLUMNS = [
  ['ACCOUNT', 'left'],
  ['TIMES', 'right'],
  ['LAST', 'left'],
  ['LEFT OUT UNTIL', 'left'],
  ['OPEN ORDERS', 'right'],
] as const

const moment = (ns: bigint): string => new Date(Number(ns / 1_000_000n)).toISOString().replace(/\.\d+Z/, 'Z')

/** One line for each account that left batches unanswered since the last one it completed. */
export function silencesText({ silences }: tidepool.ListSilencesResponse): string {
  if (silences.length === 0) return 'every trader that was asked has answered'
  const rows = silences.map((one) => [
    toHex(one.accountKey),
    String(one.times),
    `${one.step} unanswered at ${moment(one.lastNs)}`,
    one.leftOutUntilNs === 0n ? 'takes part' : moment(one.leftOutUntilNs),
    String(one.numOpenOrders),
  ])
  return table(COLUMNS, rows)
}

function show(command: Command, answer: tidepool.ListSilencesResponse): void {
  const out = outputOf(command)
  out.write(out.json ? messageJson('tidepool.ListSilencesResponse', answer) : silencesText(answer))
}

async function list(_flags: unknown, command: Command): Promise<void> {
  show(command, await withAdmin(command, (client) => client.listSilences({})))
}

async function forgive(text: string, _flags: unknown, command: Command): Promise<void> {
  const accountKey = parsePubKey('account', text)
  show(command, await withAdmin(command, (client) => client.forgiveSilence({ accountKey })))
}

export function addSilences(program: Command): void {
  const silences = program.command('silences').description('connected traders that left batches without an answer')
  silences
    .command('list', { isDefault: true })
    .description('how often in a row, and until when they are left out')
    .action(list)
  silences
    .command('forgive')
    .description('forget it: the account takes part in the next auction')
    .argument('<account>', 'key of the account')
    .action(forgive)
}
