import { setTimeout as sleep } from 'node:timers/promises'
import { cpuMsOf, Part } from '../process.ts'
import type { ClientsTask, Counts } from './clients.ts'

export interface StreamsMeasured {
  readonly subscribed: number
  readonly bytesPerTrader: number
  /** Of one processor. */
  readonly idlePercent: number
  /** Connections that broke by themselves before the cut. */
  readonly lost: number
  readonly prepared: number
  /** From the first message sent to the last one read. */
  readonly prepareMs: number
  readonly reconnected: number
  readonly refused: number
  readonly retries: number
  readonly reconnectMs: number
  /** Of the auctioneer. */
  readonly reconnectCpuMs: number
}

export interface StreamsOptions {
  readonly traders: number
  readonly tls: boolean
  readonly idleMs: number
  /** Processes of clients: each may have so many open files only. */
  readonly processes: number
}

const CONNECTED_AT_ONCE = 100
const QUIET_MS = 5000
/** Time for what connecting left behind to be done. */
const SETTLE_MS = 2000

/** Everything of one transport: connect, rest, a proposal to all, and all back at once. */
export async function measureStreams(options: StreamsOptions): Promise<StreamsMeasured> {
  const server = new Part('server', import.meta.url, ['--expose-gc', '--max-old-space-size=8192'])
  const clients = Array.from({ length: options.processes }, () => new Part('clients', import.meta.url))
  try {
    return await measure(options, server, clients)
  } finally {
    await Promise.all(clients.map((part) => part.stop()))
    await server.stop()
  }
}

async function measure(
  { traders, tls, idleMs }: StreamsOptions,
  server: Part,
  clients: readonly Part[],
): Promise<StreamsMeasured> {
  const started = await server.call<Pick<ClientsTask, 'address' | 'certificate'>>('start', { accounts: traders, tls })
  const empty = await server.call<number>('memory')
  const share = Math.ceil(traders / clients.length)
  await onAll(clients, 'connect', (index) => {
    const from = index * share
    return { ...started, from, count: Math.min(share, traders - from), atOnce: CONNECTED_AT_ONCE }
  })
  await sleep(Math.min(SETTLE_MS, idleMs))
  const subscribed = await server.call<number>('subscribed')
  const full = await server.call<number>('memory')

  const before = cpuMsOf(server.pid)
  await sleep(idleMs)
  const idlePercent = ((cpuMsOf(server.pid) - before) / idleMs) * 100

  const began = await server.call<number>('prepareAll')
  const told = await prepared(clients, traders)
  const cpu = cpuMsOf(server.pid)
  const from = Date.now()
  const back = await onAll(clients, 'reconnect')
  const reconnectMs = Date.now() - from
  return {
    subscribed,
    bytesPerTrader: (full - empty) / traders,
    idlePercent,
    lost: sum(told, 'lost'),
    prepared: sum(told, 'prepared'),
    prepareMs: Math.max(...told.map(({ lastPreparedAt }) => lastPreparedAt)) - began,
    reconnected: sum(back, 'subscribed'),
    refused: sum(back, 'refused'),
    retries: sum(back, 'retries'),
    reconnectMs,
    reconnectCpuMs: cpuMsOf(server.pid) - cpu,
  }
}

/** Until all have the proposal, or nobody has got it for a while: a connection that broke before does not get it. */
async function prepared(clients: readonly Part[], traders: number): Promise<readonly Counts[]> {
  for (let before = -1; ; await sleep(QUIET_MS)) {
    const counts = await onAll(clients, 'counts')
    const count = sum(counts, 'prepared')
    if (count === traders || count === before) return counts
    before = count
  }
}

const onAll = (
  parts: readonly Part[],
  name: string,
  argument: (index: number) => unknown = () => undefined,
): Promise<readonly Counts[]> => Promise.all(parts.map((part, index) => part.call<Counts>(name, argument(index))))

const sum = (all: readonly Counts[], field: keyof Counts): number => all.reduce((total, one) => total + one[field], 0)
