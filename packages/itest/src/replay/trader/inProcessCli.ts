import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type * as Rpc from '@tidepool/rpc'
import type { TraderHandlers } from '@tidepool/trader'

/** Daemons the command line reaches without a server, by the address it is given. */
export const daemons = new Map<string, TraderHandlers>()

/** The rpc package with channels and clients that end at those daemons. */
export function rpcInProcess(original: typeof Rpc): typeof Rpc {
  const openChannel: typeof Rpc.openChannel = (options) => {
    if (!daemons.has(options.address)) return original.openChannel(options)
    return { address: options.address, close: () => undefined } as unknown as ReturnType<typeof Rpc.openChannel>
  }
  const createClient = (def: { readonly methods: Methods }, channel: { readonly address: string }) => {
    const handlers = daemons.get(channel.address)
    if (handlers === undefined) return original.createClient(def as never, channel as never)
    return inProcessClient(def.methods, handlers, original)
  }
  return { ...original, openChannel, createClient: createClient as unknown as typeof Rpc.createClient }
}

type Methods = Readonly<Record<string, { readonly request: string; readonly response: string }>>
type AnyHandler = (request: unknown, context: unknown) => Promise<unknown>

function inProcessClient(methods: Methods, handlers: TraderHandlers, { fillMessage }: typeof Rpc): object {
  const context = { peer: 'cli', metadata: new Map(), method: '', signal: new AbortController().signal }
  const calls = Object.entries(methods).map(([name, { request, response }]) => [
    name,
    async (init: object) => {
      const handler = (handlers as Readonly<Record<string, AnyHandler>>)[name]
      if (handler === undefined) throw new Error(`no handler for ${name}`)
      const answer = await handler(fillMessage(request as never, init as never), context)
      return fillMessage(response as never, answer as never)
    },
  ])
  return Object.fromEntries(calls) as object
}

export interface CommandResult {
  readonly exit: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs `pool` with these arguments against a daemon of this process. */
export async function runPool(daemon: string, args: readonly string[]): Promise<CommandResult> {
  const { poolInProcess } = await import('../../harness/inProcessCli.ts')
  const flags = [`--rpcserver=${daemon}`, '--network=regtest', `--basedir=${credentials()}`, '--json']
  const { exitCode, stdout, stderr } = await poolInProcess([...flags, ...args])
  return { exit: exitCode, stdout, stderr }
}

let folder: string | undefined

/** Certificate and macaroon files the command line insists on reading. */
function credentials(): string {
  if (folder === undefined) {
    folder = mkdtempSync(join(tmpdir(), 'tidepool-replay-'))
    mkdirSync(join(folder, 'regtest'))
    for (const name of ['tls.cert', 'pool.macaroon']) writeFileSync(join(folder, 'regtest', name), 'none')
  }
  return folder
}

/** Removes them again. */
export function forgetCredentials(): void {
  if (folder !== undefined) rmSync(folder, { recursive: true })
  folder = undefined
}
