import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { tidepool } from '@tidepool/rpc'
import { startAuctioneer, type AuctioneerDaemon } from '../harness/auctioneerDaemon.ts'
import type { LndEndpoint } from '../harness/lndNode.ts'
import type { Simnet } from '../harness/simnetStack.ts'
import { repositoryRoot } from '../harness/paths.ts'
import { makeTrader, type TraderDaemon } from '../harness/traderDaemon.ts'
import { until } from '../harness/until.ts'
import { useStack } from '../harness/useStack.ts'

/** Any call is refused while lnd is not as it should be; without the auctioneer, those are that ask it. */
const ANY_CALL = ['accounts', 'list']
const AUCTIONEERS_CALL = ['auction', 'fee']
/** Files of a stock daemon, and what it made (packages/trader/test/vectors/pool/README.md). */
function stockMacaroons() {
  const path = join(repositoryRoot, 'packages', 'trader', 'test', 'vectors', 'pool', 'macaroons.json')
  return JSON.parse(readFileSync(path, 'utf8')) as { empty_password: { db_gz: string; admin: string } }
}
const NODES = ['auctioneer', 'alice', 'bob'] as const

describe('a trader daemon whose surroundings are wrong', () => {
  const stack = useStack('simnet', { nodes: NODES })
  const simnet = () => stack() as Simnet<(typeof NODES)[number]>
  let auctioneer: AuctioneerDaemon
  let trader: TraderDaemon | undefined
  let count = 0

  beforeAll(async () => {
    const { dir, logDir, nodes } = stack()
    auctioneer = await startAuctioneer({ dir, logDir, lnd: nodes.auctioneer.endpoint, flags: ['--auction.interval=0'] })
    return () => auctioneer.stop()
  })
  afterEach(async () => {
    await trader?.stop()
    await simnet().control.setFaults({ node: 'alice', faults: {} })
  })

  /** Starts a fresh daemon without waiting for it. */
  async function launch(
    change: { lnd?: Partial<LndEndpoint>; auctioneer?: { tlsCertPath: string }; stockDb?: Uint8Array } = {},
  ): Promise<TraderDaemon> {
    const { dir, logDir, nodes } = stack()
    trader = await makeTrader({
      name: `alice${++count}`,
      dir,
      logDir,
      lnd: { ...nodes.alice.endpoint, ...change.lnd },
      auctioneer: { address: auctioneer.address, tlsCertPath: auctioneer.tlsCertPath, ...change.auctioneer },
    })
    if (change.stockDb !== undefined) {
      mkdirSync(join(trader.baseDir, 'regtest'), { recursive: true })
      writeFileSync(join(trader.baseDir, 'regtest', 'macaroons.db'), change.stockDb)
    }
    trader.process.start()
    return trader
  }

  /** It runs, and tells on every call what is wrong and what to do. */
  async function complains(daemon: TraderDaemon, code: string, advice: RegExp, words = ANY_CALL): Promise<void> {
    const answer = await until(`poold says ${code}`, async () => {
      daemon.process.assertRunning()
      const result = await daemon.poolRaw(...words)
      return result.stderr.includes(`(${code})`) && advice.test(result.stderr) ? result : undefined
    })
    expect(answer.exitCode).toBe(1)
    expect(daemon.process.running).toBe(true)
  }

  async function recovers(daemon: TraderDaemon): Promise<void> {
    await until('poold is ready', async () => (await daemon.poolRaw(...AUCTIONEERS_CALL)).exitCode === 0)
    expect(daemon.process.running).toBe(true)
  }

  const faulty: readonly (readonly [string, tidepool.NodeFaultsInit, string, RegExp])[] = [
    ['a locked wallet', { walletLocked: true }, 'LND_LOCKED', /unlock/i],
    ['no signer in lnd', { missingSubservers: ['signrpc'] }, 'LND_SUBSERVER_MISSING', /signrpc/],
    [
      'no wallet and chain servers in lnd',
      { missingSubservers: ['walletrpc', 'chainrpc'] },
      'LND_SUBSERVER_MISSING',
      /walletrpc/,
    ],
    ['an lnd of another network', { network: 'testnet' }, 'LND_WRONG_NETWORK', /testnet/],
    ['an old lnd', { version: '0.17.5-beta' }, 'LND_TOO_OLD', /0\.17\.5/],
    ['an lnd that is still syncing', { notSynced: true }, 'LND_NOT_SYNCED', /./],
  ]

  it.each(faulty)('%s: says so, and goes on once it is mended', async (_, faults, code, advice) => {
    await simnet().control.setFaults({ node: 'alice', faults })
    const daemon = await launch()
    await complains(daemon, code, advice)
    await simnet().control.setFaults({ node: 'alice', faults: {} })
    await recovers(daemon)
  })

  it('a locked wallet, in the folder of a stock daemon: its macaroons wait for lnd', async () => {
    const { db_gz, admin } = stockMacaroons().empty_password
    const elsewhere = join(stack().dir, 'elsewhere', 'regtest')
    mkdirSync(elsewhere, { recursive: true })
    writeFileSync(join(elsewhere, 'pool.macaroon'), Buffer.from(admin, 'hex'))
    const withCopy = [`--basedir=${join(elsewhere, '..')}`, ...ANY_CALL]
    await simnet().control.setFaults({ node: 'alice', faults: { walletLocked: true } })
    const daemon = await launch({ stockDb: gunzipSync(Buffer.from(db_gz, 'base64')) })
    await complains(daemon, 'LND_LOCKED', /unlock/i)
    copyFileSync(join(daemon.baseDir, 'regtest', 'tls.cert'), join(elsewhere, 'tls.cert'))
    await complains(daemon, 'STOCK_MACAROON_TOO_EARLY', /wait for lnd/, withCopy)
    await simnet().control.setFaults({ node: 'alice', faults: {} })
    await recovers(daemon)
    expect(await daemon.poolRaw(...withCopy)).toMatchObject({ exitCode: 0 })
  })

  it('an lnd that is not there', async () => {
    await stack().nodes.alice.stop()
    const daemon = await launch()
    await complains(daemon, 'LND_UNREACHABLE', /lnd/)
    await stack().nodes.alice.start()
    await recovers(daemon)
  })

  it("another node's macaroon", async () => {
    const wrong = join(stack().dir, 'wrong.macaroon')
    const { alice, bob } = stack().nodes
    copyFileSync(bob.endpoint.macaroonPath, wrong)
    const daemon = await launch({ lnd: { macaroonPath: wrong } })
    await complains(daemon, 'LND_MACAROON_REFUSED', /wrong\.macaroon/)
    copyFileSync(alice.endpoint.macaroonPath, wrong)
    await recovers(daemon)
  })

  it('a macaroon that is none, or not there', async () => {
    const broken = join(stack().dir, 'broken.macaroon')
    const daemon = await launch({ lnd: { macaroonPath: broken } })
    await complains(daemon, 'LND_MACAROON_REFUSED', /broken\.macaroon/)
    writeFileSync(broken, 'no macaroon')
    await complains(daemon, 'LND_MACAROON_REFUSED', /broken\.macaroon/)
    copyFileSync(stack().nodes.alice.endpoint.macaroonPath, broken)
    await recovers(daemon)
  })

  it("another node's certificate", async () => {
    const daemon = await launch({ lnd: { tlsCertPath: stack().nodes.bob.endpoint.tlsCertPath } })
    await complains(daemon, 'LND_TLS_FAILED', /lnd\.tlspath/)
  })

  it('an auctioneer that is not there', async () => {
    await auctioneer.stop()
    const daemon = await launch()
    await complains(daemon, 'AUCTIONEER_UNREACHABLE', /check --auctionserver/, AUCTIONEERS_CALL)
    await auctioneer.start()
    await recovers(daemon)
  })

  it('an auctioneer with another certificate', async () => {
    const daemon = await launch({ auctioneer: { tlsCertPath: stack().nodes.bob.endpoint.tlsCertPath } })
    await complains(daemon, 'AUCTIONEER_UNREACHABLE', /certificate/, AUCTIONEERS_CALL)
  })
})
