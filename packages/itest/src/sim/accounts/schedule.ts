import type { AccountVersion } from '@tidepool/market'
import type { TraderAccount } from '@tidepool/trader'
import { stopFaults } from '../checks/atRest.ts'
import { Random } from '../kernel/random.ts'
import type { World } from '../world.ts'
import { BLOCKS_LEFT, accountWorld, aliceOf, keysOf } from './accountWorld.ts'
import type { AccountCast } from './accountWorld.ts'
import { satoshisOf } from './checks.ts'
import { DEEDS, carryOut } from './deeds.ts'
import type { Deed, DeedName } from './deeds.ts'
import { disturb } from './disturbances.ts'
import { armFault } from './randomFaults.ts'
import { endsWell } from './story.ts'
import type { Tally } from '../kernel/tally.ts'

const CASTS: readonly AccountCast[] = [
  { versions: [0], expiring: false },
  { versions: [1], expiring: false },
  { versions: [2], expiring: false },
  { versions: [0, 2], expiring: false },
  { versions: [0], expiring: true },
  { versions: [1], expiring: true },
  { versions: [2], expiring: true },
]
const MOST_ROUNDS = 3
/** Every so many schedules have their scripts run by the interpreter. */
const INTERPRETED = 50

/** One random life of some accounts: deeds, faults, reorganisations, restarts. @throws what is wrong in the end */
export async function runSchedule(number: number, tally: Tally): Promise<World> {
  const seed = `accounts ${number}`
  const random = new Random(`${seed}/script`)
  const cast = CASTS[random.below(CASTS.length)] ?? { versions: [2], expiring: false }
  const world = await accountWorld(cast, seed, number % INTERPRETED === 0)
  const satoshis = satoshisOf(world)
  if (cast.expiring && random.chance(50)) await world.mine(BLOCKS_LEFT)
  const lost = await wander(world, random, tally, { rounds: random.between(1, MOST_ROUNDS) })
  await endsWell({ world, satoshis }, { lost })
  return world
}

export interface Wandering {
  readonly rounds: number
  /** Blocks that new expiries are away. */
  readonly term?: number
  readonly mayClose?: boolean
}

/** Into any state at all. Tells whether the trader's folder is lost and not recovered. */
export async function wander(world: World, random: Random, tally: Tally, way: Wandering): Promise<boolean> {
  const memory: Memory = { lost: false }
  for (let i = 0; i < way.rounds; i++) await round(world, random, tally, memory, way)
  return memory.lost
}

interface Memory {
  /** The trader's folder was lost, and no recovery has ended well since. */
  lost: boolean
}

async function round(world: World, random: Random, tally: Tally, memory: Memory, way: Wandering): Promise<void> {
  stopFaults(world)
  world.boot()
  const alice = aliceOf(world)
  await world.until('everyone is up', () => alice.current() !== undefined && world.auctioneer.current() !== undefined)
  if (random.chance(70)) await world.stage.scheduler.pass(random.pick([0, 2000, 70_000]))
  if (!memory.lost && random.chance(6)) {
    tally.count('disturbances', 'data lost')
    memory.lost = true
    alice.kill()
    alice.loseData()
    alice.boot()
    await world.until('it is up again', () => alice.current() !== undefined)
  }
  if (random.chance(65)) tally.count('faults', armFault(world, random))
  const drawn = anyDeed(world, random, memory)
  const closes = drawn.name === 'close' || drawn.name === 'close to several'
  const deed = { ...drawn, ...(closes && way.mayClose === false ? { name: 'renew' as const } : {}), term: way.term }
  const outcome = await carryOut(world, alice, deed)
  if (deed.name === 'recover' && outcome.kind === 'done') memory.lost = false
  tally.count('deeds', `${deed.name}: ${outcome.kind === 'refused' ? 'refused' : outcome.kind}`)
  if (outcome.kind === 'refused') tally.count('refusals', outcome.code)
  if (way.mayClose !== false && random.chance(15)) await secondDeed(world, random, tally, deed)
  tally.count('disturbances', await disturb(world, random))
}

/** Another account's change beside the first, so that both are in one block. */
async function secondDeed(world: World, random: Random, tally: Tally, first: Deed): Promise<void> {
  const alice = aliceOf(world)
  if (alice.current() === undefined) return
  const key = keysOf(alice).find((other) => other !== first.key)
  if (key === undefined) return
  const name = random.pick<DeedName>(['deposit', 'withdraw', 'renew', 'close'])
  const outcome = await carryOut(world, alice, { name, key, version: undefined })
  tally.count('deeds', `${name} beside another: ${outcome.kind}`)
}

function anyDeed(world: World, random: Random, memory: Memory): Deed {
  const alice = aliceOf(world)
  if (memory.lost && random.chance(80)) return { name: 'recover', key: undefined, version: undefined }
  const accounts = [...alice.trader.ledger.accounts.values()].toSorted((a, b) => a.keyIndex - b.keyIndex)
  const account = accounts[random.below(Math.max(accounts.length, 1))]
  if (account === undefined) return { name: 'open', key: undefined, version: anyVersion(random) }
  const name = random.chance(85) ? likely(account, random) : (DEEDS[random.below(DEEDS.length)] ?? 'deposit')
  return { name, key: account.key, version: versionFor(account, random), feeRate: random.pick([253, 500, 2000]) }
}

const anyVersion = (random: Random): AccountVersion => random.pick<AccountVersion>([0, 1, 2])

function versionFor(account: TraderAccount, random: Random): AccountVersion | undefined {
  const version = anyVersion(random)
  return random.chance(60) || version < account.version ? undefined : version
}

/** What its state allows. */
function likely(account: TraderAccount, random: Random): DeedName {
  switch (account.kind) {
    case 'open':
      return random.pick<DeedName>([
        'deposit',
        'deposit',
        'withdraw',
        'withdraw',
        'withdraw to several',
        'renew',
        'close',
        'close to several',
        'open',
      ])
    case 'expired':
      return random.pick<DeedName>(['renew', 'close', 'close to several'])
    case 'initiated':
    case 'canceledAfterRecovery':
    case 'closed':
      return random.pick<DeedName>(['open', 'recover'])
    default:
      return random.pick<DeedName>(['bump fee', 'close', 'recover'])
  }
}
