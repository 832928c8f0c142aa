import { TraderError } from '../../core/errors.ts'

export const unreadable = (reason: string, cause?: unknown): TraderError =>
  new TraderError({ code: 'STOCK_MACAROONS_UNREADABLE', reason }, reason, { cause })
