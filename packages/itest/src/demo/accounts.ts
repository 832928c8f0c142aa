import type { TraderDaemon } from '../harness/traderDaemon.ts'
import { until } from '../harness/until.ts'
import type { AccountAnswer } from '../scenarios/words/answers.ts'
import { CONFIRMATIONS, type Stage } from './stage.ts'
import { grouped, sat, type Voice } from './voice.ts'

export interface Account {
  readonly owner: 'Alice' | 'Bob'
  readonly trader: TraderDaemon
  readonly key: string
  readonly value: bigint
  /** Where it is before the batch. */
  readonly outpoint: string
  readonly expiry: number
  /** Script version, 0 to 2. */
  readonly version: number
}

export interface Accounts {
  readonly alice: Account
  readonly bob: Account
}

const VERSIONS = ['ACCOUNT_VERSION_LEGACY', 'ACCOUNT_VERSION_TAPROOT', 'ACCOUNT_VERSION_TAPROOT_V2']

export async function openAccounts(voice: Voice, stage: Stage): Promise<Accounts> {
  voice.chapter('Two accounts')
  voice.say(
    'To trade, both lock coins in an account: an output that takes two signatures, their own and the ' +
      "auctioneer's. Neither can move it alone, until it expires: from then on its owner can.",
  )
  await request(voice, stage.alice, 'Alice', 5_000_000)
  await request(voice, stage.bob, 'Bob', 2_000_000)
  await stage.stack.mine(CONFIRMATIONS)
  const alice = await untilOpen(stage.alice, 'Alice')
  const bob = await untilOpen(stage.bob, 'Bob')
  voice.say('After some blocks both are open:')
  voice.table([alice, bob].map(row))
  return { alice, bob }
}

async function request(voice: Voice, trader: TraderDaemon, owner: string, value: number): Promise<void> {
  const words = ['accounts', 'new', `--amt=${value}`, '--expiry_blocks=4032', '--conf_target=6']
  voice.command(owner, `pool ${words.join(' ')}`)
  await trader.pool(...words, '--force')
}

async function untilOpen(trader: TraderDaemon, owner: Account['owner']): Promise<Account> {
  await until(`${owner}'s account is open`, async () => {
    const { accounts } = await trader.trader.listAccounts({})
    return accounts[0]?.state === 'OPEN'
  })
  const found = await accountOf(trader)
  return {
    owner,
    trader,
    key: found.trader_key,
    value: BigInt(found.value),
    outpoint: found.outpoint,
    expiry: found.expiration_height,
    version: VERSIONS.indexOf(found.version),
  }
}

/** The one account of a trader. */
export async function accountOf(trader: TraderDaemon): Promise<AccountAnswer> {
  const { accounts } = (await trader.pool('accounts', 'list')) as { readonly accounts: readonly AccountAnswer[] }
  const [only] = accounts
  if (only === undefined) throw new Error(`${trader.name} has no account`)
  return only
}

const row = ({ owner, key, value, expiry }: Account): readonly string[] => [
  owner,
  `${key.slice(0, 16)}…`,
  sat(value),
  `${owner}'s alone from height ${grouped(expiry)}`,
]
