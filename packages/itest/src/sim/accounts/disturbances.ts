import { Transaction } from 'bitcoinjs-lib'
import { formatOutPoint, fromHex, reversed } from '@tidepool/crypto'
import { signWalletInputs } from '@tidepool/simnet'
import { isFunded } from '@tidepool/trader'
import type { FundedAccount } from '@tidepool/trader'
import { restart } from '../faults/inject.ts'
import type { Random } from '../kernel/random.ts'
import type { World } from '../world.ts'
import { DEEP, aliceOf } from './accountWorld.ts'

type Disturbance = readonly [name: string, weight: number, run: (world: World, random: Random) => Promise<boolean>]

/** What the chain and the machines do beside the deeds. */
const DISTURBANCES: readonly Disturbance[] = [
  ['nothing', 10, () => Promise.resolve(true)],
  ['some blocks', 15, some],
  ['deep blocks', 20, deep],
  ['blocks while the trader is down', 10, (world) => whileDown(world, aliceOf(world))],
  ['blocks while the auctioneer is down', 10, (world) => whileDown(world, world.auctioneer)],
  ['evicted', 8, evicted],
  ['replaced', 6, replaced],
  ['reorganised, kept', 10, (world, random) => reorganised(world, random, false)],
  ['reorganised, dropped', 10, (world, random) => reorganised(world, random, true)],
  ['both restarted', 6, restarted],
  ['time', 5, time],
]

/** One of them; its name. */
export async function disturb(world: World, random: Random): Promise<string> {
  let left = random.below(DISTURBANCES.reduce((sum, [, weight]) => sum + weight, 0))
  for (const [name, weight, run] of DISTURBANCES) {
    left -= weight
    if (left < 0) return (await run(world, random)) ? name : `${name} (not possible)`
  }
  return 'nothing'
}

async function some(world: World, random: Random): Promise<boolean> {
  await world.mine(random.between(1, 3))
  return true
}

async function deep(world: World): Promise<boolean> {
  await world.mine(DEEP)
  return true
}

async function time(world: World): Promise<boolean> {
  await world.stage.scheduler.pass(130_000)
  return true
}

async function whileDown(world: World, process: { kill(): void; boot(): void }): Promise<boolean> {
  process.kill()
  await world.mine(DEEP)
  process.boot()
  await world.stage.scheduler.drain()
  return true
}

async function restarted(world: World): Promise<boolean> {
  restart(world, aliceOf(world))
  restart(world, world.auctioneer)
  await world.stage.scheduler.pass(5000)
  return true
}

/** Its transaction leaves the mempool, as low fees make it. */
async function evicted(world: World): Promise<boolean> {
  const { mempool } = world.stage.chain
  const pending = waiting(world).filter(({ outpoint }) => mempool.get(outpoint.txid) !== undefined)
  for (const { outpoint } of pending) mempool.removeWithDescendants(outpoint.txid)
  if (pending.length > 0) await world.mine(1)
  return pending.length > 0
}

/** Somebody with the wallet's keys spends the coins of a deposit elsewhere, and is mined. */
async function replaced(world: World): Promise<boolean> {
  const { chain } = world.stage
  const [deposit] = waiting(world).filter(({ outpoint, change }) => {
    return (change?.coins.length ?? 0) > 0 && chain.mempool.get(outpoint.txid) !== undefined
  })
  const coin = deposit?.change?.coins[0]
  if (deposit === undefined || coin === undefined) return false
  chain.mempool.removeWithDescendants(deposit.outpoint.txid)
  const { wallet } = aliceOf(world).node.node
  const tx = new Transaction()
  tx.version = 2
  tx.addInput(reversed(fromHex(coin.outpoint.txid)), coin.outpoint.index, 0)
  tx.addOutput(wallet.book.next('p2tr', true).script, coin.output.value - 1000n)
  signWalletInputs(wallet.book, tx, [coin.output])
  chain.publish(tx)
  await world.mine(1)
  return chain.spendOf(formatOutPoint(coin.outpoint)) !== undefined
}

/** The newest blocks give way to others; what was in them waits again, or is forgotten. */
async function reorganised(world: World, random: Random, dropped: boolean): Promise<boolean> {
  const { chain } = world.stage
  await world.mine(random.between(1, 4))
  const depth = random.between(1, 5)
  const undone = Array.from({ length: depth }, (_, i) => chain.blockAt(chain.height - i)).flatMap((block) =>
    (block?.transactions ?? []).filter((tx) => !tx.isCoinbase()).map((tx) => tx.getId()),
  )
  chain.reorg(depth, { empty: true })
  if (dropped) for (const txid of undone) chain.mempool.removeWithDescendants(txid)
  await world.stage.scheduler.drain()
  if (random.chance(50)) await world.mine(1)
  return undone.length > 0
}

const waiting = (world: World): readonly FundedAccount[] =>
  [...(aliceOf(world).current()?.ledger.accounts.values() ?? [])].filter(isFunded)
