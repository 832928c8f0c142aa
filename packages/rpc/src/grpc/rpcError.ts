import type { ServiceError, StatusObject } from '@grpc/grpc-js'
import { RpcError } from './errors.ts'
import { STATUS } from './statusCode.ts'
import { decodeDetail, textEntries } from './trailer.ts'

/** From what grpc-js reports. */
export function rpcErrorFrom(error: ServiceError | StatusObject, method: string): RpcError {
  const detail = { status: error.code, details: error.details, method, ...decodeDetail(error.metadata) }
  return new RpcError(detail, textEntries(error.metadata), error instanceof Error ? { cause: error } : undefined)
}

/** A message was to be sent on a stream that has ended. */
export const streamEnded = (method: string): RpcError =>
  new RpcError({ status: STATUS.UNAVAILABLE, details: 'the stream has ended', method })
