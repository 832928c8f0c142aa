import type { Command } from 'commander'
import { createClient, services, type Client, type tidepool } from '@tidepool/rpc'
import { connectDaemon, type ConnectionFlags } from '../connection.ts'

export const AUCTIONEER_BASE = '~/.tidepool-auctioneer'

export type AdminClient = Client<tidepool.Admin_Service>

/** Calls the auctioneer's admin service and closes the connection whatever happens. */
export async function withAdmin<T>(command: Command, work: (client: AdminClient) => Promise<T>): Promise<T> {
  const files = { certificate: 'tls.cert', macaroon: 'admin.macaroon' }
  const channel = connectDaemon(command.optsWithGlobals<ConnectionFlags>(), AUCTIONEER_BASE, files)
  try {
    return await work(createClient(services.tidepool.Admin, channel))
  } finally {
    channel.close()
  }
}
