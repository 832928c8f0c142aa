import { describe, expect, it } from 'vitest'
import { encodeMessage } from '@tidepool/rpc'
import type { JsonValue } from '@tidepool/rpc'
import { toHex } from '@tidepool/crypto'
import { FILES } from './files.ts'
import { decoded, messageName, recordedJson } from './messages.ts'
import { readRecording } from './recording.ts'
import type { RecordedMessage } from './recording.ts'

const messagesOf = (file: string): readonly RecordedMessage[] =>
  readRecording(file).events.filter((event) => event.kind === 'message')

/** The recorder names the chosen member of a oneof, and leaves out unset messages. */
function asRecorded(value: JsonValue, hint: JsonValue): JsonValue {
  if (Array.isArray(value)) {
    const hints = Array.isArray(hint) ? (hint as readonly JsonValue[]) : []
    return (value as readonly JsonValue[]).map((item, i) => asRecorded(item, hints[i] ?? null))
  }
  if (value === null || typeof value !== 'object') return value
  const hints = (hint ?? {}) as Readonly<Record<string, JsonValue>>
  const kept = Object.entries(value).filter(([name, item]) => item !== null || name in hints)
  const oneofs = ['msg', 'details'].filter((name) => typeof hints[name] === 'string' && !(name in value))
  return Object.fromEntries([
    ...kept.map(([name, item]) => [name, asRecorded(item as JsonValue, hints[name] ?? null)] as const),
    ...oneofs.map((name) => [name, hints[name] ?? null] as const),
  ])
}

describe.each(FILES)('%s', (file) => {
  const messages = messagesOf(file)

  it('reads every message as the recorder did', () => {
    for (const message of messages) expect(asRecorded(recordedJson(message), message.msg)).toEqual(message.msg)
  })

  it('writes every message of the daemon as it did, up to the order of fields', () => {
    for (const message of messages.filter(({ from }) => from === 'trader')) {
      const written = encodeMessage(messageName(message), decoded(message))
      expect(toHex(written.toSorted())).toBe(toHex(message.raw.toSorted()))
    }
  })
})
