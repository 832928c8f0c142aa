import { blockHeight } from '@tidepool/crypto'
import type { AccountVersion } from '@tidepool/market'
import type { FundedAccount, Trader, TraderAccount } from '@tidepool/trader'
import { isFunded, overtaking } from '@tidepool/trader'
import { stopFaults } from '../checks/atRest.ts'
import { Random } from '../kernel/random.ts'
import type { World } from '../world.ts'
import { BLOCKS_LEFT, DEEP, accountWorld, aliceOf } from './accountWorld.ts'
import { masterScriptOf, satoshisOf, strayCoins } from './checks.ts'
import { carryOut } from './deeds.ts'
import type { Deed } from './deeds.ts'
import { wander } from './schedule.ts'
import type { Tally } from '../kernel/tally.ts'

/** with: the auctioneer answers. without: it is gone for good. */
export type Company = 'with' | 'without'

/** Blocks within which every account has expired, and some for confirmations. */
const MOST_BLOCKS = 400
/** The least an account may run for. */
const TERM = 144
const STEP = 6

/**
 * An account brought into any state that deeds, faults and the chain lead to; from there on its owner uses nothing but
 * commands and patience. @throws when coins are left that it did not reach
 */
export async function findWayOut(number: number, company: Company, tally: Tally): Promise<void> {
  const seed = `way out ${number}`
  const random = new Random(`${seed}/script`)
  const version = random.pick<AccountVersion>([0, 1, 2])
  const world = await accountWorld({ versions: [version], expiring: true }, seed)
  const satoshis = satoshisOf(world)
  const masterScript = masterScriptOf(world)
  if (random.chance(40)) await world.mine(BLOCKS_LEFT)
  const lost = await wander(world, random, tally, {
    rounds: random.between(0, 2),
    term: TERM,
    mayClose: company === 'with',
  })
  stopFaults(world)
  if (company === 'without') world.auctioneer.kill()
  world.boot()
  if (company === 'without') world.auctioneer.kill()
  const alice = aliceOf(world)
  await world.until('the trader is up', () => alice.current() !== undefined)
  for (const { kind } of alice.trader.ledger.accounts.values()) tally.count(`${company} the auctioneer, from`, kind)
  if (lost) await bringBack(world, company, tally)
  for (let blocks = 0; living(alice.trader).length > 0; blocks += STEP) {
    if (blocks > MOST_BLOCKS) throw new Error(`no way out\n  ${world.story()}`)
    for (const account of living(alice.trader)) await takeOut(world, account, company, tally)
    await world.mine(STEP)
    await world.stage.scheduler.pass(70_000)
  }
  await world.mine(DEEP)
  const left = strayCoins(world, masterScript)
  const now = satoshisOf(world)
  if (left.length > 0 || now !== satoshis) {
    throw new Error(`${left.join('\n')}\n${now - satoshis} sat more than there were\n  ${world.story()}`)
  }
}

/** Accounts that may hold coins. */
const living = ({ ledger }: Trader): readonly TraderAccount[] =>
  [...ledger.accounts.values()].filter(({ kind }) => kind !== 'closed' && kind !== 'canceledAfterRecovery')

/** What its owner would do: close it where it can be closed, else wait. */
async function takeOut(world: World, account: TraderAccount, company: Company, tally: Tally): Promise<void> {
  if (!isFunded(account) || account.kind === 'pendingClosed') return wait(tally, company)
  const isOver = world.stage.chain.height >= spentOf(world, account).expiry
  const mayClose = company === 'without' ? isOver : isOver || account.kind === 'open'
  if (!mayClose) return wait(tally, company)
  const deed: Deed = { name: 'close', key: account.key, version: undefined, feeRate: 2000 }
  const outcome = await carryOut(world, aliceOf(world), deed)
  tally.count(
    `${company} the auctioneer, commands`,
    `close ${outcome.kind === 'refused' ? outcome.code : outcome.kind}`,
  )
}

const wait = (tally: Tally, company: Company): void => tally.count(`${company} the auctioneer, commands`, 'wait')

const spentOf = (world: World, account: FundedAccount): FundedAccount =>
  overtaking(account, blockHeight(world.stage.chain.height))

/** The folder was lost: from the auctioneer, or from keys and chain. */
async function bringBack(world: World, company: Company, tally: Tally): Promise<void> {
  const alice = aliceOf(world)
  if (company === 'with') {
    tally.count('with the auctioneer, commands', 'recover')
    await carryOut(world, alice, { name: 'recover', key: undefined, version: undefined })
    return
  }
  tally.count('without the auctioneer, commands', 'recover --full_client')
  const { recovery } = alice.trader
  const { auctioneerKey } = world
  if (recovery === undefined) throw new Error('nothing to recover with')
  const firstBlock = blockHeight(100)
  const request = { auctioneerKey, firstBlock, keys: alice.keysInUse, batches: 1, wide: false, resume: false }
  const run = { request, blocks: undefined, tell: () => Promise.resolve(), signal: new AbortController().signal }
  await world.finish(recovery.fromChain(run))
}
