import type { Command } from 'commander'
import type { tidepool } from '@tidepool/rpc'
import { messageJson, outputOf } from '../context.ts'
import { badArgument, QuietExit } from '../errors.ts'
import { grouped, toHex } from '../format.ts'
import { facts } from '../output.ts'
import { parseUint, satPerKwFromVByte } from '../parse.ts'
import { askUntil, WAIT_FLAG, waitMs } from '../waitUntil.ts'
import { batchText, chainText, runText } from './batchText.ts'
import { withAdmin } from './context.ts'

/** An auction may take several attempts of four 30-second steps. */
const AUCTION_DEADLINE_MS = 600_000
/** As `pool status`. */
const EXIT_UNDER_WAY = 6

export const masterText = (account: tidepool.MasterAccount | undefined): string =>
  account === undefined || account.state === 'NONE'
    ? 'none; fund it with: auctionctl init --amt=SATOSHIS'
    : `${grouped(account.valueSat)} sat, ${account.confirmed ? 'confirmed' : 'unconfirmed'}, ${account.txid}:${account.outputIndex}`

async function init(
  position: string | undefined,
  flags: { amt?: string; sat_per_vbyte?: string },
  command: Command,
): Promise<void> {
  const amount = flags.amt ?? position
  if (amount === undefined)
    throw badArgument('amt', "how much should the auctioneer's account hold? give it as --amt=SATOSHIS")
  const answer = await withAdmin(command, (client) =>
    client.init({
      amountSat: parseUint('amt', amount),
      feeRateSatPerKw:
        flags.sat_per_vbyte === undefined ? 0n : satPerKwFromVByte(parseUint('sat_per_vbyte', flags.sat_per_vbyte)),
    }),
  )
  const out = outputOf(command)
  if (out.json) return out.write(messageJson('tidepool.InitResponse', answer))
  out.write(`${answer.created ? 'created' : 'already there'}: ${masterText(answer.masterAccount)}`)
}

/** Nothing of the auctioneer's own waits for a block, and no batch is being made. */
const isSettled = ({ masterAccount, auctionState, unconfirmed }: tidepool.StatusResponse): boolean =>
  masterAccount?.state !== 'FUNDING' && auctionState === 'idle' && (unconfirmed?.numTransactions ?? 0) === 0

async function status(flags: { readonly wait?: string | true }, command: Command): Promise<void> {
  const wait = waitMs(flags.wait)
  const ask = () => withAdmin(command, (client) => client.status({}))
  const s = wait === undefined ? await ask() : await askUntil(ask, isSettled, wait)
  show(s, command)
  if (wait === undefined || isSettled(s)) return
  process.stderr.write('[auctionctl] something still waits for a block, or a batch is being made\n')
  throw new QuietExit(EXIT_UNDER_WAY)
}

function show(s: tidepool.StatusResponse, command: Command): void {
  const out = outputOf(command)
  if (out.json) return out.write(messageJson('tidepool.StatusResponse', s))
  out.write(
    facts([
      ['version', `${s.version} on ${s.network}, lnd ${s.lndVersion}`],
      ['block height', String(s.blockHeight)],
      ['auctioneer key', toHex(s.auctioneerKey)],
      ['next batch', toHex(s.currentBatchKey)],
      ["auctioneer's account", masterText(s.masterAccount)],
      ['auction', s.auctionState],
      ['next auction', s.nextAuctionAt === 0n ? 'when told' : new Date(Number(s.nextAuctionAt) * 1000).toISOString()],
      ['fee rate', `${s.nextFeeRateSatPerKw} sat/kw`],
      ['accounts', `${s.numAccounts}, ${s.numSubscribedAccounts} subscribed on ${s.numStreams} streams`],
      ['open orders', String(s.numOpenOrders)],
      ['batches', String(s.numBatches)],
      ['unconfirmed', chainText(s.unconfirmed)],
    ]),
  )
}

async function runNow(_flags: unknown, command: Command): Promise<void> {
  const out = outputOf(command)
  if (!out.json) process.stderr.write('running the auction; every trader has to check and sign …\n')
  const answer = await withAdmin(command, (client) => client.runAuction({}, { deadlineMs: AUCTION_DEADLINE_MS }))
  if (out.json) return out.write(messageJson('tidepool.RunAuctionResponse', answer))
  if (answer.run !== undefined) out.write(runText(answer.run))
  if (answer.batch !== undefined) out.write(batchText(answer.batch))
}

export function addOperate(program: Command): void {
  program
    .command('init')
    .description("fund the auctioneer's own account from its lnd wallet")
    .argument('[amt]', 'satoshis')
    .option('--amt <sat>', 'satoshis')
    .option('--sat_per_vbyte <rate>', "fee rate; lnd's estimate when not given")
    .action(init)
  program
    .command('status')
    .description('where the auctioneer stands')
    .option(...WAIT_FLAG)
    .addHelpText(
      'after',
      `\n--wait: until the auctioneer answers, nothing of its own waits for a block and no batch is being made;\nexit code ${EXIT_UNDER_WAY} when that was not so in time.`,
    )
    .action(status)
  program
    .command('auction')
    .description('the auction itself')
    .command('run-now')
    .description('run the auction now and wait for its end')
    .action(runNow)
}
