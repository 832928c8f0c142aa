import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { print } from '../figure.ts'
import { measureStreams } from './run.ts'

const OPTIONS = {
  traders: { type: 'string', default: '10000' },
  'idle-ms': { type: 'string', default: '20000' },
  only: { type: 'string' },
} as const

/** `streams [--traders N] [--idle-ms N] [--only plain|tls]`: connected and subscribed traders, each over its own connection. */
export async function benchStreams(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: OPTIONS })
  const traders = Number(values.traders)
  checkOpenFiles(traders)
  for (const transport of ['plain', 'tls']) {
    if (values.only !== undefined && values.only !== transport) continue
    const name = `streams.${transport}.${traders}`
    const idleMs = Number(values['idle-ms'])
    const measured = await measureStreams({ traders, tls: transport === 'tls', idleMs, processes: 2 })
    print({ name: `${name}.subscribed`, value: measured.subscribed, unit: 'count' })
    print({ name: `${name}.memoryPerTrader`, value: measured.bytesPerTrader, unit: 'B' })
    print({ name: `${name}.idleCpu`, value: measured.idlePercent, unit: 'percent' })
    print({ name: `${name}.lost`, value: measured.lost, unit: 'count' })
    print({ name: `${name}.prepared`, value: measured.prepared, unit: 'count' })
    print({ name: `${name}.prepare`, value: measured.prepareMs, unit: 'ms' })
    print({ name: `${name}.reconnected`, value: measured.reconnected, unit: 'count' })
    print({ name: `${name}.refused`, value: measured.refused, unit: 'count' })
    print({ name: `${name}.retries`, value: measured.retries, unit: 'count' })
    print({ name: `${name}.reconnect`, value: measured.reconnectMs, unit: 'ms' })
    print({ name: `${name}.reconnectCpuPerTrader`, value: (measured.reconnectCpuMs / traders) * 1000, unit: 'us' })
  }
}

/** Files that a process has open besides its connections. */
const OTHER_FILES = 200

/** Node raises its own limit as far as it may go. @throws with what to do when that is too low */
function checkOpenFiles(traders: number): void {
  const limit = Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1])
  if (limit >= traders + OTHER_FILES) return
  throw new Error(
    `${traders} connections need more open files than ${limit}: run \`ulimit -n ${traders + OTHER_FILES}\` first`,
  )
}
