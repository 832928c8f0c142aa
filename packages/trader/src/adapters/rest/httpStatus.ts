import { STATUS } from '@tidepool/rpc'
import type { Status } from '@tidepool/rpc'

/** HTTP status of each gRPC status. grpc-gateway runtime/errors.go */
const HTTP_STATUS: Readonly<Record<Status, number>> = {
  [STATUS.OK]: 200,
  [STATUS.CANCELLED]: 499,
  [STATUS.UNKNOWN]: 500,
  [STATUS.INVALID_ARGUMENT]: 400,
  [STATUS.DEADLINE_EXCEEDED]: 504,
  [STATUS.NOT_FOUND]: 404,
  [STATUS.ALREADY_EXISTS]: 409,
  [STATUS.PERMISSION_DENIED]: 403,
  [STATUS.RESOURCE_EXHAUSTED]: 429,
  [STATUS.FAILED_PRECONDITION]: 400,
  [STATUS.ABORTED]: 409,
  [STATUS.OUT_OF_RANGE]: 400,
  [STATUS.UNIMPLEMENTED]: 501,
  [STATUS.INTERNAL]: 500,
  [STATUS.UNAVAILABLE]: 503,
  [STATUS.DATA_LOSS]: 500,
  [STATUS.UNAUTHENTICATED]: 401,
}

export const httpStatusOf = (status: Status): number => HTTP_STATUS[status] ?? 500

/** What a call that failed is told. */
export interface ErrorBody {
  readonly code: Status
  readonly message: string
  readonly details: readonly never[]
}

export const errorBody = (code: Status, message: string): ErrorBody => ({ code, message, details: [] })
