import { readFileSync } from 'node:fs'
import { fromHex } from '@tidepool/crypto'
import type { JsonValue } from '@tidepool/rpc'

interface At {
  /** Place in the recording. */
  readonly index: number
  /** Milliseconds since the recording began. */
  readonly at: number
}

export interface RecordedMessage extends At {
  readonly kind: 'message'
  readonly trader: string
  /** Method of `poolrpc.ChannelAuctioneer`. */
  readonly rpc: string
  readonly from: 'trader' | 'auctioneer'
  readonly raw: Uint8Array
  /** As the recorder decoded it. */
  readonly msg: JsonValue
}

export interface RecordedCommand extends At {
  readonly kind: 'command'
  readonly trader: string
  /** Arguments of `pool`. */
  readonly args: readonly string[]
  readonly exit: number
  /** What it printed, null unless that is JSON. */
  readonly stdout: JsonValue
  /** When it was started; the event itself stands where it ended. */
  readonly startedAt: number
}

export interface RecordedNote extends At {
  readonly kind: 'note'
  readonly note: string
  readonly data: Fields
}

/** A call, or a stream, that the auctioneer ended with an error. */
export interface RecordedStatus extends At {
  readonly kind: 'status'
  readonly trader: string
  readonly rpc: string
  readonly status: number
  readonly details: string
}

/** What happened, in order. */
export type RecordedEvent =
  | RecordedMessage
  | RecordedCommand
  | RecordedNote
  | (At & { readonly kind: 'stream'; readonly trader: string; readonly what: 'opened' | 'closed' })
  | (At & { readonly kind: 'mined'; readonly blocks: number; readonly height: number })
  | (At & { readonly kind: 'daemon'; readonly trader: string; readonly what: string })
  | RecordedStatus
  | (At & { readonly kind: 'other' })

export interface Recording {
  readonly file: string
  readonly about: string
  readonly events: readonly RecordedEvent[]
}

export type Fields = Readonly<Record<string, JsonValue>>

const FOLDER = new URL('../../../test/vectors/poold/', import.meta.url)

const read = (file: string): JsonValue => JSON.parse(readFileSync(new URL(`${file}.json`, FOLDER), 'utf8')) as JsonValue

export function readRecording(file: string): Recording {
  const { about, events } = read(file) as { readonly about: string; readonly events: readonly Fields[] }
  return { file, about, events: events.map(readEvent) }
}

/** One of several short recordings in a file, and what was measured besides the messages. */
export interface Probe {
  readonly name: string
  readonly facts: Fields
  readonly recording: Recording
}

export function readProbes(file: string): readonly Probe[] {
  const { about, probes } = read(file) as { readonly about: string; readonly probes: readonly Fields[] }
  return probes.map((facts) => {
    const events = listIn(facts, 'events').map((event, index) => readEvent(fieldsOf(event), index))
    return { name: textIn(facts, 'probe'), facts, recording: { file, about, events } }
  })
}

/** The same with blocks, where the recorder did not note that it mined them: so many after an event. */
export function withBlocks(recording: Recording, places: ReadonlyMap<number, number>): Recording {
  const events = recording.events.flatMap((event): readonly RecordedEvent[] => {
    const blocks = places.get(event.index)
    return blocks === undefined ? [event] : [event, { ...event, kind: 'mined', blocks, height: 0 }]
  })
  return { ...recording, events }
}

function readEvent(fields: Fields, index: number): RecordedEvent {
  const at = { index, at: numberIn(fields, 't') }
  if ('chain' in fields) {
    return { ...at, kind: 'mined', blocks: numberIn(fields, 'blocks'), height: numberIn(fields, 'height') }
  }
  if ('note' in fields) return { ...at, kind: 'note', note: textIn(fields, 'note'), data: fields }
  if (!('trader' in fields)) return { ...at, kind: 'other' }
  const trader = textIn(fields, 'trader')
  if ('cli' in fields) {
    const startedAt = at.at - numberIn(fields, 'took_ms')
    const { stdout = null } = fields
    const printed = typeof stdout === 'string' ? null : stdout
    const args = textsIn(fields, 'cli')
    return { ...at, kind: 'command', trader, args, exit: numberIn(fields, 'exit'), stdout: printed, startedAt }
  }
  if ('poold' in fields) return { ...at, kind: 'daemon', trader, what: textIn(fields, 'poold') }
  if ('opened' in fields || 'closed' in fields) {
    return { ...at, kind: 'stream', trader, what: 'opened' in fields ? 'opened' : 'closed' }
  }
  if ('status' in fields) {
    const ended = fieldsOf(fields['status'] ?? null)
    const [rpc, details] = [textIn(fields, 'rpc'), textIn(ended, 'details')]
    return { ...at, kind: 'status', trader, rpc, details, status: numberIn(ended, 'code') }
  }
  if (!('raw' in fields)) return { ...at, kind: 'other' }
  const from = textIn(fields, 'from')
  if (from !== 'trader' && from !== 'auctioneer') throw new Error(`nobody called ${from}`)
  const raw = fromHex(textIn(fields, 'raw'))
  return { ...at, kind: 'message', trader, rpc: textIn(fields, 'rpc'), from, raw, msg: fields['msg'] ?? null }
}

export function textIn(fields: Fields, name: string): string {
  const value = fields[name]
  if (typeof value !== 'string') throw new Error(`${name} is no text`)
  return value
}

/** Wide numbers are recorded as text. */
export function numberIn(fields: Fields, name: string): number {
  const value = fields[name]
  const number = typeof value === 'string' ? Number(value) : value
  if (typeof number !== 'number' || !Number.isSafeInteger(number)) throw new Error(`${name} is no number`)
  return number
}

export const textsIn = (fields: Fields, name: string): readonly string[] =>
  listIn(fields, name).map((value) => {
    if (typeof value !== 'string') throw new Error(`${name} holds no texts`)
    return value
  })

export function listIn(fields: Fields, name: string): readonly JsonValue[] {
  const value = fields[name]
  if (!Array.isArray(value)) throw new Error(`${name} is no list`)
  return value as readonly JsonValue[]
}

export function fieldsOf(value: JsonValue): Fields {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw new Error('no object')
  return value as Fields
}
