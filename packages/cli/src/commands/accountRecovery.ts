import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { createClient, services } from '@tidepool/rpc'
import type { tidepool } from '@tidepool/rpc'
import { messageJson, outputOf, withTraderChannel } from '../context.ts'
import { expandHome } from '../connection.ts'
import { parsePubKey, parseUint32, repeated } from '../parse.ts'

interface RecoverFlags {
  readonly full_client?: boolean
  readonly account_target?: string
  readonly auctioneer_key?: string
  readonly height_hint?: string
  readonly bitcoin_host?: string
  readonly bitcoin_user?: string
  readonly bitcoin_password?: string
  readonly bitcoin_httppostmode?: boolean
  readonly bitcoin_usetls?: boolean
  readonly bitcoin_tlspath?: string
  readonly batches?: string
  readonly wide?: boolean
  readonly restart?: boolean
}

/** The stock tool's. */
const DEFAULT_TARGET = '50'

async function recover(flags: RecoverFlags, command: Command): Promise<void> {
  if (flags.full_client === true) return recoverFromChain(flags, command)
  const accountTarget = parseUint32('account_target', flags.account_target ?? DEFAULT_TARGET)
  await withTraderChannel(command, async (channel) => {
    const trader = createClient(services.poolrpc.Trader, channel)
    process.stderr.write(`asking the auctioneer for the accounts of ${accountTarget} keys; this may take a minute\n`)
    const answer = await trader.recoverAccounts({ accountTarget }, { deadlineMs: HOUR_MS })
    outputOf(command).write(messageJson('poolrpc.RecoverAccountsResponse', answer))
  })
}

const HOUR_MS = 3_600_000

/** Ctrl-C ends the stream, and with it the search; what it found so far is kept. */
async function recoverFromChain(flags: RecoverFlags, command: Command): Promise<void> {
  const request = {
    auctioneerKey: flags.auctioneer_key ?? '',
    firstBlock: parseUint32('height_hint', flags.height_hint ?? '0'),
    keys: parseUint32('account_target', flags.account_target ?? '0'),
    batches: parseUint32('batches', flags.batches ?? '0'),
    wide: flags.wide === true,
    restart: flags.restart === true,
    bitcoinHost: flags.bitcoin_host ?? '',
    bitcoinUser: flags.bitcoin_user ?? '',
    bitcoinPassword: flags.bitcoin_password ?? '',
    bitcoinUsetls: flags.bitcoin_usetls === true,
    bitcoinTlspath: flags.bitcoin_tlspath === undefined ? '' : expandHome(flags.bitcoin_tlspath),
  }
  await withTraderChannel(command, async (channel) => {
    const stream = createClient(services.tidepool.TraderTools, channel).recoverFromChain(request)
    const stop = (): void => {
      process.stderr.write('stopped; the same command goes on from here\n')
      stream.cancel()
    }
    process.once('SIGINT', stop)
    let last: tidepool.RecoverFromChainProgress | undefined
    try {
      for await (const progress of stream) {
        if (progress.phase !== 'done') process.stderr.write(`${describe(progress)}\n`)
        last = progress
      }
    } finally {
      process.off('SIGINT', stop)
    }
    if (last?.phase !== 'done') return
    if (last.unexplainedOutputs > 0 && !request.wide) process.stderr.write(`${WIDER}\n`)
    const answer = { numRecoveredAccounts: last.accountsRecovered }
    outputOf(command).write(messageJson('poolrpc.RecoverAccountsResponse', answer))
  })
}

const WIDER =
  'outputs are left that may be accounts with unusual expiries, or payments to others: --wide looks at every expiry'

function describe(progress: tidepool.RecoverFromChainProgress): string {
  const { phase, stage, accountsFound, unexplainedOutputs, scriptsLeft, blocksLeft, secondsLeft } = progress
  const time = `at most ${duration(Number(secondsLeft))} left`
  if (phase === 'follow') return `following ${accountsFound} accounts: ${blocksLeft} blocks left, ${time}`
  const outputs = `${unexplainedOutputs} outputs not explained`
  return `searching (${stage}): ${accountsFound} accounts found, ${outputs}, ${scriptsLeft} scripts left, ${time}`
}

export function duration(seconds: number): string {
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} days`
}

interface KitFlags {
  readonly dir: string
  readonly trader_key?: readonly string[]
}

/** Three files for each account, readable by their owner only. */
async function exitKit({ dir, trader_key: keys = [] }: KitFlags, command: Command): Promise<void> {
  const folder = expandHome(dir)
  await withTraderChannel(command, async (channel) => {
    const traderKeys = keys.map((key) => parsePubKey('trader_key', key))
    const { kits } = await createClient(services.tidepool.TraderTools, channel).exitKits({ traderKeys })
    mkdirSync(folder, { recursive: true })
    const files = kits.flatMap(({ name, json, text, script }) =>
      (
        [
          ['json', json],
          ['txt', text],
          ['sh', script],
        ] as const
      ).map(([ending, content]) => {
        const path = join(folder, `${name}.${ending}`)
        writeFileSync(path, content, { mode: 0o600 })
        chmodSync(path, ending === 'sh' ? 0o700 : 0o600)
        return path
      }),
    )
    const out = outputOf(command)
    if (out.json) return out.write(JSON.stringify({ files }, null, 4))
    out.write(files.length === 0 ? 'no account holds coins' : files.join('\n'))
  })
}

export function addAccountRecovery(accounts: Command): void {
  accounts
    .command('recover')
    .description('bring accounts back after the data of the trader daemon was lost')
    .option('--full_client', "from lnd's seed and the chain alone, without the auctioneer")
    .option('--account_target <count>', 'keys to try (default: 50, without the auctioneer those in use and 50 more)')
    .option('--auctioneer_key <hex>', "the auctioneer's key, where it is not built in")
    .option('--height_hint <height>', 'first block that can hold accounts, where it is not built in')
    .option('--bitcoin_host <host:port>', 'fetch blocks from this bitcoind or btcd instead of lnd')
    .option('--bitcoin_user <name>', 'its user')
    .option('--bitcoin_password <text>', 'its password')
    .option('--bitcoin_httppostmode', 'accepted for compatibility; posts are always used')
    .option('--bitcoin_usetls', 'speak TLS with it')
    .option('--bitcoin_tlspath <file>', 'its certificate')
    .option('--batches <count>', 'batch keys to try (default: as many as there likely were)')
    .option('--wide', 'try every expiry there may be, after the likely ones; may take days')
    .option('--restart', 'do not go on where an earlier search was stopped')
    .action(recover)
  accounts
    .command('exitkit')
    .description('write files with which lnd alone can sweep each account after its expiry')
    .option('--dir <folder>', 'where to write them', 'exitkit')
    .option('--trader_key <hex>', 'only this account; may be repeated', repeated)
    .action(exitKit)
}
