import type { AccountKey } from '@tidepool/crypto'
import type { AccountVersion } from '@tidepool/market'
import { isFunded } from '@tidepool/trader'
import type { World } from '../world.ts'
import { BLOCKS_LEFT, DEEP, accountWorld, aliceOf, keysOf } from './accountWorld.ts'
import { accountFaults, satoshisOf } from './checks.ts'
import { carryOut } from './deeds.ts'
import type { Deed, DeedName, Outcome } from './deeds.ts'
import { comeToRest } from './rest.ts'

/** One change in the life of an account, from before it until it is confirmed. */
export interface Story {
  readonly name: string
  /** Of the account before. */
  readonly version: AccountVersion
  readonly deed: DeedName | 'expire'
  /** Of the output after. */
  readonly next?: AccountVersion
  /** The account has expired when it begins. */
  readonly expired?: boolean
  /** What has happened before, unconfirmed. */
  readonly first?: DeedName
  /** The trader's folder was lost before. */
  readonly lost?: boolean
}

/** Longer than a restart takes. */
const BACK_MS = 10_000
const ALL: readonly AccountVersion[] = [0, 1, 2]
const upgrades = (from: AccountVersion): readonly AccountVersion[] => ALL.filter((version) => version > from)

function storiesOf(version: AccountVersion): readonly Story[] {
  const plain: readonly Omit<Story, 'name' | 'version'>[] = [
    { deed: 'open', next: version },
    { deed: 'deposit' },
    { deed: 'withdraw' },
    { deed: 'withdraw to several' },
    { deed: 'renew' },
    { deed: 'renew', expired: true },
    { deed: 'close' },
    { deed: 'close to several' },
    { deed: 'close', expired: true },
    { deed: 'close to several', expired: true },
    { deed: 'bump fee', first: 'withdraw' },
    { deed: 'bump fee', first: 'close' },
    { deed: 'expire' },
    { deed: 'recover', lost: true },
    { deed: 'recover', lost: true, first: 'deposit' },
    { deed: 'recover', lost: true, first: 'renew' },
    { deed: 'recover', lost: true, first: 'close' },
    { deed: 'recover', lost: true, expired: true },
    ...upgrades(version).flatMap((next): readonly Omit<Story, 'name' | 'version'>[] => [
      { deed: 'deposit', next },
      { deed: 'withdraw', next },
      { deed: 'renew', next, expired: true },
    ]),
  ]
  return plain.map((story) => ({ ...story, version, name: nameOf({ ...story, version }) }))
}

function nameOf({ version, deed, next, expired = false, first, lost = false }: Omit<Story, 'name'>): string {
  const before = [expired ? 'expired' : '', first === undefined ? '' : `after ${first}`, lost ? 'data lost' : '']
  const what = next === undefined || deed === 'open' ? deed : `${deed} to version ${next}`
  return [`version ${version}: ${what}`, ...before.filter((one) => one !== '')].join(', ')
}

/** Every change, of every version, with every upgrade. */
export const STORIES: readonly Story[] = ALL.flatMap(storiesOf)

export interface Scene {
  readonly world: World
  readonly key: AccountKey
  /** What no fault may change. */
  readonly satoshis: bigint
}

/** The world just before the story. */
export async function begin(story: Story, seed: string): Promise<Scene> {
  const { version, expired = false, first, lost = false } = story
  const expiring = expired || story.deed === 'expire'
  const world = await accountWorld({ versions: [version], expiring }, seed)
  const alice = aliceOf(world)
  const [key] = keysOf(alice)
  if (key === undefined) throw new Error('no account')
  const satoshis = satoshisOf(world)
  if (expired) await world.mine(BLOCKS_LEFT)
  if (first !== undefined) expectDone(await carryOut(world, alice, { name: first, key, version: undefined }))
  if (lost) {
    alice.kill()
    alice.loseData()
    alice.boot()
    await world.until('it is up again', () => alice.current() !== undefined)
  }
  return { world, key, satoshis }
}

/**
 * The story itself, with blocks until everything it sets off is deep. A daemon that was killed in it is back before the
 * blocks come, or, when they are `early`, after some of them.
 */
export async function tell(
  { world, key }: Scene,
  story: Story,
  early = true,
  blocks = story.deed === 'expire' ? BLOCKS_LEFT + 1 : DEEP,
): Promise<Outcome> {
  const deed: Deed | undefined =
    story.deed === 'expire' ? undefined : { name: story.deed, key, version: story.next ?? keep(story) }
  const outcome: Outcome = deed === undefined ? { kind: 'done' } : await carryOut(world, aliceOf(world), deed)
  if (!early) await world.stage.scheduler.pass(BACK_MS)
  await world.mine(blocks)
  return outcome
}

const keep = ({ deed, version }: Story): AccountVersion | undefined => (deed === 'open' ? version : undefined)

/** The network heals: everything must be right, and the next change of every account works. @throws what is wrong */
export async function endsWell(
  { world, satoshis }: Pick<Scene, 'world' | 'satoshis'>,
  { lost = false }: Pick<Story, 'lost'>,
): Promise<void> {
  await comeToRest(world)
  if (lost) {
    expectDone(await carryOut(world, aliceOf(world), { name: 'recover', key: undefined, version: undefined }), world)
    await comeToRest(world)
  }
  check(world, satoshis)
  if (await nextChanges(world)) check(world, satoshis)
}

function check(world: World, satoshis: bigint): void {
  const faults = accountFaults(world)
  const now = satoshisOf(world)
  const all = now === satoshis ? faults : [...faults, `${now - satoshis} sat more than there were`]
  if (all.length > 0) throw new Error(`${all.join('\n')}\n  ${world.story()}`)
}

/** Whether there was an account to change. */
async function nextChanges(world: World): Promise<boolean> {
  const alice = aliceOf(world)
  const live = [...alice.trader.ledger.accounts.values()].filter(({ kind }) => kind === 'open' || kind === 'expired')
  for (const account of live) {
    const name: DeedName = account.kind === 'open' ? 'withdraw' : 'renew'
    expectDone(await carryOut(world, alice, { name, key: account.key, version: undefined, feeRate: 900 }), world)
  }
  if (live.length === 0) return false
  await world.mine(DEEP)
  const stuck = live.filter(({ key, batchKey }) => {
    const now = alice.trader.ledger.accounts.get(key)
    return now === undefined || !isFunded(now) || now.kind !== 'open' || now.batchKey === batchKey
  })
  if (stuck.length > 0) throw new Error(`the next change did not confirm\n  ${world.story()}`)
  return true
}

function expectDone(outcome: Outcome, world?: World): void {
  if (outcome.kind === 'done') return
  throw new Error(`it was to be done, and was ${JSON.stringify(outcome)}\n  ${world?.story() ?? ''}`)
}
