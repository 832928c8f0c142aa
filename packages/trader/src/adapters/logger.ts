import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import pino from 'pino'
import type { LogLevel } from '../config.ts'
import type { Logger } from '../ports/logger.ts'

export interface LogOptions {
  readonly level: LogLevel
  readonly console: boolean
  readonly file: string | undefined
}

/** JSON lines on stdout and into a file. Amounts are bigints, which JSON has no form for: they become text. */
export function createLogger(options: LogOptions): Logger {
  const streams: pino.StreamEntry[] = []
  if (options.console) streams.push({ level: options.level, stream: pino.destination({ dest: 1, sync: true }) })
  if (options.file !== undefined) {
    mkdirSync(dirname(options.file), { recursive: true })
    streams.push({ level: options.level, stream: pino.destination({ dest: options.file, sync: true, append: true }) })
  }
  const log = pino({ level: options.level, base: null }, pino.multistream(streams))
  return {
    debug: (message, fields) => log.debug(plain(fields), message),
    info: (message, fields) => log.info(plain(fields), message),
    warn: (message, fields) => log.warn(plain(fields), message),
    error: (message, fields) => log.error(plain(fields), message),
  }
}

function plain(fields: object | undefined): object {
  if (fields === undefined) return {}
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]: [string, unknown]) => [
      name,
      typeof value === 'bigint' ? value.toString() : value,
    ]),
  )
}
