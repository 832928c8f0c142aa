import { afterAll, beforeAll, expect, it } from 'vitest'
import { startSimnetStack, type Simnet } from '../../harness/simnetStack.ts'
import { ancestorsPaid } from '../../scenarios/ancestorsPaid.ts'
import { evictedBatch, type MempoolFloor } from '../../scenarios/evictedBatch.ts'
import { NODE_NAMES, openMarket, type Market, type NodeName } from '../../scenarios/words/market.ts'

const SETUP_MS = 120_000
const PATIENCE_MS = 300_000

let simnet: Simnet<NodeName>
let market: Market
beforeAll(async () => {
  simnet = await startSimnetStack({ nodes: NODE_NAMES })
  market = await openMarket(simnet)
}, SETUP_MS)
afterAll(async () => {
  await market.close()
  await simnet.close()
}, SETUP_MS)

const floor: MempoolFloor = {
  raise: (satPerVByte) => simnet.control.setMempoolFloor({ satPerKvb: satPerVByte * 1000n }),
  drop: () => simnet.control.setMempoolFloor({ satPerKvb: 0n }),
}

const stories = {
  'a batch that a full mempool drops is offered again with each block; a bump keeps the next one in': evictedBatch,
  'a batch pays for the unconfirmed ones before it, and one begins no line of too many bytes': ancestorsPaid,
}

it.each(Object.entries(stories))(
  '%s',
  async (_, story) => {
    expect.hasAssertions()
    await story(market, floor)
  },
  PATIENCE_MS,
)
