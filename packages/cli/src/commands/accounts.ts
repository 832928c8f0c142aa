import type { Command } from 'commander'
import type { poolrpc } from '@tidepool/rpc'
import { outputOf, withTrader, type TraderClient } from '../context.ts'
import { badArgument } from '../errors.ts'
import { btc, satPerVByte } from '../format.ts'
import { plainJson } from '../output.ts'
import { parseUint, parseUint32, satPerKwFromVByte } from '../parse.ts'
import { confirm } from '../prompt.ts'
import { satsInWords } from '../words.ts'
import { addAccountRecovery } from './accountRecovery.ts'
import { addAccountChanges } from './accountChanges.ts'
import { versionOf } from './accountFlags.ts'
import { accountHint, accountJson, accountTable } from './accountText.ts'

interface NewFlags {
  readonly amt?: string
  readonly expiry_height?: string
  readonly expiry_blocks: string
  readonly conf_target?: string
  readonly sat_per_vbyte?: string
  readonly force?: boolean
  readonly yes?: boolean
  readonly version: string
}

type Fees = NonNullable<poolrpc.InitAccountRequest['fees']>

function feesOf(flags: NewFlags): Fees {
  if (flags.sat_per_vbyte !== undefined) {
    return { case: 'feeRateSatPerKw', value: satPerKwFromVByte(parseUint('sat_per_vbyte', flags.sat_per_vbyte)) }
  }
  const target = flags.conf_target === undefined ? 0 : parseUint32('conf_target', flags.conf_target)
  if (target === 0)
    throw badArgument('conf_target', 'name the funding fee: --conf_target=BLOCKS or --sat_per_vbyte=RATE')
  return { case: 'confTarget', value: target }
}

async function describeFunding(client: TraderClient, amount: bigint, fees: Fees): Promise<string> {
  const lines = ['-- Account Funding Details --', `Amount: ${btc(amount)}`, `In words: ${satsInWords(amount)}`]
  if (fees.case === 'confTarget') {
    const quote = await client.quoteAccount({ accountValue: amount, fees })
    lines.push(
      `Confirmation target: ${fees.value} blocks`,
      `Fee rate (estimated): ${satPerVByte(quote.minerFeeRateSatPerKw)}`,
      `Total miner fee (estimated): ${btc(quote.minerFeeTotal)}`,
    )
  } else {
    lines.push(`Fee rate (estimated): ${satPerVByte(fees.value)}`)
  }
  return lines.join('\n')
}

async function openAccount(position: string | undefined, flags: NewFlags, command: Command): Promise<void> {
  const amountText = flags.amt ?? position
  if (amountText === undefined)
    throw badArgument('amt', 'the size of the account is missing: give it as --amt=SATOSHIS')
  const accountValue = parseUint('amt', amountText)
  const version = versionOf('version', flags.version)
  const fees = feesOf(flags)
  const accountExpiry =
    flags.expiry_height === undefined
      ? ({ case: 'relativeHeight', value: parseUint32('expiry_blocks', flags.expiry_blocks) } as const)
      : ({ case: 'absoluteHeight', value: parseUint32('expiry_height', flags.expiry_height) } as const)
  const out = outputOf(command)
  await withTrader(command, async (client) => {
    if (flags.force !== true && flags.yes !== true) {
      process.stderr.write(`${await describeFunding(client, accountValue, fees)}\n`)
      if (!(await confirm('Confirm account (yes/no): '))) return out.write('Cancelling account...')
    }
    const account = await client.initAccount({ accountValue, accountExpiry, fees, version, initiator: 'pool-cli' })
    out.write(out.json ? plainJson(accountJson(account)) : accountTable([account]))
  })
}

async function listAccounts(flags: { readonly show_archived?: boolean }, command: Command): Promise<void> {
  const out = outputOf(command)
  const { accounts, height } = await withTrader(command, async (client) => {
    const list = await client.listAccounts({ activeOnly: flags.show_archived !== true })
    return { accounts: list.accounts, height: out.json ? 0 : (await client.getInfo({})).currentBlockHeight }
  })
  if (out.json) return out.write(plainJson({ accounts: accounts.map(accountJson) }))
  if (accounts.length === 0) return out.write('no accounts; open one with: pool accounts new --help')
  const hints = accounts.flatMap((account) => accountHint(account, height) ?? [])
  out.write([accountTable(accounts), ...hints].join('\n'))
}

export function addAccounts(program: Command): void {
  const accounts = program.command('accounts').alias('a').description('open, change and look at accounts')
  accounts
    .command('new')
    .alias('n')
    .description('open an account: a 2-of-2 output with the auctioneer that you can spend alone after it expires')
    .argument('[amt]', 'size of the account in satoshis')
    .option('--amt <sat>', 'size of the account in satoshis')
    .option('--expiry_height <height>', 'block height at which it expires; wins over --expiry_blocks')
    .option('--expiry_blocks <blocks>', 'blocks until it expires', '4320')
    .option('--conf_target <blocks>', 'confirm the funding transaction within so many blocks')
    .option('--sat_per_vbyte <rate>', 'fee rate of the funding transaction; wins over --conf_target')
    .option('--version <number>', 'account version: 0 newest, 1 P2WSH, 2 taproot, 3 taproot v2', '0')
    .option('--force', 'do not ask')
    .option('--yes', 'do not ask')
    .action(openAccount)
  accounts
    .command('list')
    .alias('l')
    .description('list accounts')
    .option('--show_archived', 'closed and unrecoverable accounts too')
    .action(listAccounts)
  addAccountChanges(accounts)
  addAccountRecovery(accounts)
}
