import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeRunDir, startAuctioneer, until, type AuctioneerDaemon, type LndEndpoint } from '@tidepool/itest'
import { Part, profileFlags } from '../process.ts'
import { cutProfiles } from './cutProfiles.ts'
import { phasesOf, proposedToPublished, statesIn, type Phases, type Span } from './phases.ts'
import { ProcessorTimes } from './processorTimes.ts'
import type { ShownMessages } from './shownMessages.ts'
import { TraderParts } from './traderParts.ts'

const MASTER = 'auctioneer'
const COINS = 5_000_000n
const CONFIRMATIONS = 6
/** Nothing is proposed this soon after a handshake; that is no part of a batch. */
const HANDSHAKE_QUIET_MS = 2500
const PATIENCE = { timeoutMs: 300_000, pauseMs: 200 }
/**
 * Room for what is young, in MiB. The auctioneer gets what the units in `contrib` give it; of traders and nodes there are
 * hundreds in one heap, and what the collector copies again and again there is no cost of theirs.
 */
const YOUNG = '--max-semi-space-size=64'
/** Threads that help a collector would wait for the same two processors as everybody else. */
const ALONE = '--single-threaded-gc'

/** One batch, from the start of the auction to the last trader that has it. */
export interface BatchMeasured {
  readonly accounts: number
  readonly channels: number
  readonly attempts: number
  readonly txid: string
  /** Of the published transaction. */
  readonly weight: number
  readonly phases: Phases
  /** Processor milliseconds of each process in each phase. */
  readonly cpu: ReadonlyMap<string, ProcessorMs>
  /** The same from the first proposal sent to the transaction out. */
  readonly cpuToBroadcast: ProcessorMs
  /** What each trader spends on the bytes of the transaction. */
  readonly bytesMs: number
}

export interface ProcessorMs {
  readonly auctioneer: number
  readonly traders: number
  readonly simnet: number
}

interface Stage {
  readonly execArgv: readonly string[]
  readonly dir: string
  readonly simnet: Part
  readonly traders: TraderParts
  auctioneer?: AuctioneerDaemon
}

/** Real daemons on the embedded chain: an auctioneer and simnet in a process each, all traders in `processes`. */
export async function measureBatch(
  accounts: number,
  { profileDir, processes = 2 }: { readonly profileDir?: string | undefined; readonly processes?: number } = {},
): Promise<BatchMeasured> {
  const execArgv = [YOUNG, ...profileFlags(profileDir)]
  const crowd = [...execArgv, ALONE]
  const stage: Stage = {
    execArgv,
    dir: makeRunDir(),
    simnet: new Part('simnet', import.meta.url, crowd),
    traders: new TraderParts(processes, import.meta.url, crowd),
  }
  let batch: BatchMeasured
  try {
    await setUp(stage, accounts)
    batch = await runBatch(stage, accounts)
  } finally {
    await stage.traders.stop()
    await stage.auctioneer?.stop()
    await stage.simnet.stop()
    rmSync(stage.dir, { recursive: true, force: true })
  }
  if (profileDir !== undefined) cutProfiles(profileDir, proposedToPublished(batch.phases))
  return batch
}

async function setUp(stage: Stage, accounts: number): Promise<void> {
  const { dir, simnet, traders, execArgv } = stage
  const names = [MASTER, ...Array.from({ length: accounts }, (_, number) => `t${number}`)]
  const doing = tellingSteps()
  doing(`${accounts} nodes and their coins`)
  const [lnd, ...nodes] = await simnet.call<readonly LndEndpoint[]>('start', { names, dir, sat: COINS })
  if (lnd === undefined) throw new Error('simnet told of no node')
  doing('the auctioneer and its account')
  const flags = ['--auction.interval=0', '--auction.step-timeout=240s']
  const auctioneer = await startAuctioneer({ dir, logDir: dir, lnd, flags, execArgv })
  stage.auctioneer = auctioneer
  await auctioneer.admin.init({ amountSat: COINS / 2n })
  await simnet.call('mine', CONFIRMATIONS)
  doing('traders')
  const { address, tlsCertPath } = auctioneer
  await traders.start(nodes, { dir, auctioneer: { address, tlsCertPath } })
  doing('accounts')
  await traders.call('openAccounts')
  doing('their confirmation')
  await simnet.call('mine', CONFIRMATIONS)
  await traders.call('untilOpen')
  await until(
    'the auctioneer knows all accounts and traders',
    async () => {
      const { accounts: known } = await auctioneer.admin.listAccounts({ activeOnly: true })
      return known.filter(({ state, subscribed }) => state === 'open' && subscribed).length === accounts
    },
    PATIENCE,
  )
  doing('orders')
  await traders.call('submitOrders')
  doing('the batch')
}

/** Says on standard error what is being made, and how long the step before took. */
function tellingSteps(): (what: string) => void {
  let since = Date.now()
  return (what) => {
    const seconds = ((Date.now() - since) / 1000).toFixed(1)
    process.stderr.write(`after ${seconds} s: ${what}\n`)
    since = Date.now()
  }
}

async function runBatch({ dir, simnet, traders, auctioneer }: Stage, accounts: number): Promise<BatchMeasured> {
  if (auctioneer?.process.pid === undefined) throw new Error('no auctioneer')
  await sleep(HANDSHAKE_QUIET_MS)
  await traders.call('forget')
  const times = new ProcessorTimes([auctioneer.process.pid, simnet.pid, ...traders.pids])
  const { run, batch } = await auctioneer.admin.runAuction({}, { deadlineMs: PATIENCE.timeoutMs })
  if (batch === undefined) {
    const problems = (await traders.call<readonly string[]>('problems')).flat()
    throw new Error(`no batch: ${run?.outcome} ${run?.detail}\n${problems.slice(0, 10).join('\n')}`)
  }
  await traders.call('untilIdle')
  times.stop()
  const moments = await traders.moments()
  const mempool = await simnet.call<readonly { readonly txid: string; readonly weight: number }[]>('mempool')
  const published = mempool.find(({ txid }) => txid === batch.txid)
  if (published === undefined) throw new Error('the batch was not published')
  const phases = phasesOf(statesIn(join(dir, 'auctioneerd.log')), moments)
  const cpuIn = (span: Span): ProcessorMs => {
    const [ofAuctioneer = 0, ofSimnet = 0, ...ofTraders] = times.within(span)
    return { auctioneer: ofAuctioneer, traders: ofTraders.reduce((sum, ms) => sum + ms, 0), simnet: ofSimnet }
  }
  return {
    accounts,
    channels: run?.attempts.at(-1)?.numMatches ?? 0,
    attempts: run?.attempts.length ?? 0,
    txid: batch.txid,
    weight: published.weight,
    phases,
    cpu: new Map([...phases].map(([name, span]) => [name, cpuIn(span)])),
    cpuToBroadcast: cpuIn(proposedToPublished(phases)),
    bytesMs: await bytesMsOf(await traders.shown()),
  }
}

async function bytesMsOf(shown: ShownMessages): Promise<number> {
  const part = new Part('bytes', import.meta.url)
  try {
    return await part.call('bytesMs', shown)
  } finally {
    await part.stop()
  }
}
