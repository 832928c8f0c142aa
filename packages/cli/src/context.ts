import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import {
  createClient,
  services,
  toJson,
  type Channel,
  type Client,
  type MessageName,
  type MessageOf,
  type poolrpc,
} from '@tidepool/rpc'
import { connectDaemon, type ConnectionFlags } from './connection.ts'
import { makeOutput, type Output, type OutputFlags } from './output.ts'

/** Where the stock programs keep their data on this system. Go btcutil.AppDataDir */
export const POOL_BASE =
  process.platform === 'darwin'
    ? '~/Library/Application Support/Pool'
    : process.platform === 'win32'
      ? join(homedir(), 'AppData', 'Local', 'Pool')
      : '~/.pool'

interface GlobalFlags extends ConnectionFlags, OutputFlags {}

/** The options every command of the program shares. */
export function globalFlags(command: Command): GlobalFlags {
  return command.optsWithGlobals<GlobalFlags>()
}

export function outputOf(command: Command): Output {
  return makeOutput(globalFlags(command))
}

export type TraderClient = Client<poolrpc.Trader_Service>

/** Calls the trader daemon and closes the connection whatever happens. */
export function withTrader<T>(command: Command, work: (client: TraderClient) => Promise<T>): Promise<T> {
  return withTraderChannel(command, (channel) => work(createClient(services.poolrpc.Trader, channel)))
}

/** The same for services other than the stock one. */
export async function withTraderChannel<T>(command: Command, work: (channel: Channel) => Promise<T>): Promise<T> {
  const files = { certificate: 'tls.cert', macaroon: 'pool.macaroon' }
  const channel = connectDaemon(globalFlags(command), POOL_BASE, files)
  try {
    return await work(channel)
  } finally {
    channel.close()
  }
}

/** A message in the stock tool's protobuf JSON: snake_case, 64-bit numbers as strings, bytes as hex. */
export function messageJson<N extends MessageName>(type: N, message: MessageOf<N>): string {
  return JSON.stringify(toJson(type, message, { bytes: 'hex' }), null, 4)
}
