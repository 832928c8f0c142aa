import { expect } from 'vitest'
import { fromHex, toHex } from '@tidepool/crypto'
import { AuctioneerProxy } from '../../harness/auctioneerProxy.ts'
import type { Bend } from '../../harness/auctioneerProxy.ts'
import { startTrader } from '../../harness/traderDaemon.ts'
import type { TraderDaemon } from '../../harness/traderDaemon.ts'
import { until } from '../../harness/until.ts'
import { fundAccounts, untilOpen } from '../words/accounts.ts'
import type { OpenAccount } from '../words/accounts.ts'
import { runAuction } from '../words/auction.ts'
import type { Market } from '../words/market.ts'
import { clearBook, submitAsk, submitBid } from '../words/orders.ts'
import { WIRE_LIES } from './wireLies.ts'
import type { Doing, WireLie } from './wireLies.ts'

const HONEST: Bend = (_, bytes) => bytes
const CONFIRMATIONS = 6
const NO_REFUSAL = 'no refusal'

interface Scene {
  readonly market: Market
  readonly proxy: AuctioneerProxy
  readonly carol: TraderDaemon
  readonly account: OpenAccount
  readonly asker: OpenAccount
}

/** Each lie, between the real daemons: named, nothing lost, and the daemon goes on in the same process. */
export async function lyingServer(market: Market): Promise<void> {
  const { stack, auctioneer } = market
  const alice = await market.trader('alice')
  await clearBook(market)
  const proxy = await AuctioneerProxy.start(stack.dir, auctioneer)
  const { dir, logDir, nodes } = stack
  const carol = await startTrader({ name: 'carol', dir, logDir, lnd: nodes.carol.endpoint, auctioneer: proxy })
  market.adopt('carol', carol)
  const pid = carol.process.pid
  try {
    const [asker, account] = await fundAccounts(
      market,
      { trader: alice, value: 2_000_000n, version: 0 },
      { trader: carol, value: 2_000_000n, version: 2 },
    )
    const scene = { market, proxy, carol, account, asker }
    const faults: string[] = []
    for (const doing of Object.keys(DOINGS)) {
      for (const lie of WIRE_LIES.filter((one) => one.doing === doing)) faults.push(...(await faultOf(lie, scene)))
      // What was signed for a refused change is settled by one that both agree on.
      if (doing === 'withdraw') expect(await DOINGS.withdraw(scene)).toBe(NO_REFUSAL)
      await stack.mine(CONFIRMATIONS)
      await untilOpen(market, account)
    }
    expect(faults).toEqual([])
    expect(carol.process.pid).toBe(pid)
    await honestBatch(scene)
  } finally {
    proxy.stop()
  }
}

/** What was not as it should be, in a line. */
async function faultOf(lie: WireLie, scene: Scene): Promise<readonly string[]> {
  const { carol, proxy } = scene
  const before = (await carol.trader.listAccounts({})).accounts.length
  proxy.bend = lie.bend()
  const heard = await DOINGS[lie.doing](scene, lie)
  proxy.bend = HONEST
  const after = (await carol.trader.listAccounts({})).accounts.length
  const named = heard.includes(lie.code)
  return [
    ...(named ? [] : [`${lie.name}: not named ${lie.code}, but ${heard}`]),
    ...(after === before ? [] : [`${lie.name}: left an account behind`]),
  ]
}

const refusal = (error: unknown): string => {
  const { detail } = error as { readonly detail?: object }
  return `${String(error)} ${JSON.stringify(detail ?? {}, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))}`
}
const told = (call: Promise<unknown>): Promise<string> => call.then(() => NO_REFUSAL, refusal)

const DOINGS = {
  'open an account': ({ carol }: Scene) =>
    told(
      carol.trader.initAccount({
        accountValue: 500_000n,
        accountExpiry: { case: 'relativeHeight', value: 3000 },
        fees: { case: 'feeRateSatPerKw', value: 253n },
        version: 'ACCOUNT_VERSION_TAPROOT_V2',
      }),
    ),
  withdraw: async ({ carol, market, account }: Scene) => {
    const { addr } = await market.stack.nodes.alice.rpc.walletKit.nextAddr({ type: 'WITNESS_PUBKEY_HASH' })
    return told(
      carol.trader.withdrawAccount({
        traderKey: fromHex(account.key),
        outputs: [{ valueSat: 100_000n, address: addr }],
        feeRateSatPerKw: 253n,
      }),
    )
  },
  trade: async ({ market, carol, account, asker }: Scene, lie: WireLie) => {
    const lines = carol.process.log().length
    if ((await market.auctioneer.admin.listOrders({})).orders.length === 0) {
      await submitAsk(asker, { amount: 100_000n, rate: 1000 })
      await submitBid(account, { amount: 100_000n, rate: 2000 })
    }
    await subscribed(market, account)
    await market.auctioneer.admin.runAuction({})
    const heard = await until(`${carol.name} names ${lie.name}`, () =>
      carol.process
        .log()
        .slice(lines)
        .find((line) => line.includes(lie.code)),
    )
    return heard
  },
  ask: async ({ carol }: Scene) => {
    const { trader } = carol
    const calls = [
      trader.batchSnapshot({}),
      trader.batchSnapshots({ numBatchesBack: 1 }),
      trader.leaseDurations({}),
      trader.nodeRatings({
        nodePubkeys: [fromHex('0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798')],
      }),
      trader.auctionFee({}),
    ]
    return (await Promise.all(calls.map(told))).join('; ')
  },
} satisfies Readonly<Record<Doing, (scene: Scene, lie: WireLie) => Promise<string>>>

/** The auctioneer hears of the account on a stream. */
async function subscribed({ auctioneer }: Market, { key }: OpenAccount): Promise<void> {
  await until('carol is subscribed', async () =>
    (await auctioneer.admin.listAccounts({})).accounts.some((one) => toHex(one.accountKey) === key && one.subscribed),
  )
}

/** After all of it orders of both are filled. */
async function honestBatch({ market, account, asker }: Scene): Promise<void> {
  await subscribed(market, account)
  await submitAsk(asker, { amount: 300_000n, rate: 1000 })
  await submitBid(account, { amount: 300_000n, rate: 2000 })
  const { batch } = await runAuction(market)
  expect(batch?.matches).toHaveLength(1)
}
