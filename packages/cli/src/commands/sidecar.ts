import type { Command } from 'commander'
import type { poolrpc } from '@tidepool/rpc'
import { messageJson, outputOf, withTrader } from '../context.ts'
import { badArgument } from '../errors.ts'
import { grouped, short, toHex } from '../format.ts'
import { facts, table } from '../output.ts'
import { Positions, parseHex, parsePubKey, parseUint, parseUint32 } from '../parse.ts'
import { addBidFlags, addOrderFlags } from './orderFlags.ts'
import { bidOf, confirmOrder, type BidFlags } from './submit.ts'

interface OfferFlags extends BidFlags {
  readonly auto?: boolean
}

/** Without `--auto` only what the recipient sees is agreed; the bid itself comes later, with the ticket. */
function manualOffer(args: readonly string[], flags: OfferFlags, given: (name: string) => boolean): poolrpc.BidInit {
  const positions = new Positions(args)
  const amt = parseUint('capacity', positions.take('capacity', undefined))
  const balance = positions.take('self_chan_balance', flags.self_chan_balance)
  // A default says nothing about what was agreed: the duration is to be named.
  const blocks = given('lease_duration_blocks') ? flags.lease_duration_blocks : undefined
  const leaseDurationBlocks = parseUint32('lease_duration_blocks', positions.take('lease_duration_blocks', blocks))
  const traderKey = parsePubKey('acct_key', positions.take('acct_key', flags.acct_key))
  if (positions.unused.length > 0) throw badArgument('args', `what is '${positions.unused.join(' ')}' for?`)
  return {
    details: { traderKey, amt },
    leaseDurationBlocks,
    selfChanBalance: parseUint('self_chan_balance', balance),
  }
}

async function offer(args: readonly string[], flags: OfferFlags, command: Command): Promise<void> {
  const given = (name: string): boolean => command.getOptionValueSource(name) === 'cli'
  if (args.length === 0 && !command.options.some((option) => given(option.attributeName()))) return command.help()
  const out = outputOf(command)
  const autoNegotiate = flags.auto === true
  if (autoNegotiate && (flags.amt === undefined || flags.amt !== flags.min_chan_amt)) {
    throw badArgument('min_chan_amt', 'with --auto give --amt and --min_chan_amt, both the same')
  }
  const wish = autoNegotiate ? bidOf(flags, args) : undefined
  const bid = wish?.bid ?? manualOffer(args, flags, given)
  await withTrader(command, async (client) => {
    const agreed = wish === undefined || (await confirmOrder(client, 'bid', wish.order, wish.selfChanBalance, flags))
    if (!agreed) return out.write('Cancelling order...')
    const ticket = await client.offerSidecar({ autoNegotiate, bid })
    out.write(out.json ? messageJson('poolrpc.SidecarTicket', ticket) : ticket.ticket)
  })
}

function ticketFacts(ticket: poolrpc.DecodedSidecarTicket): string {
  return facts([
    ['ticket', toHex(ticket.id)],
    ['state', ticket.state],
    ['capacity', `${grouped(ticket.offerCapacity)} sat`],
    ['for the recipient', `${grouped(ticket.offerPushAmount)} sat`],
    ['duration', `${ticket.offerLeaseDurationBlocks} blocks`],
    ['recipient', toHex(ticket.recipientNodePubkey) || 'nobody yet'],
    ['bid', toHex(ticket.orderBidNonce) || 'none yet'],
  ])
}

/** A command of one ticket; without it, its help, as the stock tool does. */
function ofTicket(work: (ticket: string, command: Command) => Promise<void>) {
  return (args: readonly string[], _flags: unknown, command: Command): Promise<void> | never => {
    const [ticket] = args
    return ticket === undefined || args.length > 1 ? command.help() : work(ticket, command)
  }
}

async function print(ticket: string, command: Command): Promise<void> {
  const answer = await withTrader(command, (client) => client.decodeSidecarTicket({ ticket }))
  const out = outputOf(command)
  out.write(out.json ? messageJson('poolrpc.DecodedSidecarTicket', answer) : ticketFacts(answer))
}

async function register(ticket: string, command: Command): Promise<void> {
  const answer = await withTrader(command, (client) => client.registerSidecar({ ticket }))
  const out = outputOf(command)
  out.write(out.json ? messageJson('poolrpc.SidecarTicket', answer) : answer.ticket)
}

async function expectChannel(ticket: string, command: Command): Promise<void> {
  const answer = await withTrader(command, (client) => client.expectSidecarChannel({ ticket }))
  const out = outputOf(command)
  out.write(out.json ? messageJson('poolrpc.ExpectSidecarChannelResponse', answer) : 'waiting for the channel')
}

async function cancel(id: string, command: Command): Promise<void> {
  const sidecarId = parseHex('ticket_id', id)
  const answer = await withTrader(command, (client) => client.cancelSidecar({ sidecarId }))
  const out = outputOf(command)
  out.write(out.json ? messageJson('poolrpc.CancelSidecarResponse', answer) : `ticket ${id} canceled`)
}

const COLUMNS = [
  ['TICKET', 'left'],
  ['STATE', 'left'],
  ['CAPACITY (SAT)', 'right'],
  ['BLOCKS', 'right'],
  ['RECIPIENT', 'left'],
] as const

async function list(_flags: unknown, command: Command): Promise<void> {
  const answer = await withTrader(command, (client) => client.listSidecars({}))
  const out = outputOf(command)
  if (out.json) return out.write(messageJson('poolrpc.ListSidecarsResponse', answer))
  const rows = answer.tickets.map((ticket) => [
    toHex(ticket.id),
    ticket.state,
    grouped(ticket.offerCapacity),
    String(ticket.offerLeaseDurationBlocks),
    short(toHex(ticket.recipientNodePubkey)),
  ])
  out.write(rows.length === 0 ? 'no tickets; offer a channel with: pool sidecar offer --help' : table(COLUMNS, rows))
}

export function addSidecar(program: Command): void {
  const sidecar = program.command('sidecar').alias('s').description('lease channels for other nodes')
  addBidFlags(addOrderFlags(sidecar.command('offer').alias('o'), 'CAPACITY SELF_CHAN_BALANCE BLOCKS ACCT_KEY'))
    .description('offer a channel that you pay for to another node')
    .option('--auto', 'with all of the bid at once: daemons agree through mailboxes')
    .action(offer)
  const ticket = (name: string, alias: string, description: string, argument = '[ticket...]'): Command =>
    sidecar.command(name).alias(alias).description(description).argument(argument, 'the ticket')
  ticket('printticket', 'p', 'show what a ticket says').action(ofTicket(print))
  ticket('register', 'r', 'accept a ticket, as the node that gets the channel').action(ofTicket(register))
  ticket('expectchannel', 'e', 'wait for the channel of a ticket').action(ofTicket(expectChannel))
  sidecar.command('list').alias('l').description('list tickets').action(list)
  ticket('cancel', 'c', 'cancel a ticket by its id', '[ticket_id...]').action(ofTicket(cancel))
}
