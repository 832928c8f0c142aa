import { afterAll, beforeAll, expect, it } from 'vitest'
import { freePort } from '../harness/ports.ts'
import { startStack } from '../harness/useStack.ts'
import { exitKits } from '../scenarios/exitKit.ts'
import { NODE_NAMES, openMarket, type Market } from '../scenarios/words/market.ts'

const SETUP_MS = 600_000
let market: Market | undefined
let restPort = 0

beforeAll(async () => {
  restPort = await freePort()
  market = await openMarket(await startStack('daemons', { nodes: NODE_NAMES, restPorts: { carol: restPort } }))
}, SETUP_MS)

afterAll(async () => {
  await market?.close()
  await market?.stack.close()
}, SETUP_MS)

it('exit kits sweep accounts with nothing but the owner’s lnd, bash and curl', async () => {
  expect.hasAssertions()
  if (market === undefined) throw new Error('the market is there from beforeAll on')
  const { tlsCertPath, macaroonPath } = market.stack.nodes.carol.endpoint
  await exitKits(market, { url: `https://127.0.0.1:${restPort}`, tlsCertPath, macaroonPath })
})
