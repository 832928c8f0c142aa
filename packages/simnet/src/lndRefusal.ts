import { STATUS, StatusError, type Status } from '@tidepool/rpc'

/** What lnd answers instead of a response: nearly every refusal has status UNKNOWN and says what is wrong in its text. */
export class LndRefusal extends StatusError {
  constructor(text: string, status: Status = STATUS.UNKNOWN) {
    super(status, text)
  }
}
