import type { Logger } from '@tidepool/trader'
import type { Life } from '../kernel/life.ts'
import type { Trace } from '../kernel/trace.ts'

/** A line that some process logged. */
export interface LogLine {
  readonly who: string
  readonly level: 'info' | 'warn' | 'error'
  readonly message: string
  readonly fields: object
}

/** Log lines go into the trace, without their fields; errors also to `complaints`. */
export function tracingLogger(
  life: Life,
  trace: Trace,
  complaints: string[],
  hear: (line: LogLine) => void = () => undefined,
): Logger {
  const take = (level: LogLine['level']) => (message: string, fields?: object) => {
    if (!life.alive) return
    trace.add(`${life.name} ${level}: ${message}`)
    hear({ who: life.name, level, message, fields: fields ?? {} })
    if (level === 'error') complaints.push(`${life.name}: ${message} ${inText(fields)}`)
  }
  return { debug: () => undefined, info: take('info'), warn: take('warn'), error: take('error') }
}

function inText(fields: object | undefined): string {
  return JSON.stringify(fields ?? {}, (_, value: unknown) => {
    if (value instanceof Error) return value.stack
    return typeof value === 'bigint' ? String(value) : value
  })
}
