import { toHex, type ClmError } from '@tidepool/crypto'
import type { Metadata } from '@grpc/grpc-js'

/** Trailing metadata that carries our error code and its detail as JSON. */
export const ERROR_TRAILER = 'tidepool-error-bin'

const MAX_TRAILER_BYTES = 4096

function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Uint8Array) return toHex(value)
  if (value instanceof Map) return Object.fromEntries(value)
  return value
}

/** JSON of an error's detail; of a detail too long for metadata only its code. */
export function encodeDetail(error: ClmError): Buffer {
  const full = Buffer.from(JSON.stringify(error.detail, plain))
  return full.length <= MAX_TRAILER_BYTES ? full : Buffer.from(JSON.stringify({ code: error.code }))
}

/** The detail a Tidepool peer sent, if it is one. */
export function decodeDetail(
  metadata: Metadata | undefined,
): { readonly errorCode: string; readonly errorDetail: Readonly<Record<string, unknown>> } | undefined {
  const value = metadata?.get(ERROR_TRAILER)[0]
  if (value === undefined) return undefined
  try {
    const detail: unknown = JSON.parse(value.toString())
    if (typeof detail !== 'object' || detail === null || !('code' in detail)) return undefined
    if (typeof detail.code !== 'string') return undefined
    return { errorCode: detail.code, errorDetail: detail as unknown as Readonly<Record<string, unknown>> }
  } catch {
    return undefined
  }
}

/** Text entries of metadata. */
export function textEntries(metadata: Metadata | undefined): ReadonlyMap<string, string> {
  const entries = Object.entries(metadata?.getMap() ?? {})
  return new Map(entries.flatMap(([key, value]) => (typeof value === 'string' ? [[key, value] as const] : [])))
}
