import { RpcError, STATUS } from '@tidepool/rpc'
import { StartupError } from '../../core/errors.ts'
import type { AuctioneerRpc } from './auctioneerClient.ts'

/** What is asked on behalf of a user and handed on as it is. */
export type Queries = Pick<AuctioneerRpc, 'terms' | 'batchSnapshot' | 'batchSnapshots' | 'nodeRating' | 'marketInfo'>

const ABSENT: ReadonlySet<number> = new Set([STATUS.UNAVAILABLE, STATUS.DEADLINE_EXCEEDED])

/** An absent auctioneer is named as such, or its user would look for the fault in this daemon. */
export function queriesOf(rpc: AuctioneerRpc, server: string): Queries {
  const told = async <T>(call: Promise<T>): Promise<T> => {
    try {
      return await call
    } catch (cause) {
      if (!(cause instanceof RpcError) || !ABSENT.has(cause.status)) throw cause
      const reason = cause.detail.details
      throw new StartupError(
        { code: 'AUCTIONEER_UNREACHABLE', server, reason },
        `the auctioneer does not answer at ${server} (${reason}): check --auctionserver, or wait`,
        { cause },
      )
    }
  }
  return {
    terms: (request, options) => told(rpc.terms(request, options)),
    batchSnapshot: (request, options) => told(rpc.batchSnapshot(request, options)),
    batchSnapshots: (request, options) => told(rpc.batchSnapshots(request, options)),
    nodeRating: (request, options) => told(rpc.nodeRating(request, options)),
    marketInfo: (request, options) => told(rpc.marketInfo(request, options)),
  }
}
