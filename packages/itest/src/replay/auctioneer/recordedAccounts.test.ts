import {
  accountKey,
  accountVersion,
  blockHeight,
  decodeTx,
  satoshi,
  accountSecret,
  batchKey,
  pubKey,
} from '@tidepool/crypto'
import type { AccountRecord, AccountState, Reservation } from '@tidepool/auctioneer'
import { outPointFromWire } from '@tidepool/rpc'
import type { poolrpc } from '@tidepool/rpc'
import { accountScriptOf } from '@tidepool/market'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { AuctioneerWorld } from './auctioneerWorld.ts'
import { PROBE_DIFFERENCES } from './auctioneerDifferences.ts'
import { explanationOf, lineOf } from '../difference.ts'
import type { Difference } from '../difference.ts'
import { RecordedChain } from '../recordedChain.ts'
import { challengesOf, halvesOf } from '../recording/batchFacts.ts'
import { ACCOUNT_SECRET } from '../recording/keys.ts'
import { serverMessage } from '../recording/messages.ts'
import { readProbes } from '../recording/recording.ts'
import type { Recording } from '../recording/recording.ts'
import { RESTARTED, RESTARTED_ACCOUNT, RESTARTS_BEGIN, restartProbes } from '../recording/restartProbes.ts'
import { traderFacts } from '../recording/traderFacts.ts'
import { RecordedTraders } from './recordedTraders.ts'
import { recorded } from './standIns.ts'

vi.mock('@tidepool/crypto', async (original) => {
  const { cryptoAsRecorded } = await import('./standIns.ts')
  return cryptoAsRecorded(await original())
})

const used = new Set<string>()

function expectExplained(differences: readonly Difference[]): void {
  const explained = differences.map((one) => explanationOf(one, PROBE_DIFFERENCES)?.id)
  for (const id of explained) if (id !== undefined) used.add(id)
  expect(differences.filter((_, i) => explained[i] === undefined).map(lineOf)).toEqual([])
}

function prepare(world: AuctioneerWorld, recording: Recording): void {
  for (const [commitment, challenge] of challengesOf(recording)) recorded.challenges.set(commitment, challenge)
  for (const [key, halves] of halvesOf(recording)) world.wallet.halves.set(key, [...halves])
}

const RECORD = {
  ...{ userAgent: '', changes: [], previous: undefined, steps: 0 },
} as const

describe('traders that restart in every state (32-restart-by-state)', () => {
  const probes = restartProbes()
  const chain = new RecordedChain(RESTARTS_BEGIN)
  const world = new AuctioneerWorld(chain)
  const traders = new RecordedTraders(world)

  beforeAll(async () => {
    const facts = traderFacts(
      RESTARTED,
      probes.map(({ recording }) => recording),
    )
    const outpoint = facts.fundings.get(RESTARTED_ACCOUNT.key)
    if (outpoint === undefined) throw new Error('the recording announces the account')
    const account = { ...RESTARTED_ACCOUNT, outpoint }
    chain.broadcastUnseen(outpoint, { value: account.value, script: accountScriptOf(account) })
    const heightHint = blockHeight(RESTARTS_BEGIN)
    const record: AccountRecord = {
      ...RECORD,
      account,
      state: { kind: 'pendingOpen' },
      heightHint,
      latestTx: undefined,
    }
    await world.know([{ kind: 'account', record }])
    await world.start()
  })
  afterAll(() => world.stop())

  it.each(probes.map(({ name, recording }, n) => ({ n, name, recording })))('$n: $name', async ({ recording }) => {
    prepare(world, recording)
    expectExplained(await traders.play(recording))
    expect(world.complaints.splice(0)).toEqual([])
  })
})

const STATES: Readonly<Record<string, AccountState>> = {
  STATE_PENDING_OPEN: { kind: 'pendingOpen' },
  STATE_OPEN: { kind: 'open', via: 'funding' },
  STATE_EXPIRED: { kind: 'expired', via: 'funding' },
  STATE_PENDING_UPDATE: { kind: 'pendingUpdate' },
  STATE_CLOSED: { kind: 'closed', by: 'cooperative' },
  STATE_PENDING_BATCH: { kind: 'pendingBatch', finalizeDelivered: true },
  STATE_EXPIRED_PENDING_UPDATE: { kind: 'expiredPendingUpdate', via: 'update' },
}

/** What the recorded auctioneer told of the account, whole: some probes leave parts of it out. */
interface Told {
  readonly account: poolrpc.AuctionAccount
  readonly isReservation: boolean
}

const probes = readProbes('33-recovery')

function toldIn({ events }: Recording): Told | undefined {
  for (const event of events) {
    if (event.kind !== 'message' || event.rpc !== 'SubscribeBatchAuction' || event.from !== 'auctioneer') continue
    const { msg } = serverMessage(event)
    if (msg?.case === 'account') return { account: msg.value, isReservation: false }
    const reserved = msg?.case === 'error' ? msg.value.accountReservation : undefined
    if (reserved !== undefined) return { account: reserved, isReservation: true }
  }
  return undefined
}

const whole = probes.map(({ recording }) => toldIn(recording)).filter((told) => told !== undefined)

describe('traders that lost their data (33-recovery)', () => {
  let world: AuctioneerWorld | undefined
  afterEach(() => world?.stop())

  it.each(probes.map(({ name, recording }, n) => ({ n, name, recording })))('$n: $name', async ({ recording }) => {
    const chain = new RecordedChain(764)
    world = new AuctioneerWorld(chain)
    const told = toldIn(recording) ?? whole[0]
    if (told === undefined) throw new Error('no probe tells of an account')
    await world.know([
      told.isReservation
        ? { kind: 'reservation', reservation: reservationOf(told.account) }
        : { kind: 'account', record: recordOf(told.account) },
    ])
    await world.start()
    prepare(world, recording)
    expectExplained(await new RecordedTraders(world).play(recording))
    expect(world.complaints.splice(0)).toEqual([])
  })

  it('needs every explanation', () => {
    expect(PROBE_DIFFERENCES.map(({ id }) => id).filter((id) => !used.has(id))).toEqual([])
  })
})

function termsOf({ traderKey, auctioneerKey, batchKey: key, value, expiry, version }: poolrpc.AuctionAccount) {
  const trader = accountKey(traderKey)
  return {
    ...{ value: satoshi(value), expiry: blockHeight(expiry), version: accountVersion(version) },
    ...{ auctioneerKey: pubKey(auctioneerKey), batchKey: batchKey(key), secret: accountSecret(ACCOUNT_SECRET, trader) },
    key: trader,
  }
}

function recordOf(told: poolrpc.AuctionAccount): AccountRecord {
  const full = whole.find(
    ({ account }) => account.latestTx.length > 0 && account.outpoint !== undefined && sameKey(account, told),
  )
  const { outpoint, latestTx } = full?.account ?? told
  const state = STATES[told.state]
  if (outpoint === undefined || state === undefined) throw new Error('no probe tells of the output')
  decodeTx(latestTx)
  const account = { ...termsOf(told), outpoint: outPointFromWire(outpoint) }
  return { ...RECORD, account, state, heightHint: blockHeight(told.heightHint), latestTx }
}

function reservationOf(told: poolrpc.AuctionAccount): Reservation {
  const { key: traderKey, ...terms } = termsOf(told)
  return { ...terms, traderKey, heightHint: blockHeight(told.heightHint) }
}

const sameKey = (a: poolrpc.AuctionAccount, b: poolrpc.AuctionAccount): boolean =>
  accountKey(a.traderKey) === accountKey(b.traderKey)
