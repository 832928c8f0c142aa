import { ClmError } from '@tidepool/crypto'

/** The gRPC codes lnd uses; nearly every refusal is UNKNOWN. */
export const LND_STATUS = { unknown: 2, notFound: 5, alreadyExists: 6, unimplemented: 12, unavailable: 14 } as const

export type LndErrorDetail =
  /** The simulated lnd refuses a call in a real lnd's words; the text says whether another attempt helps. */
  { readonly code: 'LND_REFUSED'; readonly status: number }

/** What lnd answers instead of a response. */
export class LndError extends ClmError<LndErrorDetail> {
  constructor(text: string, status: number = LND_STATUS.unknown) {
    super({ code: 'LND_REFUSED', status }, text)
  }
}
