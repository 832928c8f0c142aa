import { accountKey, blockHeight, satoshi } from '@tidepool/crypto'
import type { BlockHeight, PubKey } from '@tidepool/crypto'
import { formatOutPoint } from '@tidepool/crypto'
import { ACCOUNT_KEY_FAMILY } from '../../core/account.ts'
import type { FundedAccount } from '../../core/account.ts'
import { AccountSearch, SEARCH_START } from '../../core/recovery/accountSearch.ts'
import type { FoundAccount } from '../../core/recovery/accountSearch.ts'
import type { SearchKey } from '../../core/recovery/candidateScripts.ts'
import { followBlock } from '../../core/recovery/followChain.ts'
import type { FollowedAccount } from '../../core/recovery/followChain.ts'
import { MAX_TERM } from '../../core/recovery/likelyExpiries.ts'
import { millisecondsFor, planStages } from '../../core/recovery/searchPlan.ts'
import type { Workload } from '../../core/recovery/searchPlan.ts'
import type { Channels } from '../../ports/channels.ts'
import type { BlockSource, SearchStore, WalletHistory } from '../../ports/history.ts'
import type { Wallet } from '../../ports/wallet.ts'
import { candidateOutputs, labelledExpiries } from './candidates.ts'
import { measuredCosts } from './searchCosts.ts'
import type { Stopwatch } from './searchCosts.ts'
import { planId } from './searchState.ts'
import type { ChainRecoveryState } from './searchState.ts'

export interface ChainRecoveryRequest {
  readonly auctioneerKey: PubKey
  /** Nothing of this auctioneer is below. */
  readonly firstBlock: BlockHeight
  /** Keys to try; 0 for those in use and 50 more. */
  readonly keys: number
  /** Batch keys to try; 0 for the likely number. */
  readonly batches: number
  /** Every expiry, once the likely ones found nothing. */
  readonly wide: boolean
  /** From where the search was stopped, if it is the same search. */
  readonly resume: boolean
}

export interface ChainRecoveryModules {
  readonly wallet: Wallet
  readonly history: WalletHistory
  readonly channels: Pick<Channels, 'knownChannels'>
  readonly blocks: BlockSource
  readonly store: SearchStore<ChainRecoveryState>
  readonly stopwatch: Stopwatch
  /** Lets the rest of the daemon work. */
  readonly breathe: () => Promise<void>
}

/** Where a recovery stands, for those who wait. */
export interface RecoveryProgress {
  readonly phase: 'search' | 'follow' | 'done'
  readonly stage: string
  readonly found: number
  /** Outputs that may be accounts and were not explained yet. */
  readonly candidates: number
  readonly left: Workload
  /** Blocks still to read. */
  readonly blocksLeft: number
  readonly secondsLeft: number
}

export type Told = (progress: RecoveryProgress) => Promise<void>

const SPARE_KEYS = 50
/** More than the public auctioneer ever made. Pool account/recovery.go */
const MOST_BATCHES = 5000
/** Batches beyond one for each block, for networks whose blocks are mined by hand. */
const BATCH_MARGIN = 20
/** Work between two looks around, in milliseconds. */
const SLICE_MS = 200
const SAVE_EVERY_MS = 5000

/**
 * Accounts from lnd's keys, its wallet and the chain; no auctioneer is asked. First the opening outputs are looked for
 * among the wallet's transactions, then each is followed block by block. Everything can be stopped at any time.
 */
export async function recoverFromChain(
  request: ChainRecoveryRequest,
  modules: ChainRecoveryModules,
  tell: Told,
  signal: AbortSignal,
): Promise<readonly FundedAccount[] | 'stopped'> {
  const run = await prepare(request, modules)
  const found = await search(run, modules, tell, signal)
  if (found === 'stopped') return 'stopped'
  return follow(run, found, modules, tell, signal)
}

interface Run {
  readonly plan: string
  readonly request: ChainRecoveryRequest
  readonly search: AccountSearch
  readonly outputs: number
  readonly stored: ChainRecoveryState | undefined
}

async function prepare(request: ChainRecoveryRequest, modules: ChainRecoveryModules): Promise<Run> {
  const history = await modules.history.transactions()
  const channels = await modules.channels.knownChannels()
  const { auctioneerKey, firstBlock, wide } = request
  const known = candidateOutputs(history, new Set(channels.map(({ outpoint }) => formatOutPoint(outpoint))))
  const outputs = known.filter(({ height }) => height === undefined || height >= firstBlock)
  const keys = await searchKeys(request, modules)
  const nextHeight = (await modules.blocks.bestHeight()) + 1
  const highest = Math.max(firstBlock, ...outputs.map(({ height }) => height ?? nextHeight))
  const likely = Math.min(MOST_BATCHES, highest - firstBlock + BATCH_MARGIN)
  const counters = request.batches === 0 ? likely : request.batches
  const plan = planId({ auctioneerKey, firstBlock, keys: keys.length, counters, outputs })
  const last = request.resume ? await modules.store.load() : undefined
  const stored = last?.plan === plan ? last : undefined
  const stages = planStages({ outputs, labelled: labelledExpiries(history), nextHeight, wide })
  const space = { keys, counters, outputs, stages }
  const accountSearch = new AccountSearch(space, stored?.cursor ?? SEARCH_START, stored?.found ?? [])
  return { plan, request, search: accountSearch, outputs: outputs.length, stored }
}

async function searchKeys(request: ChainRecoveryRequest, modules: ChainRecoveryModules): Promise<readonly SearchKey[]> {
  const { wallet, history } = modules
  const count = request.keys === 0 ? (await history.keysInUse(ACCOUNT_KEY_FAMILY)) + SPARE_KEYS : request.keys
  const keys: SearchKey[] = []
  for (let keyIndex = 0; keyIndex < count; keyIndex++) {
    const locator = { family: ACCOUNT_KEY_FAMILY, index: keyIndex }
    const key = accountKey(await wallet.keyAt(locator))
    const secret = await wallet.sharedSecret(locator, request.auctioneerKey)
    keys.push({ key, keyIndex, secret, auctioneerKey: request.auctioneerKey })
  }
  return keys
}

async function search(
  run: Run,
  modules: ChainRecoveryModules,
  tell: Told,
  signal: AbortSignal,
): Promise<readonly FoundAccount[] | 'stopped'> {
  const { search: accounts, plan } = run
  const costs = measuredCosts(modules.stopwatch)
  const save = (): Promise<void> => modules.store.save({ plan, cursor: accounts.cursor, found: accounts.stored() })
  const now = (): number => modules.stopwatch()
  let saved = now()
  let slice = 100
  await tell(searchProgress(run, costs))
  while (!accounts.ended) {
    if (signal.aborted) {
      await save()
      return 'stopped'
    }
    const began = now()
    accounts.advance(slice)
    const took = Math.max(1, now() - began)
    slice = Math.max(20, Math.min(100_000, Math.round((slice * SLICE_MS) / took)))
    if (now() - saved >= SAVE_EVERY_MS) {
      await save()
      saved = now()
      await tell(searchProgress(run, costs))
    }
    await modules.breathe()
  }
  await save()
  return accounts.found
}

function searchProgress(run: Run, costs: Parameters<typeof millisecondsFor>[1]): RecoveryProgress {
  const left = run.search.remaining()
  const found = run.search.found.length
  return {
    phase: 'search',
    stage: run.search.stageName ?? '',
    found,
    candidates: run.outputs - found,
    left,
    blocksLeft: 0,
    secondsLeft: Math.ceil(millisecondsFor(left, costs) / 1000),
  }
}

/** Reads every block from the first account's on, the tip included. */
async function follow(
  run: Run,
  found: readonly FoundAccount[],
  modules: ChainRecoveryModules,
  tell: Told,
  signal: AbortSignal,
): Promise<readonly FundedAccount[] | 'stopped'> {
  const { plan, search: accounts, stored, request } = run
  const state = { plan, cursor: accounts.cursor, found: accounts.stored() }
  let followed = stored?.following?.accounts ?? found.map(firstOutput)
  const heights = followed.flatMap(({ height }) => (height === undefined ? [] : [height as number]))
  let tip = await modules.blocks.bestHeight()
  let at = stored?.following?.height ?? Math.min(tip + 1, ...heights) - 1
  const began = modules.stopwatch()
  let saved = began
  const first = at
  for (; at < tip && followed.some(({ kind }) => kind === 'live'); at++) {
    if (signal.aborted) {
      await modules.store.save({ ...state, following: { height: at, accounts: followed } })
      return 'stopped'
    }
    const height = blockHeight(at + 1)
    const range = { from: request.firstBlock, to: height + MAX_TERM }
    // Only accounts made below this block or in it can be spent in it.
    followed = followBlock(followed, await modules.blocks.block(height), height, range)
    if (modules.stopwatch() - saved >= SAVE_EVERY_MS) {
      saved = modules.stopwatch()
      await modules.store.save({ ...state, following: { height, accounts: followed } })
      const perBlock = (saved - began) / Math.max(1, height - first)
      await tell(followProgress(followed.length, tip - height, perBlock))
      tip = await modules.blocks.bestHeight()
    }
    await modules.breathe()
  }
  await modules.store.save(undefined)
  await tell({ ...followProgress(followed.length, 0, 0), phase: 'done' })
  return followed.map((account) => traderAccount(account, tip))
}

const NOTHING_LEFT: Workload = { batchKeys: 0, p2wsh: 0, p2tr: 0 }

const followProgress = (found: number, blocksLeft: number, msPerBlock: number): RecoveryProgress => ({
  ...{ phase: 'follow', stage: 'blocks', found, candidates: 0, left: NOTHING_LEFT, blocksLeft },
  secondsLeft: Math.ceil((blocksLeft * msPerBlock) / 1000),
})

const firstOutput = ({ key, version, expiry, batchKey, output }: FoundAccount): FollowedAccount => ({
  ...key,
  ...{ kind: 'live', version, expiry, batchKey, outpoint: output.outpoint, value: output.value },
  ...{ latestTx: output.tx, height: output.height === undefined ? undefined : blockHeight(output.height) },
})

/** As it is stored: no state in it needs an auctioneer before the owner can have the coins back. */
function traderAccount(account: FollowedAccount, tip: BlockHeight): FundedAccount {
  const { kind, height, expiry, ...terms } = account
  const heightHint = height ?? tip
  const common = { ...terms, expiry: blockHeight(expiry), heightHint }
  if (kind === 'closed') return { ...common, kind: 'closed', value: satoshi(0) }
  if (height === undefined) return { ...common, kind: 'pendingOpen' }
  return { ...common, kind: tip >= expiry ? 'expired' : 'open' }
}
