import type { Command } from 'commander'
import type { tidepool } from '@tidepool/rpc'
import { messageJson, outputOf } from '../context.ts'
import { table } from '../output.ts'
import { parseUint32 } from '../parse.ts'
import { withAdmin } from './context.ts'

const COLUMNS = [
  ['BLOCKS', 'right'],
  ['STATE', 'left'],
  ['OPEN ORDERS', 'right'],
] as const

function show(command: Command, answer: tidepool.ListDurationsResponse): void {
  const out = outputOf(command)
  if (out.json) return out.write(messageJson('tidepool.ListDurationsResponse', answer))
  const rows = answer.durations.map((one) => [String(one.leaseDurationBlocks), one.state, String(one.numOpenOrders)])
  out.write(table(COLUMNS, rows))
}

async function list(_flags: unknown, command: Command): Promise<void> {
  show(command, await withAdmin(command, (client) => client.listDurations({})))
}

async function set(blocks: string, state: string, _flags: unknown, command: Command): Promise<void> {
  const leaseDurationBlocks = parseUint32('blocks', blocks)
  show(command, await withAdmin(command, (client) => client.setDuration({ leaseDurationBlocks, state })))
}

async function remove(blocks: string, flags: { cancel_orders?: boolean }, command: Command): Promise<void> {
  const leaseDurationBlocks = parseUint32('blocks', blocks)
  const cancelOrders = flags.cancel_orders === true
  show(command, await withAdmin(command, (client) => client.removeDuration({ leaseDurationBlocks, cancelOrders })))
}

export function addDurations(program: Command): void {
  const durations = program.command('durations').description('lease durations that are traded')
  durations.command('list', { isDefault: true }).description('all of them, shortest first').action(list)
  durations
    .command('set')
    .description('add a duration or change its state; counts at once')
    .argument('<blocks>', 'lease duration')
    .argument('<state>', 'closed (takes no orders), accepting (takes but does not clear) or open')
    .action(set)
  durations
    .command('remove')
    .description('take a duration off the market')
    .argument('<blocks>', 'lease duration')
    .option('--cancel_orders', 'cancel the open orders for it; without this it stays while there are any')
    .action(remove)
}
