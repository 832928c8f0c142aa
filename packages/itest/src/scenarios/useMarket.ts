import { afterAll, beforeAll } from 'vitest'
import type { LndRelease } from '../harness/daemonBuild.ts'
import { useStack, type StackKind } from '../harness/useStack.ts'
import { NODE_NAMES, openMarket, type Market } from './words/market.ts'

const SETUP_MS = 600_000

/** One market for all stories of a file, on the lnd that `TIDEPOOL_LND` names, or on this one. */
export function useMarket(kind: StackKind, lnd?: LndRelease): () => Market {
  const stack = useStack(kind, { nodes: NODE_NAMES, ...(lnd === undefined ? {} : { lnd }) })
  let market: Market | undefined
  beforeAll(async () => {
    market = await openMarket(stack())
  }, SETUP_MS)
  afterAll(() => market?.close(), SETUP_MS)
  return () => {
    if (market === undefined) throw new Error('the market is there from beforeAll on')
    return market
  }
}
