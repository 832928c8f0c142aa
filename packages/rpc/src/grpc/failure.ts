import { isClmError, type ClmError } from '@tidepool/crypto'
import { Metadata, type StatusObject } from '@grpc/grpc-js'
import { LndError } from '../lnd/errors.ts'
import { detailsFor, LND_STATUS, STATUS_BY_CODE } from '../status.ts'
import type { CallContext } from './callContext.ts'
import { RpcError, StatusError } from './errors.ts'
import { STATUS, type Status } from './statusCode.ts'
import { encodeDetail, ERROR_TRAILER } from './trailer.ts'

/** How a server answers what its handlers throw. */
export interface FailureOptions {
  /** Statuses of the daemon's own error codes, besides the table of this package. */
  readonly statusByCode?: Readonly<Record<string, Status>> | undefined
  /** Hands on status and text of a call to lnd or upstream that failed inside a handler, instead of INTERNAL. */
  readonly forwardUpstream?: boolean | undefined
  /** Called with errors the client is told nothing about. */
  readonly onUnexpected?: ((error: unknown, context: CallContext) => void) | undefined
}

type Failure = Pick<StatusObject, 'code' | 'details' | 'metadata'>

function metadataOf(trailers: ReadonlyMap<string, string>): Metadata {
  const metadata = new Metadata()
  for (const [key, value] of trailers) metadata.set(key, value)
  return metadata
}

function withDetail(error: ClmError): Metadata {
  const metadata = new Metadata()
  metadata.set(ERROR_TRAILER, encodeDetail(error))
  return metadata
}

/** The status a thrown error ends the call with. What we did not foresee is INTERNAL, without its text. */
export function failureOf(error: unknown, context: CallContext, options: FailureOptions): Failure {
  if (error instanceof StatusError) {
    return { code: error.detail.status, details: error.detail.details, metadata: metadataOf(error.trailers) }
  }
  if (options.forwardUpstream === true && error instanceof LndError) {
    return { code: LND_STATUS[error.code], details: error.detail.details, metadata: withDetail(error) }
  }
  if (options.forwardUpstream === true && error instanceof RpcError) {
    const metadata = new Metadata()
    const { errorCode, errorDetail } = error.detail
    if (errorCode !== undefined) metadata.set(ERROR_TRAILER, Buffer.from(JSON.stringify(errorDetail)))
    return { code: error.status, details: error.detail.details, metadata }
  }
  if (isClmError(error)) {
    const table: Readonly<Record<string, Status>> = { ...STATUS_BY_CODE, ...options.statusByCode }
    const code = Object.hasOwn(table, error.code) ? table[error.code] : undefined
    if (code !== undefined && code !== STATUS.INTERNAL) {
      return { code, details: detailsFor(error.code, error.message), metadata: withDetail(error) }
    }
  }
  options.onUnexpected?.(error, context)
  return { code: STATUS.INTERNAL, details: 'internal error', metadata: new Metadata() }
}

/** A stock trader does not come back after OK or CANCELLED, so no stream it lives on ends with either. */
export function lastingFailure(failure: Failure): Failure {
  const harmless = failure.code === STATUS.OK || failure.code === STATUS.CANCELLED
  return harmless ? { ...failure, code: STATUS.UNAVAILABLE } : failure
}
