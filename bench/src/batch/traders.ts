import { join } from 'node:path'
import { blockCount, blockHeight, satPerKWeight, satoshi } from '@tidepool/crypto'
import { ratePpb, supplyUnits, type BatchProposal, type SignRequest } from '@tidepool/market'
import { encodeMessage, proposalToWire, signRequestToWire } from '@tidepool/rpc'
import { openStore } from '@tidepool/store'
import { traderArguments, until, type LndEndpoint } from '@tidepool/itest'
import {
  AuctioneerClient,
  connectAuctioneer,
  Ledger,
  readConfig,
  searchStore,
  startTrader,
  StoreAdapter,
  systemClock,
  systemRandom,
  type Auctioneer,
  type Logger,
  type RunningTrader,
} from '@tidepool/trader'
import { eachOf, serveCalls } from '../process.ts'
import { AUCTION_MESSAGE, type ShownMessages } from './shownMessages.ts'

export interface TradersTask {
  readonly nodes: readonly LndEndpoint[]
  /** Number of the first of them; even, for every two of them trade. */
  readonly first: number
  readonly dir: string
  readonly auctioneer: { readonly address: string; readonly tlsCertPath: string }
}

/** When the first and the last trader got there, in Unix milliseconds. */
export interface Moments {
  readonly count: number
  readonly first: number
  readonly last: number
}

const AT_ONCE = 8
const VALUE = satoshi(1_000_000)
const USER_AGENT = 'bench'
const PATIENCE = { timeoutMs: 300_000, pauseMs: 200 }

const traders: RunningTrader[] = []
const problems: string[] = []
const moments = new Map<string, { count: number; first: number; last: number }>()
let seen: { proposal?: BatchProposal; request?: SignRequest } = {}

function note(what: string): void {
  const at = Date.now()
  const known = moments.get(what)
  if (known === undefined) moments.set(what, { count: 1, first: at, last: at })
  else {
    known.count++
    known.last = at
  }
}

/** Daemons tell of their batches in the log. */
const logger: Logger = {
  debug: () => {},
  info: (message, fields) => {
    if (message === 'batch verified') note('verified')
    if (message === 'batch state changed') note((fields as { readonly to: string }).to)
  },
  warn: (message, fields) => problems.push(`${message} ${JSON.stringify(fields)}`),
  error: (message, fields) => problems.push(`${message} ${JSON.stringify(fields)}`),
}

/** All that a trader waits for may take this much longer: a machine with other work to do must not break the batch. */
const PATIENCE_FACTOR = 8
const patientClock = {
  now: () => systemClock.now(),
  sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(ms * PATIENCE_FACTOR, signal),
}

/** A daemon as the program starts it, without the servers for its own user; its records are kept in memory. */
async function startOne(task: TradersTask, lnd: LndEndpoint, number: number): Promise<RunningTrader> {
  const places = { baseDir: join(task.dir, `trader${number}`), rpcListen: 'localhost:0', restListen: 'localhost:0' }
  const request = readConfig([...traderArguments({ ...places, auctioneer: task.auctioneer, lnd })], {})
  if (request.kind !== 'run') throw new Error('no configuration')
  const store = await openStore({ engine: 'memory' })
  const { rpc } = await connectAuctioneer(request.config.auctioneer, logger)
  const client = new AuctioneerClient(rpc, task.auctioneer.address)
  return startTrader(request.config, {
    ledger: await Ledger.open(new StoreAdapter(store)),
    auctioneer: number === task.first ? watched(client) : client,
    clock: patientClock,
    random: systemRandom,
    logger,
    crash: () => {},
    searchStore: searchStore(store),
    macaroonKeys: { readStock: async () => {} },
    userAgent: USER_AGENT,
  })
}

/** Keeps what one trader is sent, to find out what reading it costs. */
function watched(client: AuctioneerClient): Auctioneer {
  const open = client.openStream.bind(client)
  client.openStream = () => {
    const stream = open()
    return {
      send: (message) => stream.send(message),
      close: () => stream.close(),
      async *[Symbol.asyncIterator]() {
        for await (const message of stream) {
          if (message.kind === 'prepare') seen = { ...seen, proposal: message.proposal }
          if (message.kind === 'signBegin') seen = { ...seen, request: message.request }
          yield message
        }
      },
    }
  }
  return client
}

/** One account each, all open and known to the auctioneer. */
async function openAccounts(): Promise<number> {
  await eachOf(traders, AT_ONCE, ({ trader }) =>
    trader.accounts.open({
      value: VALUE,
      expiry: blockHeight(trader.height.best + 4032),
      version: 2,
      feeRate: satPerKWeight(1000),
    }),
  )
  return traders.length
}

const isOpen = ({ trader }: RunningTrader): boolean =>
  [...trader.ledger.accounts.values()].every(({ kind }) => kind === 'open')

/** Every two of them trade one unit. */
async function submitOrders(): Promise<number> {
  const outcomes = await eachOf(traders, AT_ONCE, async ({ trader }, number) => {
    const [account] = trader.ledger.accounts.values()
    if (account === undefined) throw new Error('a trader without an account')
    const common = {
      version: 5,
      auctionType: 'inbound',
      rate: ratePpb(2000),
      amount: satoshi(100_000),
      minUnitsMatch: supplyUnits(1),
      leaseDuration: blockCount(2016),
      maxBatchFeeRate: satPerKWeight(25_000),
      channelType: 'scriptEnforced',
      accountKey: account.key,
      nodeFilter: { kind: 'any' },
      isPublic: false,
    } as const
    const asks = { kind: 'ask', announcement: 'none', confirmation: 'none' } as const
    const bids = { kind: 'bid', minNodeTier: 'tier0', selfChannelBalance: satoshi(0) } as const
    const flags = { isSidecar: false, unannounced: false, zeroConf: false } as const
    const draft = number % 2 === 0 ? { ...common, ...asks } : { ...common, ...bids, ...flags }
    return trader.orders.submit(draft, USER_AGENT)
  })
  const refused = outcomes.find(({ kind }) => kind !== 'accepted')
  if (refused !== undefined) throw new Error(`an order was refused: ${JSON.stringify(refused)}`)
  return outcomes.length
}

/** The two messages that show a trader the transaction, as they come over the wire. */
function shown(): ShownMessages {
  const { proposal, request } = seen
  if (proposal === undefined || request === undefined) throw new Error('nothing was proposed')
  return {
    prepare: encodeMessage(AUCTION_MESSAGE, { msg: { case: 'prepare', value: proposalToWire(proposal) } }),
    sign: encodeMessage(AUCTION_MESSAGE, { msg: { case: 'sign', value: signRequestToWire(request) } }),
  }
}

serveCalls({
  start: async (task: TradersTask) => {
    traders.push(...(await eachOf(task.nodes, AT_ONCE, (node, index) => startOne(task, node, task.first + index))))
    return traders.length
  },
  openAccounts,
  untilOpen: () => until('all accounts are open', () => traders.every(isOpen), PATIENCE),
  submitOrders,
  forget: () => {
    moments.clear()
    problems.length = 0
  },
  untilIdle: () => until('all traders have the batch', () => moments.get('idle')?.count === traders.length, PATIENCE),
  moments: () => moments,
  problems: () => problems,
  shown,
})
