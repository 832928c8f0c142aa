import { blockHeight } from '@tidepool/crypto'
import { currentOutput } from '@tidepool/trader'
import type { TraderAccount } from '@tidepool/trader'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { explanationOf, lineOf } from '../difference.ts'
import { RecordedChain } from '../recordedChain.ts'
import {
  RESTARTED,
  RESTARTED_ACCOUNT,
  RESTARTS_BEGIN,
  ZERO_MAXIMUM,
  restartProbes,
} from '../recording/restartProbes.ts'
import { traderFacts } from '../recording/traderFacts.ts'
import { settle } from '../settle.ts'
import { fundingStandIn } from './fundingStandIn.ts'
import { forgetCredentials } from './inProcessCli.ts'
import { RecordedAuctioneer } from './recordedAuctioneer.ts'
import { RESTART_DIFFERENCES } from './traderDifferences.ts'
import { TraderWorld } from './traderWorld.ts'

vi.mock('@tidepool/rpc', async (original) => {
  const { rpcInProcess } = await import('./inProcessCli.ts')
  return rpcInProcess(await original())
})
vi.mock('@tidepool/crypto', async (original) => {
  const { cryptoWithoutOwnHalves } = await import('./standIns.ts')
  return cryptoWithoutOwnHalves(await original())
})

const probes = restartProbes()
const recordings = probes.map(({ recording }) => recording)
const facts = traderFacts(RESTARTED, recordings)

afterAll(forgetCredentials)

function makeWorld(chain: RecordedChain): { readonly world: TraderWorld; readonly account: TraderAccount } {
  const { key } = RESTARTED_ACCOUNT
  const outpoint = facts.fundings.get(key)
  if (outpoint === undefined) throw new Error('the recording announces the account')
  const common = { kind: 'pendingOpen', keyIndex: 0, heightHint: blockHeight(RESTARTS_BEGIN), outpoint } as const
  const terms = { ...RESTARTED_ACCOUNT, ...common }
  const account = { ...terms, latestTx: fundingStandIn(outpoint, currentOutput(terms)) }
  chain.broadcast(account.latestTx)
  return { account, world: new TraderWorld(RESTARTED, facts, chain, [key]) }
}

/** `PENDING_OPEN` is `pendingOpen`. */
const kindOf = (state: string): string =>
  state.toLowerCase().replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())

describe('a restart in every state (32-restart-by-state)', () => {
  const chain = new RecordedChain(RESTARTS_BEGIN)
  const { world, account } = makeWorld(chain)
  const auctioneer = new RecordedAuctioneer(new Map([[RESTARTED, { world, facts }]]), chain)
  const used = new Set<string>()
  let states: readonly string[] = ['pendingOpen']

  beforeAll(() => world.seed([{ kind: 'account', account }]))
  afterAll(() => world.stop())

  it.each(probes.map(({ name, facts: measured }, n) => ({ n, name, before: measured['state_before'] })))(
    '$n: $name',
    async ({ n, before }) => {
      const recording = recordings[n]
      if (recording === undefined) throw new Error('no such probe')
      if (typeof before === 'string') expect(states).toContain(kindOf(before))
      await world.stop()
      // The trap of the fourth probe is played by itself, below.
      world.server.termsInstead = n === ZERO_MAXIMUM ? { maxAccountValue: 1_000_000_000n } : {}
      const differences = await auctioneer.play(recording)
      const explained = differences.map((one) => explanationOf(one, RESTART_DIFFERENCES)?.id)
      for (const id of explained) if (id !== undefined) used.add(id)
      expect(differences.filter((_, i) => explained[i] === undefined).map(lineOf)).toEqual([])
      expect(world.complaints.splice(0)).toEqual([])
      states = [...world.running.trader.ledger.accounts.values()].map(({ kind }) => kind)
    },
  )

  it('needs every explanation', () => {
    expect(RESTART_DIFFERENCES.map(({ id }) => id).filter((id) => !used.has(id))).toEqual([])
  })
})

it('terms without a maximum, which end the stock daemon, are waited out', async () => {
  const chain = new RecordedChain(RESTARTS_BEGIN)
  const { world, account } = makeWorld(chain)
  await world.seed([{ kind: 'account', account }])
  const [first] = recordings
  if (first === undefined) throw new Error('no probes')
  world.server.load(first)
  world.server.lenient = true
  world.server.termsInstead = { maxAccountValue: 0n }
  await world.start()
  chain.mine(4)
  await settle()
  expect(world.complaints.splice(0).join()).toMatch(/max_account_value/)
  expect([...world.running.trader.ledger.accounts.values()]).toMatchObject([{ kind: 'pendingOpen' }])
  await world.stop()
  world.server.load(first)
  world.server.termsInstead = {}
  await world.start()
  await settle()
  expect([...world.running.trader.ledger.accounts.values()]).toMatchObject([{ kind: 'open' }])
  await world.stop()
})
