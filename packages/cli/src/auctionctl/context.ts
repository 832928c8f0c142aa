import type { Command } from 'commander'
import { createClient, services } from '@tidepool/rpc'
import { connectDaemon, type ConnectionFlags } from '../connection.ts'

export const AUCTIONEER_BASE = '~/.tidepool-auctioneer'

function openAdmin(flags: ConnectionFlags) {
  const channel = connectDaemon(flags, AUCTIONEER_BASE, { certificate: 'tls.cert', macaroon: 'admin.macaroon' })
  return { channel, client: createClient(services.tidepool.Admin, channel) }
}

export type AdminClient = ReturnType<typeof openAdmin>['client']

/** Calls the auctioneer's admin service and closes the connection whatever happens. */
export async function withAdmin<T>(command: Command, work: (client: AdminClient) => Promise<T>): Promise<T> {
  const { channel, client } = openAdmin(command.optsWithGlobals<ConnectionFlags>())
  try {
    return await work(client)
  } finally {
    channel.close()
  }
}
