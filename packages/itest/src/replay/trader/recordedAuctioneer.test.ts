import { afterAll, describe, expect, it, vi } from 'vitest'
import { BatchGroup } from './batchGroup.ts'
import { explanationOf, lineOf } from '../difference.ts'
import type { Difference } from '../difference.ts'
import { BATCH_FILES, OPENING_FILES } from '../recording/files.ts'
import { forgetCredentials } from './inProcessCli.ts'
import { RecordedAuctioneer } from './recordedAuctioneer.ts'
import { RecordedChain } from '../recordedChain.ts'
import { readRecording } from '../recording/recording.ts'
import { TRADER_DIFFERENCES } from './traderDifferences.ts'
import { traderFacts } from '../recording/traderFacts.ts'
import { TraderWorld } from './traderWorld.ts'

vi.mock('@tidepool/rpc', async (original) => {
  const { rpcInProcess } = await import('./inProcessCli.ts')
  return rpcInProcess(await original())
})

vi.mock('@tidepool/crypto', async (original) => {
  const { cryptoWithoutOwnHalves } = await import('./standIns.ts')
  return cryptoWithoutOwnHalves(await original())
})

/** Height before the first recorded block. */
const FIRST_HEIGHT = 1057

const used = new Set<string>()

afterAll(forgetCredentials)

function expectExplained(differences: readonly Difference[]): void {
  const explained = differences.map((difference) => explanationOf(difference, TRADER_DIFFERENCES)?.id)
  for (const id of explained) if (id !== undefined) used.add(id)
  const unexplained = new Set(differences.filter((_, i) => explained[i] === undefined).map(lineOf))
  expect(unexplained, [...unexplained].join('\n')).toEqual(new Set())
}

describe('openings and orders', () => {
  const recordings = OPENING_FILES.map(readRecording)
  const chain = new RecordedChain(FIRST_HEIGHT)
  const facts = traderFacts('alice', recordings)
  const world = new TraderWorld('alice', facts, chain)
  const auctioneer = new RecordedAuctioneer(new Map([['alice', { world, facts }]]), chain)

  afterAll(() => world.stop())

  it.each(recordings)('$file', async (recording) => {
    expectExplained(await auctioneer.play(recording))
    expect(world.complaints.splice(0).join('\n')).toBe('')
  })
})

describe.each(BATCH_FILES.map((files) => ({ files })))('batches from $files.0 on', ({ files }) => {
  const group = new BatchGroup(files)

  afterAll(() => group.stop())

  it('subscribes accounts opened before', async () => {
    // The recorded auctioneer extended an account further than its own terms announce: see the last test.
    await group.start({ autoRenewExtensionBlocks: 3500 })
  })

  it.each(group.recordings)('$file', async (recording) => {
    expectExplained(await group.play(recording))
    expect(group.complaints().join('\n')).toBe('')
  })
})

it('refuses an extension beyond what the terms announce, which the stock trader takes', async () => {
  const group = new BatchGroup(['20-batch-v0', '21-batch-second-v0'])
  await group.start({})
  for (const recording of group.recordings) await group.play(recording)
  expect(group.complaints()[0]).toBe('batch refused  NEW_EXPIRY_TOO_FAR')
  await group.stop()
})

it('needs every explanation', () => {
  const idle = TRADER_DIFFERENCES.filter(({ id }) => !used.has(id))
  expect(idle.map(({ id }) => id)).toEqual([])
})
