import type { Command } from 'commander'
import type { poolrpc } from '@tidepool/rpc'
import { messageJson, outputOf, withTrader } from '../context.ts'
import { grouped, toHex } from '../format.ts'
import { table } from '../output.ts'
import { parseHex } from '../parse.ts'
import { ordersJson, ordersWithReasons, type Reasons } from './restingReasons.ts'
import { addSubmit } from './submit.ts'

const ORDER_COLUMNS = [
  ['ORDER', 'left'],
  ['SIDE', 'left'],
  ['STATE', 'left'],
  ['AMOUNT (SAT)', 'right'],
  ['UNITS LEFT', 'right'],
  ['RATE (PPB)', 'right'],
  ['BLOCKS', 'right'],
  ['RESERVED (SAT)', 'right'],
  ['CHANNEL', 'left'],
  ['RESTS BECAUSE', 'left'],
] as const

const orderRow = (kind: string, order: poolrpc.Ask | poolrpc.Bid, reasons: Reasons): string[] => {
  const details = order.details
  if (details === undefined) return []
  return [
    toHex(details.orderNonce),
    kind,
    details.state.replace('ORDER_', '').toLowerCase(),
    grouped(details.amt),
    `${details.unitsUnfulfilled} of ${details.units}`,
    grouped(details.rateFixed),
    String(order.leaseDurationBlocks),
    grouped(details.reservedValueSat),
    details.channelType.replace('ORDER_CHANNEL_TYPE_', '').toLowerCase().replace('_', ' '),
    reasons.get(toHex(details.orderNonce))?.code ?? '',
  ]
}

async function listOrders(flags: { verbose?: boolean; show_archived?: boolean }, command: Command): Promise<void> {
  const { orders: answer, reasons } = await ordersWithReasons(command, {
    verbose: flags.verbose === true,
    activeOnly: flags.show_archived !== true,
  })
  const out = outputOf(command)
  if (out.json) return out.write(ordersJson(answer, reasons))
  const rows = [
    ...answer.asks.map((ask) => orderRow('ask', ask, reasons)),
    ...answer.bids.map((bid) => orderRow('bid', bid, reasons)),
  ]
  out.write(
    rows.length === 0 ? 'no open orders; submit one with: pool orders submit ask --help' : table(ORDER_COLUMNS, rows),
  )
}

async function cancelOrder(
  position: string | undefined,
  flags: { order_nonce?: string },
  command: Command,
): Promise<void> {
  const nonce = flags.order_nonce ?? position
  if (nonce === undefined) return command.help()
  const answer = await withTrader(command, (client) =>
    client.cancelOrder({ orderNonce: parseHex('order_nonce', nonce, 32) }),
  )
  const out = outputOf(command)
  out.write(out.json ? messageJson('poolrpc.CancelOrderResponse', answer) : `order ${nonce} canceled`)
}

export function addOrders(program: Command): void {
  const orders = program.command('orders').alias('o').description('submit, look at and cancel orders')
  orders
    .command('list')
    .alias('l')
    .description('list orders')
    .option('--verbose', 'with every event of each order')
    .option('--show_archived', 'executed, canceled and failed orders too')
    .action(listOrders)
  orders
    .command('cancel')
    .alias('c')
    .description('cancel an open order')
    .argument('[order_nonce]', 'nonce of the order')
    .option('--order_nonce <hex>', 'nonce of the order')
    .action(cancelOrder)
  addSubmit(orders)
}
