import { rmSync } from 'node:fs'
import { disconnect } from './up.ts'
import { localDir, localStack } from './localStack.ts'
import { endProcess, isAlive, readProcesses } from './state.ts'

type Say = (line: string) => void

/** Ends the stack and forgets its data: btcd starts every regtest chain from nothing, and so must all others. */
export async function down(say: Say): Promise<void> {
  const processes = readProcesses()
  for (const process_ of processes.toReversed()) {
    say(`stopping ${process_.name}`)
    await endProcess(process_)
  }
  rmSync(localDir, { recursive: true, force: true })
  if (processes.length === 0) say('nothing is running')
}

/** Mines and waits until every lnd has seen the blocks. */
export async function mine(say: Say, blocks: number): Promise<void> {
  requireRunning()
  const stack = await localStack()
  const height = await stack.chain.chain.mine(blocks)
  await Promise.all(stack.lnds.map((node) => node.knows(height)))
  disconnect(stack)
  say(`height ${height}`)
}

/** One line per process, with what it says about itself. */
export async function status(say: Say): Promise<void> {
  const processes = readProcesses()
  if (processes.length === 0) return say('the stack is down; start it with: pnpm run regtest up')
  for (const process_ of processes)
    say(`${isAlive(process_) ? 'running' : 'ENDED  '}  ${process_.name} (${process_.pid})`)
  if (!processes.every(isAlive)) return
  const stack = await localStack()
  say(`height ${await stack.chain.chain.height()}, ${(await stack.chain.chain.mempool()).length} in the mempool`)
  for (const node of stack.lnds) {
    const [info, wallet] = await Promise.all([node.rpc.lightning.getInfo({}), node.rpc.lightning.walletBalance({})])
    const channels = `${info.numActiveChannels} active channels`
    const synced = info.syncedToChain ? 'synced' : 'not synced'
    say(`lnd ${node.name}: height ${info.blockHeight}, ${synced}, ${wallet.confirmedBalance} sat, ${channels}`)
  }
  if (processes.some(({ name }) => name === stack.auctioneer.name)) {
    const { numAccounts, numOpenOrders, numBatches, auctionState } = await stack.auctioneer.admin.status({})
    say(`auctioneerd: ${auctionState}, ${numAccounts} accounts, ${numOpenOrders} open orders, ${numBatches} batches`)
  }
  disconnect(stack)
}

function requireRunning(): void {
  if (!readProcesses().some(isAlive)) throw new Error('the stack is down; start it with: pnpm run regtest up')
}
