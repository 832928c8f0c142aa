import type { Command } from 'commander'
import type { tidepool } from '@tidepool/rpc'
import { messageJson, outputOf } from '../context.ts'
import { toHex } from '../format.ts'
import { table } from '../output.ts'
import { parsePubKey, parseUint32 } from '../parse.ts'
import { withAdmin } from './context.ts'

const COLUMNS = [
  ['KEY', 'left'],
  ['UNTIL', 'right'],
  ['RESTING ORDERS', 'right'],
  ['REASON', 'left'],
] as const

function show(command: Command, answer: tidepool.ListBansResponse): void {
  const out = outputOf(command)
  if (out.json) return out.write(messageJson('tidepool.ListBansResponse', answer))
  const rows = answer.bans.map((ban) => [
    toHex(ban.key),
    ban.untilHeight === 0 ? 'no end' : String(ban.untilHeight),
    String(ban.numOpenOrders),
    ban.reason,
  ])
  out.write(rows.length === 0 ? 'nobody is banned' : table(COLUMNS, rows))
}

async function list(_flags: unknown, command: Command): Promise<void> {
  show(command, await withAdmin(command, (client) => client.listBans({})))
}

async function add(text: string, flags: { blocks?: string; reason: string }, command: Command): Promise<void> {
  const key = parsePubKey('key', text)
  const blocks = flags.blocks === undefined ? 0 : parseUint32('blocks', flags.blocks)
  show(command, await withAdmin(command, (client) => client.setBan({ key, blocks, reason: flags.reason })))
}

async function lift(text: string, _flags: unknown, command: Command): Promise<void> {
  const key = parsePubKey('key', text)
  show(command, await withAdmin(command, (client) => client.liftBan({ key })))
}

export function addBans(program: Command): void {
  const bans = program.command('bans').description('accounts and nodes that are kept out of auctions')
  bans.command('list', { isDefault: true }).description('all that are in force').action(list)
  bans
    .command('add')
    .description('keep an account or a node out of auctions; its coins stay its own')
    .argument('<key>', 'key of the account or the node')
    .option('--blocks <number>', 'for so many blocks; without end when not given')
    .option('--reason <text>', 'told to its trader when it submits an order', '')
    .action(add)
  bans.command('lift').description('let it in again').argument('<key>', 'key of the account or the node').action(lift)
}
