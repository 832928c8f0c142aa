import { equalBytes, formatOutPoint, masterAccountOutput, toHex } from '@tidepool/crypto'
import type { AccountRecord } from '@tidepool/auctioneer'
import { FAUCET_SCRIPT } from '@tidepool/simnet'
import type { Coin } from '@tidepool/simnet'
import { currentScript, isFunded } from '@tidepool/trader'
import type { TraderAccount } from '@tidepool/trader'
import type { World } from '../world.ts'
import { OUTSIDE, aliceOf } from './accountWorld.ts'

/** Everything wrong with the accounts of a world at rest. */
export function accountFaults(world: World): readonly string[] {
  return [...world.stage.witness.violations, ...disagreements(world), ...strayCoins(world, masterScriptOf(world))]
}

/** Both sides say the same of every account, nothing waits any more, and the chain holds what they say. */
function disagreements(world: World): readonly string[] {
  const there = world.auctioneer.auctioneer.ledger.accounts
  const here = aliceOf(world).trader.ledger.accounts
  const strangers = [...there.keys()].filter((key) => !here.has(key))
  return [
    ...[...here.values()].flatMap((account) => faultsOf(world, account, there.get(account.key))),
    ...strangers.map((key) => `account ${key} belongs to no trader`),
  ]
}

function faultsOf(world: World, account: TraderAccount, record: AccountRecord | undefined): readonly string[] {
  const [ours, theirs] = [ofTrader(account), ofAuctioneer(record)]
  if (!isFunded(account)) {
    return account.kind === 'canceledAfterRecovery' && !isFundedThere(world, record)
      ? []
      : [`an account is ${account.kind} here, ${theirs} there`]
  }
  const differs = ours === theirs ? [] : [`an account differs:\n    trader     ${ours}\n    auctioneer ${theirs}`]
  const waits = AT_REST.has(account.kind) ? [] : [`an account is ${account.kind} at rest`]
  return [...differs, ...waits, ...onChain(world, account)]
}

/** What was announced and never mined holds no coins; the auctioneer cannot know that it never will be. */
function isFundedThere({ stage }: World, record: AccountRecord | undefined): boolean {
  if (record === undefined) return false
  const { state, account } = record
  return state.kind !== 'pendingOpen' || stage.chain.unspent(formatOutPoint(account.outpoint)) !== undefined
}

const AT_REST = new Set(['open', 'expired', 'closed'])

function ofTrader(account: TraderAccount): string {
  return isFunded(account) ? inText(account, account.kind) : account.kind
}

function ofAuctioneer(record: AccountRecord | undefined): string {
  if (record === undefined) return 'none'
  const { state, account } = record
  // Signed and not published: for its trader nothing happened.
  return inText(account, state.kind === 'changeSigned' ? state.base : state.kind)
}

function inText(account: AccountRecord['account'], state: string): string {
  // A closed account's other fields are history, and each side's own.
  if (state === 'closed') return state
  const { value, expiry, version, batchKey, secret, outpoint } = account
  const keys = `${batchKey.slice(0, 10)} ${toHex(secret).slice(0, 8)}`
  return `${state} ${value} sat at ${formatOutPoint(outpoint)}, version ${version}, expires ${expiry}, keys ${keys}`
}

function onChain(world: World, account: TraderAccount & { readonly kind: string }): readonly string[] {
  if (!isFunded(account)) return []
  const coin = world.stage.chain.unspent(formatOutPoint(account.outpoint))
  if (account.kind === 'closed') return coin === undefined ? [] : ['a closed account is not spent']
  if (coin === undefined) return [`an account that is ${account.kind} has no output`]
  const matches = coin.value === account.value && equalBytes(coin.script, currentScript(account))
  return matches ? [] : ['an output is not what its account says']
}

/** Of the auctioneer's own output. */
export function masterScriptOf(world: World): Uint8Array {
  const { ledger, masterKey } = world.auctioneer.auctioneer
  const { master } = ledger.auction
  if (master === undefined) throw new Error('there is no master account')
  return masterAccountOutput({ auctioneerKey: masterKey.key, batchKey: master.batchKey }).script
}

/** Every coin of the chain belongs to a wallet, to a live account, to the auctioneer, or was sent away on purpose. */
export function strayCoins(world: World, masterScript: Uint8Array): readonly string[] {
  const alice = aliceOf(world)
  const accounts = [...alice.trader.ledger.accounts.values()].filter(isFunded)
  const live = new Set(accounts.filter(({ kind }) => kind !== 'closed').map(({ outpoint }) => formatOutPoint(outpoint)))
  const isOwned = ({ txid, index, value, script }: Coin): boolean =>
    value === 0n ||
    equalBytes(script, FAUCET_SCRIPT) ||
    equalBytes(script, OUTSIDE) ||
    equalBytes(script, masterScript) ||
    alice.node.node.wallet.book.find(script) !== undefined ||
    world.auctioneer.node.wallet.book.find(script) !== undefined ||
    live.has(`${txid}:${index}` as never)
  return [...world.stage.chain.ledger.unspentCoins()]
    .filter((coin) => !isOwned(coin))
    .map(({ txid, index, value }) => `${value} sat at ${txid}:${index} belong to nobody`)
}

/** Satoshis of the trader, wherever they are, and what it paid to others and to miners. No fault may change the sum. */
export function satoshisOf(world: World): bigint {
  const { chain } = world.stage
  const alice = aliceOf(world)
  const wallet = alice.node.node.wallet.allCoins().reduce((sum, { value }) => sum + value, 0n)
  const live = [...alice.trader.ledger.accounts.values()].filter(
    ({ kind }) => kind !== 'closed' && kind !== 'canceledAfterRecovery',
  )
  const outside = chain.unspentOf(new Set([toHex(OUTSIDE)])).reduce((sum, { value }) => sum + value, 0n)
  return wallet + outside + live.reduce((sum, { value }) => sum + value, 0n) + minerFees(world)
}

function minerFees({ stage }: World): bigint {
  const { chain } = stage
  let fees = 0n
  for (let height = 1; height <= chain.height; height++) {
    for (const tx of chain.blockAt(height)?.transactions ?? []) {
      if (tx.isCoinbase()) continue
      const paid = tx.ins.reduce((sum, { hash, index }) => {
        const txid = Buffer.from(hash).reverse().toString('hex')
        return sum + (chain.ledger.anyCoin(`${txid}:${index}`)?.value ?? 0n)
      }, 0n)
      fees += paid - tx.outs.reduce((sum, { value }) => sum + value, 0n)
    }
  }
  return fees
}
