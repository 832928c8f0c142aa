import type { Command } from 'commander'
import { createClient, services, toJson } from '@tidepool/rpc'
import { connectDaemon, type ConnectionFlags } from './connection.ts'
import { makeOutput, type Output } from './output.ts'

export const POOL_BASE = '~/.pool'

interface GlobalFlags extends ConnectionFlags {
  readonly json?: boolean
  readonly table?: boolean
}

/** The options every command of the program shares. */
export function globalFlags(command: Command): GlobalFlags {
  return command.optsWithGlobals<GlobalFlags>()
}

export function outputOf(command: Command): Output {
  return makeOutput(globalFlags(command))
}

function openTrader(flags: GlobalFlags) {
  const channel = connectDaemon(flags, POOL_BASE, { certificate: 'tls.cert', macaroon: 'pool.macaroon' })
  return { channel, client: createClient(services.poolrpc.Trader, channel) }
}

export type TraderClient = ReturnType<typeof openTrader>['client']

/** Calls the trader daemon and closes the connection whatever happens. */
export async function withTrader<T>(command: Command, work: (client: TraderClient) => Promise<T>): Promise<T> {
  const { channel, client } = openTrader(globalFlags(command))
  try {
    return await work(client)
  } finally {
    channel.close()
  }
}

/** A message in the stock tool's protobuf JSON: snake_case, 64-bit numbers as strings, bytes as hex. */
export function messageJson(type: string, message: unknown): string {
  return JSON.stringify(toJson(type, message, { bytes: 'hex' }), null, 4)
}
