import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { addCaveat, createClient, decodeMacaroon, encodeMacaroon, services } from '@tidepool/rpc'
import { fromHex, toHex } from '@tidepool/crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startAuctioneer, type AuctioneerDaemon } from '../harness/auctioneerDaemon.ts'
import { runCommand } from '../harness/command.ts'
import { pinnedDaemons, programPath } from '../harness/daemonBuild.ts'
import { programs } from '../harness/paths.ts'
import { startStockTrader, startTrader, type TraderDaemon } from '../harness/traderDaemon.ts'
import { useStack } from '../harness/useStack.ts'

const READ = ['account:read', 'auction:read', 'auth:read', 'order:read']
const LIST = ['accounts', 'list']
const ORDERS = ['orders', 'list']
/** A key that is no account's. */
const KEY = '0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798'
const SPEND = ['accounts', 'close', KEY, '12']
const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString()
const anHourAgo = () => new Date(Date.now() - 3_600_000).toISOString()

/** What becomes of a call: each copy is made before ours is there, and judged by both daemons. */
const CALLS: readonly (readonly [copy: string, command: readonly string[], outcome: RegExp])[] = [
  ['admin', LIST, /^0 /],
  ['admin', SPEND, /^1 .*account/],
  ['in-time', LIST, /^0 /],
  ['in-time', SPEND, /^1 .*account/],
  ['read-only', LIST, /^0 /],
  ['read-only', ORDERS, /^0 /],
  ['read-only', SPEND, /permission denied/],
  ['read-only-in-time', LIST, /^0 /],
  ['read-only-in-time', SPEND, /permission denied/],
  ['expired', LIST, /time-before/],
  ['elsewhere', LIST, /ipaddr/],
  ['here', LIST, /^0 /],
  ['cut', LIST, /verification failed|made by someone else/],
]

/** Copies of what a stock daemon has made, in the hands of scripts, go on working when ours takes its place. */
describe('macaroons of a stock daemon', () => {
  const stack = useStack('daemons', { nodes: ['auctioneer', 'alice'] })
  let auctioneer: AuctioneerDaemon
  let copies: string
  let clis: readonly (readonly string[])[]
  const running: TraderDaemon[] = []

  const options = () => {
    const { dir, logDir, nodes } = stack()
    return { name: 'alice', dir, logDir, lnd: nodes.alice.endpoint, auctioneer }
  }

  beforeAll(async () => {
    const { dir, logDir, nodes } = stack()
    auctioneer = await startAuctioneer({ dir, logDir, lnd: nodes.auctioneer.endpoint, flags: ['--auction.interval=0'] })
    copies = join(dir, 'copies')
    mkdirSync(copies)
    clis = [[programPath(await pinnedDaemons(['pool']), 'pool')], [process.execPath, programs.pool]]
  }, 600_000)
  afterAll(async () => {
    await Promise.all(running.map((daemon) => daemon.stop()))
    await auctioneer.stop()
  })

  /** What locks the stock daemon's keys. */
  async function sharedSecret(): Promise<string> {
    const signer = createClient(services.signrpc.Signer, stack().nodes.alice.rpc.channel)
    const ephemeralPubkey = fromHex('0215b5a3e0ef58b101431e1e513dd017d1018b420bd2e89dcd71f45c031f00469e')
    const keyDesc = { keyLoc: { keyFamily: 21, keyIndex: 0 } }
    return toHex((await signer.deriveSharedKey({ ephemeralPubkey, keyDesc })).sharedKey)
  }

  const copy = (name: string): string => join(copies, `${name}.macaroon`)
  const narrow = (from: string, to: string, caveat: string): void =>
    writeFileSync(copy(to), encodeMacaroon(addCaveat(decodeMacaroon(readFileSync(copy(from))), caveat)))

  /** Exit code and text of a call with a copy. */
  async function call(cli: readonly string[], daemon: TraderDaemon, name: string, args: readonly string[]) {
    const [command = '', ...entry] = cli
    const files = [`--tlscertpath=${join(daemon.baseDir, 'regtest', 'tls.cert')}`, `--macaroonpath=${copy(name)}`]
    // The stock one looks at the paths only when no network is named.
    const flags = [...entry, `--rpcserver=${daemon.address}`, ...files]
    const { exitCode, stdout, stderr } = await runCommand(command, [...flags, ...args])
    return `${exitCode} ${stdout} ${stderr}`.replaceAll('\n', ' ')
  }

  async function judged(daemon: TraderDaemon): Promise<void> {
    for (const [name, args, outcome] of CALLS) {
      for (const cli of clis) {
        expect(await call(cli, daemon, name, args), `${cli.at(-1)}: ${name} ${args.join(' ')}`).toMatch(outcome)
      }
    }
  }

  it('are made and narrowed', async () => {
    const stock = await startStockTrader(options())
    running.push(stock)
    copyFileSync(join(stock.baseDir, 'regtest', 'pool.macaroon'), copy('admin'))
    // Its file is locked while it runs.
    await stock.stop()
    const baker = programPath(await pinnedDaemons(['baker']), 'baker')
    const baked = await runCommand(baker, [join(stock.baseDir, 'regtest'), await sharedSecret(), '0', ...READ])
    expect(baked).toMatchObject({ exitCode: 0 })
    writeFileSync(copy('read-only'), fromHex(baked.stdout.trim()))
    narrow('admin', 'in-time', `time-before ${inAnHour()}`)
    narrow('read-only', 'read-only-in-time', `time-before ${inAnHour()}`)
    narrow('admin', 'expired', `time-before ${anHourAgo()}`)
    narrow('admin', 'here', 'ipaddr 127.0.0.1')
    narrow('admin', 'elsewhere', 'ipaddr 192.0.2.1')
    writeFileSync(copy('cut'), encodeMacaroon({ ...decodeMacaroon(readFileSync(copy('expired'))), caveats: [] }))
    await stock.start()
    await judged(stock)
    await stock.stop()
  }, 600_000)

  it('mean the same to ours in its place, and to the stock daemon again', async () => {
    const [stock] = running
    if (stock === undefined) throw new Error('it ran before')
    const db = join(stock.baseDir, 'regtest', 'macaroons.db')
    const before = readFileSync(db)
    const ours = await startTrader(options())
    running.push(ours)
    await judged(ours)
    expect(readFileSync(db)).toEqual(before)
    expect(await ours.pool(...LIST)).toEqual({ accounts: [] })
    await ours.stop()
    // Ours has written its own; away with it, so that the harness waits for the new one.
    rmSync(join(stock.baseDir, 'regtest', 'pool.macaroon'))
    await stock.start()
    await judged(stock)
    expect(await stock.pool(...LIST)).toEqual({ accounts: [] })
  }, 600_000)
})
