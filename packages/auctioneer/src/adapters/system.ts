import { randomBytes } from 'node:crypto'
import { pino } from 'pino'
import type { Clock, Entropy, Logger } from '../ports/system.ts'

export const systemClock: Clock = {
  now: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}

export const systemEntropy: Entropy = { bytes: (length) => new Uint8Array(randomBytes(length)) }

/** JSON lines on standard output. */
export function pinoLogger(level: string): Logger {
  const log = pino({
    level,
    base: null,
    serializers: { error: pino.stdSerializers.errWithCause },
    formatters: { level: (label) => ({ level: label }) },
  })
  const write =
    (name: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}): void =>
      log[name](printable(fields), message)
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
}

/** pino knows no bigint. */
function printable(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, typeof value === 'bigint' ? value.toString() : value]),
  )
}
