import { startChainDaemon } from '../harness/chain/chainDaemon.ts'
import { payToWallet } from '../harness/fundWallet.ts'
import type { LndNode } from '../harness/lndNode.ts'
import type { ManagedProcess } from '../harness/process.ts'
import { settings } from '../harness/settings.ts'
import { until } from '../harness/until.ts'
import { describeEndpoints, endpoints } from './endpoints.ts'
import { localDir, localStack, logDir, type LocalStack } from './localStack.ts'
import {
  endProcess,
  endpointsFile,
  isAlive,
  readProcesses,
  writeJson,
  writeProcesses,
  type StackProcess,
} from './state.ts'

type Say = (line: string) => void

/** Brings the stack up and waits until all of it is ready; ends what it started when something fails. */
export async function up(say: Say): Promise<void> {
  if (readProcesses().some(isAlive)) {
    say('the stack is up already; see: pnpm run regtest status')
    return
  }
  const stack = await localStack()
  const started: StackProcess[] = []
  const note = (process_: ManagedProcess): void => {
    const { name, command } = process_.options
    started.push({ name, pid: process_.pid ?? 0, command })
    writeProcesses(started)
  }
  try {
    await bringUp(stack, note, say)
  } catch (error) {
    say(`failed; logs are in ${logDir}`)
    for (const process_ of started.toReversed()) await endProcess(process_)
    forgetProcesses()
    throw error
  } finally {
    disconnect(stack)
  }
}

async function bringUp(stack: LocalStack, note: (process_: ManagedProcess) => void, say: Say): Promise<void> {
  const { chain, lnds, auctioneer } = stack
  say(`starting ${stack.chainKind}, mining the first blocks`)
  const mined = startChainDaemon(chain)
  note(chain.process)
  const height = await mined
  say(`chain at height ${height}; starting lnd for ${lnds.map((node) => node.name).join(', ')}`)
  for (const node of lnds) {
    node.start()
    note(node.process)
  }
  await Promise.all(lnds.map((node) => node.ready(height).then(() => say(`lnd ${node.name} is ready`))))
  await fundEmptyWallets(stack, say)
  say('starting auctioneerd')
  const serving = auctioneer.start()
  note(auctioneer.process)
  await serving
  await openMasterAccount(stack, say)
  const described = await endpoints(stack)
  writeJson(endpointsFile, described)
  say(`\n${describeEndpoints(described)}\n\nall endpoints: ${endpointsFile}\nlogs: ${logDir}, data: ${localDir}`)
}

async function fundEmptyWallets({ chain, lnds }: LocalStack, say: Say): Promise<void> {
  const balance = async (node: LndNode) => (await node.rpc.lightning.walletBalance({})).confirmedBalance
  const empty: LndNode[] = []
  for (const node of lnds) if ((await balance(node)) === 0n) empty.push(node)
  if (empty.length === 0) return
  const { sat, coins } = settings.funding
  say(`paying ${sat} sat each to ${empty.map((node) => node.name).join(', ')}`)
  for (const node of empty) {
    await payToWallet(chain.chain, node.rpc, BigInt(sat), coins)
    const height = await chain.chain.mine(1)
    await Promise.all(lnds.map((each) => each.ready(height)))
  }
  for (const node of empty) await until(`${node.name} sees its coins`, async () => (await balance(node)) >= BigInt(sat))
}

/** Without it there is no batch; the operator of a real auctioneer does this by hand. */
async function openMasterAccount({ chain, lnds, auctioneer }: LocalStack, say: Say): Promise<void> {
  const state = async () => (await auctioneer.admin.status({})).masterAccount?.state ?? 'NONE'
  if ((await state()) === 'READY') return
  say("opening the auctioneer's account")
  await auctioneer.admin.init({ amountSat: BigInt(settings.auctioneerd.initSat) })
  await until(
    "the auctioneer's account is ready",
    async () => {
      const height = await chain.chain.mine(1)
      await Promise.all(lnds.map((node) => node.ready(height)))
      return (await state()) === 'READY'
    },
    { timeoutMs: 60_000, pauseMs: 300 },
  )
}

/** Lets this process end while the daemons go on. */
export function disconnect({ lnds, auctioneer }: LocalStack): void {
  for (const node of lnds) node.disconnect()
  auctioneer.disconnect()
}
