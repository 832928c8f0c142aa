import { ClmError } from '@tidepool/crypto'

export type ConfigErrorDetail =
  /** An option is unknown, malformed or at odds with another; mend flag, environment or file and start again. */
  { readonly code: 'CONFIG_INVALID'; readonly option: string; readonly reason: string }

export class ConfigError extends ClmError<ConfigErrorDetail> {
  constructor(detail: ConfigErrorDetail) {
    super(detail, `${detail.option}: ${detail.reason}`)
  }
}
