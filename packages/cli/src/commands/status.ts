import type { Command } from 'commander'
import { createClient, services, type tidepool } from '@tidepool/rpc'
import { messageJson, outputOf, withTraderChannel } from '../context.ts'
import { QuietExit } from '../errors.ts'
import { askUntil, WAIT_FLAG, waitMs } from '../waitUntil.ts'
import { statusText } from './statusText.ts'

/** For scripts and supervisors; 1 stays what it is everywhere: the daemon does not answer. */
const EXIT = { notReady: 4, offline: 5, underWay: 6 } as const

export function exitCodeOf({ problem, auctioneer, node }: tidepool.TraderStatusResponse): number {
  if (problem !== '' || (node?.problem ?? '') !== '') return EXIT.notReady
  return auctioneer?.state === 'offline' || auctioneer?.state === 'connecting' ? EXIT.offline : 0
}

/** What is still under way: the connection, accounts and channels that wait for blocks, a batch. */
export function underWay(status: tidepool.TraderStatusResponse): readonly string[] {
  const { problem, node, auctioneer, accounts, leases } = status
  const lnd = problem === '' ? (node?.problem ?? '') : problem
  const connecting = auctioneer?.state === 'offline' || auctioneer?.state === 'connecting'
  const batch = auctioneer?.batchState ?? ''
  const changing = accounts.filter(({ state }) => state.includes('pending') || state === 'initiated').length
  const joining = accounts.filter((one) => one.state === 'open' && !one.subscribed && one.refusal === '').length
  const opening = leases.filter(({ channelState }) => channelState === 'pending').length
  return [
    ...(lnd === '' ? [] : [lnd]),
    ...(connecting ? ['the auctioneer is out of reach'] : []),
    ...(batch === '' || batch === 'idle' ? [] : [`a batch is being made: ${batch}`]),
    ...(joining === 0 ? [] : [`accounts the auctioneer does not follow yet: ${joining}`]),
    ...(changing === 0 ? [] : [`accounts that wait for a block: ${changing}`]),
    ...(opening === 0 ? [] : [`channels that wait for a block: ${opening}`]),
  ]
}

async function status(flags: { readonly wait?: string | true }, command: Command): Promise<void> {
  const wait = waitMs(flags.wait)
  const ask = () =>
    withTraderChannel(command, (channel) => createClient(services.tidepool.TraderView, channel).status({}))
  const answer = wait === undefined ? await ask() : await askUntil(ask, (seen) => underWay(seen).length === 0, wait)
  const out = outputOf(command)
  out.write(out.json ? messageJson('tidepool.TraderStatusResponse', answer) : statusText(answer, Date.now()))
  const code = exitCodeOf(answer)
  if (code !== 0) throw new QuietExit(code)
  const left = wait === undefined ? [] : underWay(answer)
  if (left.length === 0) return
  process.stderr.write(`[pool] still under way: ${left.join('; ')}\n`)
  throw new QuietExit(EXIT.underWay)
}

export function addStatus(program: Command): void {
  program
    .command('status')
    .description('node, connection, accounts, orders, next batch and leases on one screen')
    .addHelpText(
      'after',
      `\n--wait: until the daemon is connected and no account, channel or batch is under way.\n\nExit codes: 0 all is well, 1 the daemon does not answer, ${EXIT.notReady} it waits for lnd, ${EXIT.offline} the auctioneer is out of reach,\n${EXIT.underWay} something was still under way when the time of --wait was up`,
    )
    .option(...WAIT_FLAG)
    .action(status)
}
