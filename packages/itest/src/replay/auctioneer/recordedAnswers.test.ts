import { readFileSync } from 'node:fs'
import { TraderSession } from '@tidepool/auctioneer'
import { batchId, fromHex } from '@tidepool/crypto'
import { streamId } from '@tidepool/market'
import { describe, expect, it } from 'vitest'
import { BATCH_FILES } from '../recording/files.ts'
import { clientMessage, serverMessage } from '../recording/messages.ts'
import { readRecording } from '../recording/recording.ts'
import type { RecordedEvent, RecordedMessage } from '../recording/recording.ts'

type Asked = 'prepare' | 'sign'

/** What came of the answers of one recorded stream. */
interface Heard {
  readonly asked: Asked[]
  readonly answered: string[]
  readonly unasked: unknown[]
}

/** One stream as our auctioneer would have it: the recorded questions are ours, the answers those of the stock daemon. */
class Stream {
  readonly heard: Heard = { asked: [], answered: [], unasked: [] }
  readonly #session: TraderSession

  constructor() {
    const { asked, answered, unasked } = this.heard
    const nothing = (): void => undefined
    this.#session = new TraderSession(
      streamId('1'),
      { send: () => Promise.resolve(), end: nothing },
      {
        registry: { add: nothing, remove: () => [], subscribe: nothing },
        accounts: { find: () => undefined, recovering: () => Promise.resolve() },
        answers: {
          answered: (_, attempt, step, { kind }) => answered.push(`${step} ${attempt}: ${kind}`),
          ...{ streamLost: nothing, subscribed: nothing, cleanedUp: nothing },
        },
        strangers: { add: nothing, has: () => false, remove: nothing } as never,
        entropy: { bytes: (length) => new Uint8Array(length) },
        quietMs: 120_000,
        clock: { now: () => 0, after: () => nothing },
        logger: { debug: nothing, info: nothing, error: nothing, warn: (_, fields) => unasked.push(fields) },
      },
    )
    this.ask = async (step, id) => {
      asked.push(step)
      const question = { batchId: batchId(id) } as never
      await (step === 'prepare'
        ? this.#session.prepare(asked.length, question)
        : this.#session.signBegin(asked.length, question))
    }
  }

  readonly ask: (step: Asked, id: Uint8Array) => Promise<void>

  answer(kind: 'accept' | 'reject' | 'sign', id: Uint8Array): Promise<void> {
    const batch = { batchId: batchId(id) }
    if (kind === 'accept') return this.#session.receive({ kind, ...batch })
    const body = batch as never
    return this.#session.receive(kind === 'reject' ? { kind, reject: body } : { kind, reply: body })
  }
}

/** By stream, in the order in which they were opened. */
async function listen(events: readonly RecordedEvent[]): Promise<readonly Heard[]> {
  const open = new Map<string, Stream>()
  const all: Stream[] = []
  for (const event of events) {
    if (event.kind === 'stream' || event.kind === 'daemon') open.delete(event.trader)
    if (event.kind !== 'message' || event.rpc !== 'SubscribeBatchAuction') continue
    const stream = open.get(event.trader) ?? new Stream()
    if (!open.has(event.trader)) all.push(stream)
    open.set(event.trader, stream)
    await play(event, stream)
  }
  return all.map(({ heard }) => heard)
}

async function play(event: RecordedMessage, stream: Stream): Promise<void> {
  if (event.from === 'auctioneer') {
    const { msg } = serverMessage(event)
    if (msg?.case === 'prepare' || msg?.case === 'sign') await stream.ask(msg.case, msg.value.batchId)
    return
  }
  const { msg } = clientMessage(event)
  if (msg?.case === 'accept' || msg?.case === 'reject' || msg?.case === 'sign') {
    await stream.answer(msg.case, msg.value.batchId)
  }
}

interface Extract {
  readonly trader: string
  readonly stream?: 'new'
  readonly from?: 'trader' | 'auctioneer'
  readonly step?: 'prepare' | 'sign' | 'accept' | 'reject'
  readonly batch_id?: string
}

/** Batches that break off: time limits, streams lost, proposals replaced before they are final. */
const { probes: PROBES } = JSON.parse(
  readFileSync(new URL('../../../test/vectors/poold/31-order-of-answers.json', import.meta.url), 'utf8'),
) as { readonly probes: readonly { readonly probe: string; readonly events: readonly Extract[] }[] }

async function listenToExtract(events: readonly Extract[]): Promise<readonly Heard[]> {
  const open = new Map<string, Stream>()
  const all: Stream[] = []
  for (const { trader, from, step, batch_id: id } of events) {
    if (step === undefined || id === undefined) open.delete(trader)
    else {
      const stream = open.get(trader) ?? new Stream()
      if (!open.has(trader)) all.push(stream)
      open.set(trader, stream)
      if (from === 'auctioneer') await stream.ask(step === 'sign' ? 'sign' : 'prepare', fromHex(id))
      else if (step !== 'prepare') await stream.answer(step, fromHex(id))
    }
  }
  return all.map(({ heard }) => heard)
}

describe('a stock trader answers each question once and in order, so it is never silent and never unasked', () => {
  it.each(BATCH_FILES.flat())('%s', async (file) => {
    const heard = await listen(readRecording(file).events)
    expect(heard.flatMap(({ unasked }) => unasked)).toEqual([])
    expect(heard.flatMap(({ answered }) => answered).length).toBeGreaterThan(0)
    for (const { asked, answered } of heard) expect(answered).toHaveLength(asked.length)
  })

  it.each(PROBES.map(({ probe, events }) => [probe, events] as const))('%s', async (_, events) => {
    const heard = await listenToExtract(events)
    expect(heard.flatMap(({ unasked }) => unasked)).toEqual([])
    for (const { asked, answered } of heard) expect(answered).toHaveLength(asked.length)
  })

  it('a second proposal before the end of the first is among them', async () => {
    const all = await Promise.all(PROBES.map(({ events }) => listenToExtract(events)))
    const twice = all.flat().filter(({ asked }) => asked.filter((step) => step === 'prepare').length > 1)
    expect(twice.length).toBeGreaterThan(0)
  })
})
