import { TraderError } from '../core/errors.ts'
import type { LogSubsystem as Subsystem } from '../ports/logger.ts'

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'

/** Parts of the daemon whose log has a level of its own; the stock daemon's names, as far as we have such a part. */
export const SUBSYSTEMS = {
  POOL: 'start, stop and everything else',
  RPCS: 'calls of the command line and of other clients',
  FNDG: 'channels of batches',
  AUCT: 'the connection to the auctioneer',
  ORDR: 'orders and batches',
  LNDC: 'lnd',
  ACCT: 'accounts',
} as const satisfies Readonly<Record<Subsystem, string>>

export type { Subsystem }

/** Known to the stock daemon; a level for one of them is taken and changes nothing. */
const STOCK_ONLY: ReadonlySet<string> = new Set(['SDCR', 'SGNL', 'L402', 'CLDB', 'SCRP'])

export interface LogLevels {
  readonly all: LogLevel
  readonly of: Readonly<Partial<Record<Subsystem, LogLevel>>>
}

const LEVELS: Readonly<Record<string, LogLevel>> = {
  trace: 'trace',
  debug: 'debug',
  info: 'info',
  warn: 'warn',
  error: 'error',
  critical: 'fatal',
}

/** `debug`, or `AUCT=debug,RPCS=warn` with `info` for the rest. @throws TraderError CONFIG_INVALID */
export function parseLevels(text: string): LogLevels {
  let all: LogLevel = 'info'
  const of: Partial<Record<Subsystem, LogLevel>> = {}
  for (const part of text.split(',')) {
    const [name, level] = part.includes('=') ? part.split('=', 2) : [undefined, part]
    const found = LEVELS[level ?? '']
    if (found === undefined) throw invalid(`--debuglevel: ${Object.keys(LEVELS).join(', ')}; not ${level ?? ''}`)
    if (name === undefined) all = found
    else if (name in SUBSYSTEMS) of[name as Subsystem] = found
    else if (!STOCK_ONLY.has(name)) throw invalid(`--debuglevel: no subsystem ${name}; show lists them`)
  }
  return { all, of }
}

function invalid(reason: string): TraderError {
  return new TraderError({ code: 'CONFIG_INVALID', reason }, reason)
}
