/** What every error detail carries: a code that never changes its meaning. */
export interface ErrorDetail {
  readonly code: string
}

/**
 * Base of every error we throw. The code and the typed detail are the contract; the message is for people and says
 * what to do next. The code travels in gRPC error details, so clients never read message text.
 */
export class ClmError<D extends ErrorDetail = ErrorDetail> extends Error {
  readonly detail: D

  constructor(detail: D, message: string, options?: { readonly cause?: unknown }) {
    super(message, options)
    this.name = new.target.name
    this.detail = detail
  }

  get code(): D['code'] {
    return this.detail.code
  }
}

/** Whether something caught is one of ours; `instanceof` alone would leave its detail untyped. */
export const isClmError = (error: unknown): error is ClmError => error instanceof ClmError
