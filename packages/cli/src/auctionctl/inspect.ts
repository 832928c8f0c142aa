import type { Command } from 'commander'
import type { tidepool } from '@tidepool/rpc'
import { messageJson, outputOf } from '../context.ts'
import { grouped, short, toHex } from '../format.ts'
import { table } from '../output.ts'
import { parsePubKey, parseUint32 } from '../parse.ts'
import { accountText } from './accountText.ts'
import { runText } from './batchText.ts'
import { withAdmin } from './context.ts'
import { whyOrder } from './whyOrder.ts'

const ACCOUNT_COLUMNS = [
  ['ACCOUNT', 'left'],
  ['STATE', 'left'],
  ['VALUE (SAT)', 'right'],
  ['RESERVED (SAT)', 'right'],
  ['EXPIRY', 'right'],
  ['VERSION', 'right'],
  ['ONLINE', 'left'],
] as const

const accountRow = (account: tidepool.AdminAccount): string[] => [
  toHex(account.accountKey),
  account.state,
  grouped(account.valueSat),
  grouped(account.reservedSat),
  String(account.expiry),
  String(account.version),
  account.subscribed ? 'yes' : 'no',
]

async function listAccounts(flags: { active_only?: boolean }, command: Command): Promise<void> {
  const answer = await withAdmin(command, (client) => client.listAccounts({ activeOnly: flags.active_only === true }))
  const out = outputOf(command)
  if (out.json) return out.write(messageJson('tidepool.ListAccountsResponse', answer))
  out.write(answer.accounts.length === 0 ? 'no accounts yet' : table(ACCOUNT_COLUMNS, answer.accounts.map(accountRow)))
  if (answer.reservations.length > 0) out.write(`${answer.reservations.length} reserved and not yet funded`)
}

async function showAccount(key: string, _flags: unknown, command: Command): Promise<void> {
  const answer = await withAdmin(command, (client) => client.getAccount({ accountKey: parsePubKey('key', key) }))
  const out = outputOf(command)
  out.write(out.json ? messageJson('tidepool.GetAccountResponse', answer) : accountText(answer))
}

const ORDER_COLUMNS = [
  ['ORDER', 'left'],
  ['SIDE', 'left'],
  ['STATE', 'left'],
  ['RATE (PPB)', 'right'],
  ['UNITS LEFT', 'right'],
  ['BLOCKS', 'right'],
  ['CHANNEL', 'left'],
  ['ACCOUNT', 'left'],
  ['RESTS BECAUSE', 'left'],
] as const

const orderRow = (order: tidepool.AdminOrder): string[] => [
  toHex(order.nonce),
  order.kind,
  order.state,
  grouped(order.rateFixed),
  `${order.unitsUnfulfilled} of ${order.units}`,
  String(order.leaseDurationBlocks),
  order.channelType,
  short(toHex(order.accountKey)),
  order.restingReason,
]

async function orders(
  flags: { show_archived?: boolean; account?: string; limit: string },
  command: Command,
): Promise<void> {
  const answer = await withAdmin(command, (client) =>
    client.listOrders({
      includeArchived: flags.show_archived === true,
      limit: parseUint32('limit', flags.limit),
      ...(flags.account === undefined ? {} : { accountKey: parsePubKey('account', flags.account) }),
    }),
  )
  const out = outputOf(command)
  if (out.json) return out.write(messageJson('tidepool.ListOrdersResponse', answer))
  out.write(answer.orders.length === 0 ? 'no orders' : table(ORDER_COLUMNS, answer.orders.map(orderRow)))
  const older = answer.numTotal - answer.orders.length
  if (older > 0) out.write(`${grouped(older)} older ones are not shown: see --limit and --account`)
}

async function auctions(flags: { limit: string }, command: Command): Promise<void> {
  const answer = await withAdmin(command, (client) => client.listAuctions({ limit: parseUint32('limit', flags.limit) }))
  const out = outputOf(command)
  if (out.json) return out.write(messageJson('tidepool.ListAuctionsResponse', answer))
  out.write(answer.auctions.length === 0 ? 'no auction has run yet' : answer.auctions.map(runText).join('\n\n'))
}

export function addInspect(program: Command): void {
  const accounts = program.command('accounts').description("traders' accounts")
  accounts
    .command('list', { isDefault: true })
    .description('all of them')
    .option('--active_only', 'without closed ones')
    .action(listAccounts)
  accounts
    .command('show')
    .description('one account: every step of its life and why it is in its state')
    .argument('<key>', 'account key in hex')
    .action(showAccount)
  const book = program.command('orders').description('the order book')
  book
    .command('list', { isDefault: true })
    .description('open orders in order of arrival')
    .option('--show_archived', 'executed, canceled, expired and failed orders too')
    .option('--account <hex>', 'only orders of this account')
    .option('--limit <count>', 'the newest so many, at most 10000', '1000')
    .action(orders)
  book
    .command('why')
    .description('why an order has not been matched, or with whom it has')
    .argument('<nonce>', 'nonce of the order')
    .action(whyOrder)
  program
    .command('auctions')
    .description('past auctions, also those without a batch')
    .option('--limit <count>', 'how many', '20')
    .action(auctions)
}
