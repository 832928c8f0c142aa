import type { Command } from 'commander'
import { createClient, services } from '@tidepool/rpc'
import type { poolrpc } from '@tidepool/rpc'
import { messageJson, outputOf, withTrader, withTraderChannel, type TraderClient } from '../context.ts'
import { badArgument } from '../errors.ts'
import { btc, displayTxid, equalKeys, grouped, satPerVByte, short, toHex } from '../format.ts'
import { plainJson, table } from '../output.ts'
import { parseUint, parseUint32, repeated } from '../parse.ts'
import { satsInWords } from '../words.ts'
import { agreed, expiryOf, feeRateOf, given, keyOf, parseOutput, versionOf } from './accountFlags.ts'
import type { ChangeFlags } from './accountFlags.ts'
import { accountJson, accountTable, versionName } from './accountText.ts'

interface AmountFlags extends ChangeFlags {
  readonly amt?: string
  readonly addr?: string
  readonly output?: readonly string[]
}

interface CloseFlags extends ChangeFlags {
  readonly addr?: string
  readonly outputs?: readonly string[]
}

type Position = string | undefined

async function accountOf(client: TraderClient, key: Uint8Array): Promise<poolrpc.Account> {
  const { accounts } = await client.listAccounts({ activeOnly: false })
  const found = accounts.find(({ traderKey }) => equalKeys(traderKey, key))
  if (found === undefined) throw badArgument('trader_key', `there is no account ${toHex(key)} here`)
  return found
}

const amount = (sat: bigint): string => `${btc(sat)} (${grouped(sat)} sat, ${satsInWords(sat)})`

/** What an account becomes besides its balance. */
function alsoBecomes(account: poolrpc.Account, flags: ChangeFlags): readonly string[] {
  const asked = versionOf('new_version', flags.new_version ?? '0')
  const next = asked === 'ACCOUNT_VERSION_LND_DEPENDENT' ? 'ACCOUNT_VERSION_TAPROOT_V2' : asked
  const expiry = flags.expiry_height ?? (flags.expiry_blocks === undefined ? undefined : `now + ${flags.expiry_blocks}`)
  return [
    ...(next === account.version ? [] : [`Version: ${versionName(account.version)} becomes ${versionName(next)}`]),
    ...(expiry === undefined ? [] : [`New expiry: ${expiry}`]),
  ]
}

async function deposit(key: Position, amt: Position, rate: Position, flags: AmountFlags, command: Command) {
  const traderKey = keyOf(flags, key)
  const amountSat = parseUint('amt', given('amt', flags.amt, amt))
  const newVersion = versionOf('new_version', flags.new_version ?? '0')
  const accountExpiry = expiryOf(flags)
  const out = outputOf(command)
  await withTraderChannel(command, async (channel) => {
    const client = createClient(services.poolrpc.Trader, channel)
    const feeRateSatPerKw = await feeRateOf(channel, flags, rate)
    const describe = async (): Promise<readonly string[]> => {
      const account = await accountOf(client, traderKey)
      return [
        `Deposit ${amount(amountSat)} from the wallet into account ${short(toHex(traderKey))}`,
        `Balance: ${amount(account.value)} becomes ${amount(account.value + amountSat)}`,
        `Fee rate: ${satPerVByte(feeRateSatPerKw)}, paid by the wallet`,
        ...alsoBecomes(account, flags),
      ]
    }
    if (!(await agreed(flags, describe))) return out.write('Cancelling deposit...')
    const answer = await client.depositAccount({ traderKey, amountSat, feeRateSatPerKw, accountExpiry, newVersion })
    show(out, answer.account, 'deposit_txid', answer.depositTxid)
  })
}

async function withdraw(
  key: Position,
  amt: Position,
  addr: Position,
  rate: Position,
  flags: AmountFlags,
  command: Command,
) {
  const traderKey = keyOf(flags, key)
  const outputs = (flags.output ?? []).map((text) => parseOutput('output', text))
  if (outputs.length === 0 || flags.amt !== undefined || flags.addr !== undefined) {
    outputs.unshift({
      valueSat: parseUint('amt', given('amt', flags.amt, amt)),
      address: given('addr', flags.addr, addr),
    })
  }
  const newVersion = versionOf('new_version', flags.new_version ?? '0')
  const accountExpiry = expiryOf(flags)
  const out = outputOf(command)
  await withTraderChannel(command, async (channel) => {
    const client = createClient(services.poolrpc.Trader, channel)
    const feeRateSatPerKw = await feeRateOf(channel, flags, rate)
    const describe = async (): Promise<readonly string[]> => {
      const account = await accountOf(client, traderKey)
      const total = outputs.reduce((sum, { valueSat }) => sum + valueSat, 0n)
      return [
        ...outputs.map(({ address, valueSat }) => `Pay ${amount(valueSat)} to ${address}`),
        `Balance of account ${short(toHex(traderKey))}: ${amount(account.value)} becomes ${amount(maxOf(account.value - total))} less the fee`,
        `Fee rate: ${satPerVByte(feeRateSatPerKw)}, paid by the account`,
        ...alsoBecomes(account, flags),
      ]
    }
    if (!(await agreed(flags, describe))) return out.write('Cancelling withdrawal...')
    const answer = await client.withdrawAccount({ traderKey, outputs, feeRateSatPerKw, accountExpiry, newVersion })
    show(out, answer.account, 'withdraw_txid', answer.withdrawTxid)
  })
}

const maxOf = (value: bigint): bigint => (value < 0n ? 0n : value)

async function renew(key: Position, rate: Position, flags: ChangeFlags, command: Command) {
  const accountKey = keyOf(flags, key)
  const newVersion = versionOf('new_version', flags.new_version ?? '0')
  // The height wins over the blocks, which have a default.
  const blocks = flags.expiry_height === undefined ? (flags.expiry_blocks ?? '4320') : undefined
  const { expiry_blocks: _blocks, ...others } = flags
  const wanted = blocks === undefined ? others : { ...others, expiry_blocks: blocks }
  const accountExpiry = expiryOf(wanted)
  const out = outputOf(command)
  await withTraderChannel(command, async (channel) => {
    const client = createClient(services.poolrpc.Trader, channel)
    const feeRateSatPerKw = await feeRateOf(channel, flags, rate)
    const describe = async (): Promise<readonly string[]> => {
      const account = await accountOf(client, accountKey)
      return [
        `Renew account ${short(toHex(accountKey))} of ${amount(account.value)}, which expires at ${account.expirationHeight}`,
        `Fee rate: ${satPerVByte(feeRateSatPerKw)}, paid by the account`,
        ...alsoBecomes(account, wanted),
      ]
    }
    if (!(await agreed(flags, describe))) return out.write('Cancelling renewal...')
    const answer = await client.renewAccount({ accountKey, accountExpiry, feeRateSatPerKw, newVersion })
    show(out, answer.account, 'renewal_txid', answer.renewalTxid)
  })
}

type Destination = NonNullable<poolrpc.CloseAccountRequestInit['fundsDestination']>

function destinationOf(flags: CloseFlags, rate: Position): Destination {
  const texts = (flags.outputs ?? []).flatMap((text) => text.split(','))
  if (texts.length > 0) {
    if (flags.addr !== undefined) throw badArgument('addr', 'name either --addr or --outputs')
    return { case: 'outputs', value: { outputs: texts.map((text) => parseOutput('outputs', text)) } }
  }
  const address = flags.addr ?? ''
  const perVByte = flags.sat_per_vbyte ?? rate
  if (perVByte !== undefined) {
    const value = parseUint('sat_per_vbyte', perVByte) * 250n
    return {
      case: 'outputWithFee',
      value: { address, fees: { case: 'feeRateSatPerKw', value: value < 253n ? 253n : value } },
    }
  }
  const target = flags.conf_target === undefined ? 0 : parseUint32('conf_target', flags.conf_target)
  if (target === 0) throw badArgument('sat_per_vbyte', 'name the fee: --sat_per_vbyte=RATE or --conf_target=BLOCKS')
  return { case: 'outputWithFee', value: { address, fees: { case: 'confTarget', value: target } } }
}

function describeDestination(account: poolrpc.Account, destination: Destination): readonly string[] {
  if (destination.case === 'outputs') {
    const outputs = destination.value.outputs ?? []
    const total = outputs.reduce((sum, { valueSat = 0n }) => sum + valueSat, 0n)
    return [
      ...outputs.map(({ address = '', valueSat = 0n }) => `Pay ${amount(valueSat)} to ${address}`),
      `Fee: the rest, ${amount(maxOf(account.value - total))}`,
    ]
  }
  const { address, fees } = destination.value
  return [
    `Everything but the fee goes to ${address === undefined || address === '' ? 'a new address of the wallet' : address}`,
    fees?.case === 'confTarget'
      ? `Fee: as estimated for ${fees.value} blocks`
      : `Fee rate: ${satPerVByte(fees?.value ?? 0n)}`,
  ]
}

async function close(key: Position, rate: Position, flags: CloseFlags, command: Command) {
  const traderKey = keyOf(flags, key)
  const fundsDestination = destinationOf(flags, rate)
  const out = outputOf(command)
  await withTrader(command, async (client) => {
    const describe = async (): Promise<readonly string[]> => {
      const account = await accountOf(client, traderKey)
      return [
        `Close account ${short(toHex(traderKey))} of ${amount(account.value)}`,
        ...describeDestination(account, fundsDestination),
      ]
    }
    if (!(await agreed(flags, describe))) return out.write('Cancelling close...')
    const { closeTxid } = await client.closeAccount({ traderKey, fundsDestination })
    const txid = displayTxid(closeTxid)
    out.write(out.json ? plainJson({ close_txid: txid }) : `closed by ${txid}`)
  })
}

async function bumpFee(key: Position, rate: Position, flags: ChangeFlags, command: Command) {
  const traderKey = keyOf(flags, key)
  const perVByte = parseUint('sat_per_vbyte', given('sat_per_vbyte', flags.sat_per_vbyte, rate))
  const feeRateSatPerKw = perVByte * 250n
  const out = outputOf(command)
  const lines = [
    `Pay ${satPerVByte(feeRateSatPerKw)} for the unconfirmed transaction of account ${short(toHex(traderKey))}`,
    'The wallet spends an output of it at that rate, from its own coins',
  ]
  if (!(await agreed(flags, () => Promise.resolve(lines)))) return out.write('Cancelling fee bump...')
  const answer = await withTrader(command, (client) => client.bumpAccountFee({ traderKey, feeRateSatPerKw }))
  out.write(out.json ? messageJson('poolrpc.BumpAccountFeeResponse', answer) : 'the wallet pays more for it now')
}

async function listFees(_flags: unknown, command: Command) {
  const answer = await withTrader(command, (client) => client.accountModificationFees({}))
  const out = outputOf(command)
  if (out.json) return out.write(messageJson('poolrpc.AccountModificationFeesResponse', answer))
  const rows = [...answer.accounts].flatMap(([account, { modificationFees }]) =>
    modificationFees.map(({ action, txid, blockHeight, outputAmount, fee }) => [
      short(account),
      action,
      fee?.case === 'feeValue' ? grouped(fee.value) : 'unknown',
      grouped(outputAmount),
      blockHeight === 0 ? 'unconfirmed' : String(blockHeight),
      txid,
    ]),
  )
  out.write(rows.length === 0 ? 'no transactions of accounts yet' : table(FEE_COLUMNS, rows))
}

const FEE_COLUMNS = [
  ['ACCOUNT', 'left'],
  ['ACTION', 'left'],
  ['FEE (SAT)', 'right'],
  ['OUTPUT (SAT)', 'right'],
  ['HEIGHT', 'right'],
  ['TRANSACTION', 'left'],
] as const

function show(out: ReturnType<typeof outputOf>, account: poolrpc.Account | undefined, name: string, txid: Uint8Array) {
  if (account === undefined) throw new Error('the daemon answered without the account')
  const id = displayTxid(txid)
  out.write(
    out.json ? plainJson({ account: accountJson(account), [name]: id }) : `${accountTable([account])}\n${name} ${id}`,
  )
}

const withChangeFlags = (command: Command): Command =>
  command
    .option('--trader_key <key>', 'the account')
    .option('--sat_per_vbyte <rate>', 'fee rate of the transaction, at least what nodes relay')
    .option('--force', 'do not ask')
    .option('--yes', 'do not ask')

const withTarget = (command: Command): Command =>
  command.option('--conf_target <blocks>', 'instead of a rate: what is estimated to confirm within so many blocks')

const withTerms = (command: Command): Command =>
  command
    .option('--expiry_height <height>', 'new block height at which the account expires')
    .option('--expiry_blocks <blocks>', 'the same, counted from now')
    .option('--new_version <number>', 'account version from now on: 0 newest, 1 P2WSH, 2 taproot, 3 taproot v2', '0')

const UPGRADES = '\nWithout --new_version the account becomes the newest version on the way.'

export function addAccountChanges(accounts: Command): void {
  withTerms(withTarget(withChangeFlags(accounts.command('deposit').alias('d'))))
    .description('move coins of the wallet into an account')
    .argument('[trader_key]', 'the account')
    .argument('[amt]', 'satoshis to add')
    .argument('[sat_per_vbyte]', 'fee rate')
    .option('--amt <sat>', 'satoshis to add')
    .addHelpText('after', UPGRADES)
    .action(deposit)
  withTerms(withTarget(withChangeFlags(accounts.command('withdraw').alias('w'))))
    .description('pay from an account')
    .argument('[trader_key]', 'the account')
    .argument('[amt]', 'satoshis to pay')
    .argument('[addr]', 'address to pay to')
    .argument('[sat_per_vbyte]', 'fee rate')
    .option('--amt <sat>', 'satoshis to pay')
    .option('--addr <address>', 'address to pay to')
    .option('--output <address:sat>', 'one of several outputs; may be repeated', repeated)
    .addHelpText('after', UPGRADES)
    .action(withdraw)
  withTerms(withTarget(withChangeFlags(accounts.command('renew').alias('r'))))
    .description('give an account a new expiry, also after it expired (default: 4320 blocks from now)')
    .argument('[trader_key]', 'the account')
    .argument('[sat_per_vbyte]', 'fee rate')
    .addHelpText('after', UPGRADES)
    .action(renew)
  withTarget(withChangeFlags(accounts.command('close').alias('c')))
    .description('take all coins out of an account, alone once it has expired')
    .argument('[trader_key]', 'the account')
    .argument('[sat_per_vbyte]', 'fee rate')
    .option('--addr <address>', 'where the coins go; default: a new address of the wallet')
    .option('--outputs <address:sat,...>', 'exact outputs; what they leave is the fee', repeated)
    .action(close)
  withChangeFlags(accounts.command('bumpfee').alias('b'))
    .description("pay more for an account's unconfirmed transaction")
    .argument('[trader_key]', 'the account')
    .argument('[sat_per_vbyte]', 'fee rate')
    .action(bumpFee)
  accounts
    .command('listfees')
    .alias('f')
    .description("what the accounts' transactions paid the miners")
    .action(listFees)
}
