import { rmSync } from 'node:fs'
import { startChainDaemon } from '../harness/chain/chainDaemon.ts'
import type { ManagedProcess } from '../harness/process.ts'
import { describeEndpoints, endpoints } from './endpoints.ts'
import { environmentFile, writeEnvironment } from './environment.ts'
import { fundEmptyWallets, openMasterAccount } from './funding.ts'
import { checkPorts } from './checkPorts.ts'
import { localDir, localStack, logDir, type LocalStack } from './localStack.ts'
import {
  endProcess,
  endpointsFile,
  forgetProcesses,
  isAlive,
  readProcesses,
  writeJson,
  writeProcesses,
  type StackProcess,
} from './state.ts'

type Say = (line: string) => void

/** `nodes`: chain and Lightning nodes alone, for who wants to set up an auctioneer by hand. */
export type Extent = 'all' | 'nodes'

/** Brings up a new stack and waits until all of it is ready; ends what it started when something fails. */
export async function up(say: Say, extent: Extent): Promise<void> {
  if (readProcesses().some(isAlive)) {
    say('the stack is up already; see: pnpm run regtest status')
    return
  }
  await checkPorts()
  rmSync(localDir, { recursive: true, force: true })
  const stack = await localStack()
  const started: StackProcess[] = []
  const note = (process_: ManagedProcess): void => {
    const { name, command } = process_.options
    started.push({ name, pid: process_.pid ?? 0, command })
    writeProcesses(started)
  }
  try {
    await bringUp(stack, extent, note, say)
  } catch (error) {
    say(`failed; logs are in ${logDir}`)
    for (const process_ of started.toReversed()) await endProcess(process_)
    forgetProcesses()
    throw error
  } finally {
    disconnect(stack)
  }
}

type Note = (process_: ManagedProcess) => void

async function bringUp(stack: LocalStack, extent: Extent, note: Note, say: Say): Promise<void> {
  const { chain, lnds } = stack
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
  await fundEmptyWallets(chain.chain, lnds, say)
  if (extent === 'all') await startAuctioneer(stack, note, say)
  const described = await endpoints(stack)
  writeJson(endpointsFile, described)
  writeEnvironment(stack.daemons)
  say(`\n${describeEndpoints(described)}\n\nall endpoints: ${endpointsFile}\nlogs: ${logDir}, data: ${localDir}`)
  say(`the programs, for this shell: source ${environmentFile}`)
}

async function startAuctioneer({ chain, lnds, auctioneer }: LocalStack, note: Note, say: Say): Promise<void> {
  say('starting auctioneerd')
  const serving = auctioneer.start()
  note(auctioneer.process)
  await serving
  await openMasterAccount(chain.chain, lnds, auctioneer.admin, say)
}

/** Lets this process end while the daemons go on. */
export function disconnect({ lnds, auctioneer }: LocalStack): void {
  for (const node of lnds) node.disconnect()
  auctioneer.disconnect()
}
