import { StoreError } from './errors.ts'
import { fromExactJson, toExactJson } from './exactJson.ts'
import type { TextCodec } from './store.ts'

export interface RecordSchema<V> {
  /** Version that `encode` writes, from 1. Raise it with every change of the stored shape. */
  readonly version: number
  /** `migrations[n]` turns a record of version n into one of version n + 1. */
  readonly migrations?: Readonly<Record<number, (record: unknown) => unknown>>
  /** Default: the value as it is. */
  readonly encode?: (value: V) => unknown
  /** Default: the record as it is. What it throws is reported as STORE_CORRUPT. */
  readonly decode?: (record: unknown) => V
}

/** Text `{"version":n,"record":…}`; older versions are migrated step by step when read. */
export function recordCodec<V>(schema: RecordSchema<V>): TextCodec<V> {
  return {
    stored: 'text',
    encode: (value) =>
      toExactJson({ version: schema.version, record: schema.encode === undefined ? value : schema.encode(value) }),
    decode: (text) => {
      const { version, record } = readEnvelope(text)
      const current = migrate(schema, version, record)
      return guard(() => (schema.decode === undefined ? (current as V) : schema.decode(current)))
    },
  }
}

function readEnvelope(text: string): { version: number; record: unknown } {
  const envelope = guard(() => fromExactJson(text))
  if (typeof envelope !== 'object' || envelope === null || !('version' in envelope)) throw corrupt()
  const { version } = envelope
  if (typeof version !== 'number' || !Number.isSafeInteger(version) || version < 1) throw corrupt()
  return { version, record: 'record' in envelope ? envelope.record : undefined }
}

function migrate<V>(schema: RecordSchema<V>, from: number, record: unknown): unknown {
  let current = record
  for (let version = from; version !== schema.version; version++) {
    const step = version < schema.version ? schema.migrations?.[version] : undefined
    if (step === undefined) {
      throw new StoreError(
        { code: 'RECORD_VERSION_UNKNOWN', version: from, known: schema.version },
        `a record has version ${from}, this program reads up to ${schema.version}: start the version that wrote it`,
      )
    }
    const before = current
    current = guard(() => step(before))
  }
  return current
}

function guard<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw corrupt(error)
  }
}

function corrupt(cause?: unknown): StoreError {
  return new StoreError({ code: 'STORE_CORRUPT', location: 'record' }, 'a stored record cannot be read', { cause })
}
