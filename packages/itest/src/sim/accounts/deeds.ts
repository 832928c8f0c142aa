import { ClmError, blockHeight, satPerKWeight, satoshi } from '@tidepool/crypto'
import type { AccountKey, TxOutput } from '@tidepool/crypto'
import type { AccountVersion } from '@tidepool/market'
import type { Trader } from '@tidepool/trader'
import type { SimTrader } from '../simTrader.ts'
import type { World } from '../world.ts'
import { OUTSIDE } from './accountWorld.ts'

/** What an owner does with an account, by one command. */
export const DEEDS = [
  'open',
  'deposit',
  'withdraw',
  'withdraw to several',
  'renew',
  'close',
  'close to several',
  'bump fee',
  'recover',
] as const
export type DeedName = (typeof DEEDS)[number]

export interface Deed {
  readonly name: DeedName
  /** Not needed for `open` and `recover`. */
  readonly key: AccountKey | undefined
  /** Of a new or changed output. */
  readonly version: AccountVersion | undefined
  readonly feeRate?: number
  /** Blocks that a new expiry is away. */
  readonly term?: number | undefined
}

/** done, or refused with a typed error; killed: its daemon ended before it answered. */
export type Outcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'refused'; readonly code: string; readonly why: string }
  | { readonly kind: 'killed' }

const LIMIT_MS = 600_000
const NEW_ACCOUNT_SAT = 1_000_000
const DEPOSIT_SAT = 300_000n
const PART_SAT = 70_000
const NEW_EXPIRY = 6000

/** Carries a deed out, as far as its daemon lives. @throws what no command may end with */
export async function carryOut(world: World, trader: SimTrader, deed: Deed): Promise<Outcome> {
  const { life } = trader
  const daemon = trader.current()
  if (daemon === undefined) return { kind: 'killed' }
  let ended: Outcome | { readonly kind: 'thrown'; readonly error: unknown } | undefined
  doIt(world, trader, daemon, deed).then(
    () => (ended = { kind: 'done' }),
    (error: unknown) => (ended = outcomeOf(error)),
  )
  await world.until(`${deed.name} ended`, () => ended !== undefined || life?.alive !== true, LIMIT_MS)
  if (ended?.kind === 'thrown') throw new Error(`${deed.name} ended in a way nobody foresaw`, { cause: ended.error })
  return ended ?? { kind: 'killed' }
}

function outcomeOf(error: unknown): Outcome | { readonly kind: 'thrown'; readonly error: unknown } {
  if (error instanceof ClmError) return { kind: 'refused', code: String(error.code), why: error.message }
  return { kind: 'thrown', error }
}

function doIt(world: World, trader: SimTrader, daemon: Trader, deed: Deed): Promise<unknown> {
  const { height } = world.stage.chain
  const { changes, accounts } = daemon
  const feeRate = satPerKWeight(deed.feeRate ?? 500)
  const version = deed.version
  const expiry = blockHeight(height + (deed.term ?? NEW_EXPIRY))
  const { name } = deed
  if (name === 'open') {
    return accounts.open({ value: satoshi(NEW_ACCOUNT_SAT), expiry, version: version ?? 2, feeRate })
  }
  if (name === 'recover') return recover(trader, daemon)
  const key = deed.key
  if (key === undefined) throw new Error(`${name} of which account?`)
  switch (name) {
    case 'deposit':
      return changes.deposit(key, { amount: DEPOSIT_SAT, feeRate, version })
    case 'withdraw':
      return changes.withdraw(key, { outputs: [pay(ownScript(trader))], feeRate, version })
    case 'withdraw to several':
      return changes.withdraw(key, { outputs: [pay(OUTSIDE), pay(ownScript(trader)), pay(OUTSIDE)], feeRate, version })
    case 'renew':
      return changes.renew(key, { expiry, feeRate, version })
    case 'close':
      return changes.close(key, { kind: 'one', script: undefined, fee: { kind: 'rate', rate: feeRate } })
    case 'close to several':
      return changes.close(key, { kind: 'list', outputs: halves(trader, daemon, key) })
    case 'bump fee':
      return changes.bumpFee(key, satPerKWeight(5000))
    default:
      return name satisfies never
  }
}

function recover(trader: SimTrader, { recovery }: Trader): Promise<unknown> {
  if (recovery === undefined) throw new Error('this daemon recovers nothing')
  return recovery.withAuctioneer(trader.keysInUse + 1)
}

const pay = (script: Uint8Array, value = PART_SAT): TxOutput => ({ value: satoshi(value), script })
const ownScript = ({ node }: SimTrader): Uint8Array => node.node.wallet.book.next('p2tr', false).script

function halves(trader: SimTrader, daemon: Trader, key: AccountKey): readonly TxOutput[] {
  const half = Number((daemon.ledger.accounts.get(key)?.value ?? 0n) / 2n)
  return [pay(OUTSIDE, Math.max(half - 1000, 0)), pay(ownScript(trader), half)]
}
