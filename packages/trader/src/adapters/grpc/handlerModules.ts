import type { Client, Handlers, poolrpc, tidepool } from '@tidepool/rpc'
import type { Trader } from '../../app/trader.ts'
import type { Queries } from '../auctioneer/queries.ts'

export type TraderHandlers = Partial<Handlers<poolrpc.Trader_Service>>

/** What the handlers of the trader service stand on. */
export interface HandlerModules {
  /** @throws StartupError while the daemon is not ready, with what keeps it */
  readonly trader: () => Trader
  /** The auctioneer's queries that are handed on as they are. */
  readonly queries: Queries
  /** What an auctioneer of ours tells of orders; a stock one tells nothing. */
  readonly reasons?: Client<tidepool.MarketView_Service>
  /** Where the auctioneer is looked for. */
  readonly auctioneerAddress: string
  readonly version: string
  readonly newNodesOnly: boolean
  /** Begins an orderly stop. */
  readonly stop: () => void
}

/** `poold/VERSION`, with who asked when the call says so. Pool version.go */
export function userAgent(version: string, initiator: string): string {
  const agent = `poold/v${version}`
  const who = initiator.replace(/[^A-Za-z0-9\-. ]/g, '').slice(0, 138)
  return who === '' ? agent : `${agent},initiator=${who}`
}
