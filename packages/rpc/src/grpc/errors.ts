import { ClmError } from '@tidepool/crypto'
import { statusName, type Status } from './statusCode.ts'

export type RpcErrorDetail = {
  /** A call failed. The status tells whether trying again helps: UNAVAILABLE and DEADLINE_EXCEEDED may pass. */
  readonly code: 'RPC'
  readonly status: Status
  readonly statusName: string
  /** The peer's text. */
  readonly details: string
  /** Full name, `/package.Service/Method`. */
  readonly method: string
  /** Our own error code, when the peer is a Tidepool program. */
  readonly errorCode?: string
  /** Its detail, bigints and bytes as text. */
  readonly errorDetail?: Readonly<Record<string, unknown>>
}

/** A failed call, seen from the client. */
export class RpcError extends ClmError<RpcErrorDetail> {
  /** Text entries of the trailing metadata, such as an L402 challenge. */
  readonly trailers: ReadonlyMap<string, string>

  constructor(
    detail: Omit<RpcErrorDetail, 'code' | 'statusName'>,
    trailers: ReadonlyMap<string, string> = new Map(),
    options?: { readonly cause?: unknown },
  ) {
    const name = statusName(detail.status)
    super({ code: 'RPC', statusName: name, ...detail }, `${detail.method}: ${detail.details || name}`, options)
    this.trailers = trailers
  }

  get status(): Status {
    return this.detail.status
  }
}

export type StatusErrorDetail = {
  /** A handler answers with this very status and text; whether trying again helps is up to it. */
  readonly code: 'STATUS'
  readonly status: Status
  readonly details: string
}

/** What a handler throws to end a call with a status of its choice, for example to imitate another server. */
export class StatusError extends ClmError<StatusErrorDetail> {
  /** Trailing metadata to send. */
  readonly trailers: ReadonlyMap<string, string>

  constructor(status: Status, details: string, trailers: ReadonlyMap<string, string> = new Map()) {
    super({ code: 'STATUS', status, details }, details)
    this.trailers = trailers
  }
}

export type ChannelErrorDetail =
  /** A macaroon was to travel without TLS; use TLS. */
  | { readonly code: 'MACAROON_IN_CLEAR'; readonly address: string }
  /** A server cannot listen on the address; free it or choose another one. */
  | { readonly code: 'CANNOT_LISTEN'; readonly address: string }

/** A connection that cannot be made as asked. */
export class ChannelError extends ClmError<ChannelErrorDetail> {}
