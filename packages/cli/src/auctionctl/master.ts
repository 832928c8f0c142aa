import type { Command } from 'commander'
import type { tidepool } from '@tidepool/rpc'
import { messageJson, outputOf } from '../context.ts'
import { badArgument } from '../errors.ts'
import { parseUint, satPerKwFromVByte } from '../parse.ts'
import { withAdmin } from './context.ts'
import { masterText } from './operate.ts'

interface Flags {
  readonly amt?: string
  readonly addr?: string
  readonly sat_per_vbyte?: string
}

const rateOf = ({ sat_per_vbyte: rate }: Flags): bigint =>
  rate === undefined ? 0n : satPerKwFromVByte(parseUint('sat_per_vbyte', rate))

function amountOf(position: string | undefined, { amt }: Flags): bigint {
  const amount = amt ?? position
  if (amount === undefined) throw badArgument('amt', 'how much? give it as --amt=SATOSHIS')
  return parseUint('amt', amount)
}

function show(command: Command, answer: tidepool.MasterChangeResponse): void {
  const out = outputOf(command)
  if (out.json) return out.write(messageJson('tidepool.MasterChangeResponse', answer))
  out.write(`${answer.txid}: ${masterText(answer.masterAccount)}`)
}

async function topUp(position: string | undefined, flags: Flags, command: Command): Promise<void> {
  const request = { amountSat: amountOf(position, flags), feeRateSatPerKw: rateOf(flags) }
  show(command, await withAdmin(command, (client) => client.topUpMaster(request)))
}

async function withdraw(
  amount: string | undefined,
  address: string | undefined,
  flags: Flags,
  command: Command,
): Promise<void> {
  const target = flags.addr ?? address
  if (target === undefined) throw badArgument('addr', 'where to? give it as --addr=ADDRESS')
  const request = { amountSat: amountOf(amount, flags), address: target, feeRateSatPerKw: rateOf(flags) }
  show(command, await withAdmin(command, (client) => client.withdrawMaster(request)))
}

export function addMaster(program: Command): void {
  const master = program.command('master').description("the auctioneer's own account, between batches")
  master
    .command('topup')
    .description('pay more into it from the lnd wallet')
    .argument('[amt]', 'satoshis')
    .option('--amt <sat>', 'satoshis')
    .option('--sat_per_vbyte <rate>', "fee rate; lnd's estimate when not given")
    .action(topUp)
  master
    .command('withdraw')
    .description('pay from it to an address')
    .argument('[amt]', 'satoshis')
    .argument('[addr]', 'address')
    .option('--amt <sat>', 'satoshis')
    .option('--addr <address>', 'address')
    .option('--sat_per_vbyte <rate>', "fee rate; lnd's estimate when not given")
    .action(withdraw)
}
