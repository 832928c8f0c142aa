import { batchKey, txid } from '@tidepool/crypto'
import { INITIAL_BATCH_KEY, incrementBatchKey } from '@tidepool/crypto'
import type { BatchReject, SignReply, SignRequest } from '@tidepool/market'
import { describe, expect, it } from 'vitest'
import { statePage, tryAll } from '../../test/kit/statePage.ts'
import type { StagedBatch, VerifiedBatch } from './batch.ts'
import { resume, step } from './batchSession.ts'
import type { BatchEvent, BatchState } from './batchSession.ts'

const batchId = batchKey(INITIAL_BATCH_KEY)
const otherId = incrementBatchKey(batchId)
const ours = txid('aa'.repeat(32))
const others = txid('bb'.repeat(32))

// The machine looks at ids alone; what else a batch holds is none of its business.
const batch = { proposal: {}, result: { batchId, txid: ours }, channels: [] } as unknown as VerifiedBatch
const staged = { record: { batchId, txid: ours }, fills: [] } as unknown as StagedBatch
const reject: BatchReject = { batchId, code: 'unknown', reason: '', rejectedOrders: new Map() }
const request = (id: typeof batchId): SignRequest => ({ batchId: id, serverNonces: new Map(), prevOutputs: [] })
const reply: SignReply = { batchId, accountSigs: new Map(), traderNonces: new Map(), channelInfos: new Map() }

const states: Readonly<Record<BatchState['kind'], BatchState>> = {
  idle: { kind: 'idle' },
  prepared: { kind: 'prepared', batch },
  accepted: { kind: 'accepted', batch },
  signing: { kind: 'signing', batch },
  signed: { kind: 'signed', staged },
}

const events: Readonly<Record<string, BatchEvent>> = {
  proposed: { kind: 'proposed', batch },
  refused: { kind: 'refused', reject },
  fundingReady: { kind: 'fundingReady' },
  fundingFailed: { kind: 'fundingFailed', reject },
  signBegin: { kind: 'signBegin', request: request(batchId) },
  signBeginOther: { kind: 'signBegin', request: request(otherId) },
  signed: { kind: 'signed', reply, staged },
  signFailed: { kind: 'signFailed', reject },
  finalized: { kind: 'finalized', batchId, txid: ours },
  finalizedOtherId: { kind: 'finalized', batchId: otherId, txid: ours },
  finalizedOtherTx: { kind: 'finalized', batchId, txid: others },
  resolvedFinal: { kind: 'resolved', fate: 'final' },
  resolvedReplaced: { kind: 'resolved', fate: 'replaced' },
  resolvedUnknown: { kind: 'resolved', fate: 'unknown' },
  confirmed: { kind: 'confirmed', txid: ours },
  confirmedOther: { kind: 'confirmed', txid: others },
  disconnected: { kind: 'disconnected' },
}

/** Next state and actions of every pair that is not refused. */
const EXPECTED: Readonly<Record<BatchState['kind'], Readonly<Record<string, string>>>> = {
  idle: {
    proposed: 'prepared: prepareFunding',
    refused: 'idle: sendReject',
    disconnected: 'idle:',
  },
  prepared: {
    proposed: 'prepared: cleanUp prepareFunding',
    refused: 'idle: cleanUp sendReject',
    fundingReady: 'accepted: sendAccept',
    fundingFailed: 'idle: sendReject cleanUp',
    disconnected: 'idle: cleanUp',
  },
  accepted: {
    proposed: 'prepared: cleanUp prepareFunding',
    refused: 'idle: cleanUp sendReject',
    signBegin: 'signing: openAndSign',
    disconnected: 'idle: cleanUp',
  },
  signing: {
    proposed: 'prepared: cleanUp prepareFunding',
    refused: 'idle: cleanUp sendReject',
    signed: 'signed: sendSign',
    signFailed: 'idle: sendReject cleanUp',
    disconnected: 'idle: cleanUp',
  },
  signed: {
    proposed: 'prepared: cleanUp prepareFunding',
    refused: 'idle: cleanUp sendReject',
    finalized: 'idle: applied',
    resolvedFinal: 'idle: applied',
    resolvedReplaced: 'idle: cleanUp',
    resolvedUnknown: 'signed:',
    confirmed: 'idle: applied',
    disconnected: 'signed:',
  },
}

const RESUME: Readonly<Record<BatchState['kind'], readonly string[]>> = {
  idle: [],
  prepared: ['cleanUp'],
  accepted: ['cleanUp'],
  signing: ['cleanUp'],
  signed: ['askFate'],
}

describe('batch session', () => {
  const table = tryAll({ states, events, step })

  it.each(Object.keys(states) as BatchState['kind'][])('%s takes exactly its events', (kind) => {
    const got = [...(table.get(kind) ?? [])].flatMap(([event, result]) =>
      result.kind === 'next' ? [[event, [`${result.state}:`, ...result.actions].join(' ')]] : [],
    )
    expect(Object.fromEntries(got)).toEqual(EXPECTED[kind])
  })

  it.each(Object.keys(states) as BatchState['kind'][])('%s resumes', (kind) => {
    expect(resume(states[kind]).map((action) => action.kind)).toEqual(RESUME[kind])
  })

  it('is drawn in docs/states', async () => {
    const about =
      'One batch as a trader takes part in it (`packages/trader/src/core/batchSession.ts`). Only `signed` is stored.'
    const page = statePage(table, { title: 'Batch session, trader', about, resume: RESUME })
    await expect(page).toMatchFileSnapshot('../../../../docs/states/traderBatchSession.md')
  })
})
