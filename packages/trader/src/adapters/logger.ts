import pino from 'pino'
import type { LogConfig } from '../config.ts'
import type { Subsystem } from '../config/levels.ts'
import type { Logger } from '../ports/logger.ts'
import { RotatingFile } from './rotatingFile.ts'

interface Sink {
  write(line: string): void
}

/** JSON lines on stdout and into a file. Amounts are bigints, which JSON has no form for: they become text. */
export function createLogger(config: LogConfig): Logger {
  const streams: pino.StreamEntry[] = []
  // Levels are judged by the loggers, one for each subsystem.
  const add = (stream: Sink, timestamps: boolean): void => {
    streams.push({ level: 'trace', stream: timestamps ? stream : withoutTimes(stream) })
  }
  if (config.console !== undefined) add(pino.destination({ dest: 1, sync: true }), config.console.timestamps)
  if (config.file !== undefined) add(new RotatingFile(config.file), config.file.timestamps)
  const { all, of } = config.levels
  const root = pino({ level: all, base: null }, pino.multistream(streams))
  const loggerOf = (subsystem: Subsystem): Logger =>
    port(root.child({ sub: subsystem }, { level: of[subsystem] ?? all }), loggerOf)
  return loggerOf('POOL')
}

function port(log: pino.Logger, of: NonNullable<Logger['of']>): Logger {
  return {
    debug: (message, fields) => log.debug(plain(fields), message),
    info: (message, fields) => log.info(plain(fields), message),
    warn: (message, fields) => log.warn(plain(fields), message),
    error: (message, fields) => log.error(plain(fields), message),
    of,
  }
}

const withoutTimes = (stream: Sink): Sink => ({ write: (line) => stream.write(line.replace(/"time":\d+,/, '')) })

function plain(fields: object | undefined): object {
  if (fields === undefined) return {}
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]: [string, unknown]) => [
      name,
      typeof value === 'bigint' ? value.toString() : value,
    ]),
  )
}
