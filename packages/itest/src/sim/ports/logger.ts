import type { Logger } from '@tidepool/trader'
import type { Life } from '../kernel/life.ts'
import type { Trace } from '../kernel/trace.ts'

/** Log lines go into the trace, without their fields; errors also to `complaints`. */
export function tracingLogger(life: Life, trace: Trace, complaints: string[]): Logger {
  const take = (level: string) => (message: string, fields?: object) => {
    if (!life.alive) return
    trace.add(`${life.name} ${level}: ${message}`)
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
