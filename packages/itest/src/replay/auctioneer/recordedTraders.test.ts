import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { encodeTx, toHex } from '@tidepool/crypto'
import { AuctioneerWorld } from './auctioneerWorld.ts'
import { accountBefore, auctionBefore, keysOf } from './batchSeeds.ts'
import { explanationOf, lineOf } from '../difference.ts'
import type { Difference } from '../difference.ts'
import { AUCTIONEER_DIFFERENCES } from './auctioneerDifferences.ts'
import { BATCH_FILES, OPENING_FILES } from '../recording/files.ts'
import { RecordedChain } from '../recordedChain.ts'
import { batchOf, challengesOf, changesOf, halvesOf } from '../recording/batchFacts.ts'
import type { BatchAccountNote, RecordedBatch } from '../recording/batchFacts.ts'
import { RecordedTraders } from './recordedTraders.ts'
import { readRecording } from '../recording/recording.ts'
import { changeKey, recorded } from './standIns.ts'

vi.mock('@tidepool/crypto', async (original) => {
  const { cryptoAsRecorded } = await import('./standIns.ts')
  return cryptoAsRecorded(await original())
})
vi.mock('../../../../market/src/matching/accountChange.ts', async () => {
  const { recordedChange } = await import('./standIns.ts')
  return { termsChange: recordedChange }
})

/** Height before the first recorded block. */
const FIRST_HEIGHT = 1057

const used = new Set<string>()

function expectExplained(differences: readonly Difference[]): void {
  const explained = differences.map((difference) => explanationOf(difference, AUCTIONEER_DIFFERENCES)?.id)
  for (const id of explained) if (id !== undefined) used.add(id)
  const unexplained = new Set(differences.filter((_, i) => explained[i] === undefined).map(lineOf))
  expect(unexplained, [...unexplained].join('\n')).toEqual(new Set())
}

describe('openings and orders', () => {
  const world = new AuctioneerWorld(new RecordedChain(FIRST_HEIGHT))
  const traders = new RecordedTraders(world)

  beforeAll(async () => {
    await world.start()
  })
  afterAll(() => world.stop())

  it.each(OPENING_FILES)('%s', async (file) => {
    const recording = readRecording(file)
    for (const [commitment, challenge] of challengesOf(recording)) recorded.challenges.set(commitment, challenge)
    for (const [key, halves] of halvesOf(recording)) world.wallet.halves.set(key, [...halves])
    expectExplained(await traders.play(recording))
    expect(world.complaints.splice(0)).toEqual([])
  })
})

describe.each(BATCH_FILES.map((files) => ({ files })))('batches from $files.0 on', ({ files }) => {
  const recordings = files.map((file) => {
    const recording = readRecording(file)
    const batch = batchOf(recording)
    if (batch === undefined) throw new Error(`${file} has no batch`)
    return { file, recording, batch }
  })
  const first = recordings[0]
  if (first === undefined) throw new Error('no recordings')
  const world = new AuctioneerWorld(new RecordedChain(first.batch.heightHint))

  beforeAll(async () => {
    await world.seed(accountsOf(recordings.map(({ batch }) => batch)), auctionBefore(first.batch))
    for (const { recording, batch } of recordings) {
      const changes = changesOf(recording)
      for (const { key, batchKeyBefore: batchKey } of batch.accounts) {
        recorded.changes.set(changeKey({ key, batchKey }), changes.get(key) ?? { newExpiry: 0, newVersion: 0 })
      }
    }
  })

  it.each(recordings)('$file', async ({ file, recording, batch }) => {
    world.chain.mineTo(batch.heightHint)
    await world.start(batch.feeRate)
    await world.keepOrders(
      new Set(recordings.slice(recordings.findIndex((one) => one.file === file)).flatMap((one) => one.batch.orders)),
    )
    const traders = new RecordedTraders(world)
    for (const trader of ['alice', 'bob']) await traders.subscribed(trader, keysOf(batch.accounts, trader))
    expectExplained(await traders.play(recording, batch))
    expect(world.complaints.splice(0)).toEqual([])
    expect(world.wallet.published.map(toHex)).toContain(toHex(encodeTx(batch.signed, { witness: true })))
    await world.stop()
  })
})

it('needs every explanation', () => {
  const idle = AUCTIONEER_DIFFERENCES.filter(({ id }) => !used.has(id))
  expect(idle.map(({ id }) => id)).toEqual([])
})

/** Every account as the first batch that spends it finds it. */
function accountsOf(batches: readonly RecordedBatch[]): readonly ReturnType<typeof accountBefore>[] {
  const seen = new Map<string, readonly [BatchAccountNote, RecordedBatch]>()
  for (const batch of batches)
    for (const note of batch.accounts) if (!seen.has(note.key)) seen.set(note.key, [note, batch])
  return [...seen.values()].map(([note, batch]) => accountBefore(note, batch))
}
