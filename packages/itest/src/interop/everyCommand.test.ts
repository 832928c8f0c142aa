import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { services } from '@tidepool/rpc'
import { STOCK_ROUTES } from '@tidepool/trader'
import type { CommandResult } from '../harness/command.ts'
import { pinnedDaemons, programPath } from '../harness/daemonBuild.ts'
import { startStockTrader, startTrader, startTraderForStockCli } from '../harness/traderDaemon.ts'
import { until } from '../harness/until.ts'
import { useMarket } from '../scenarios/useMarket.ts'
import { fundAccounts, untilOpen } from '../scenarios/words/accounts.ts'
import { confirmBatch, runBatch, untilSettled } from '../scenarios/words/auction.ts'
import { submitBid } from '../scenarios/words/orders.ts'
import { common, commonText, differences, type Difference } from './everyCommand/compare.ts'
import { RPC_OF, stockCommands, usedBy, type Commands } from './everyCommand/coverage.ts'
import { MEANT, type Meant } from './everyCommand/differencesTable.ts'
import { writeReport, type Count, type Finding } from './everyCommand/report.ts'
import { REST_NAMES, REST_QUOTES, REST_TABLE, type RestRow } from './everyCommand/restTable.ts'
import { isRepeatable, titleOf, type CommandRow, type Row, type StepRow } from './everyCommand/row.ts'
import { EMPTY, LAST, TABLE } from './everyCommand/table.ts'
import { World, jsonPart, type RestAnswer } from './everyCommand/world.ts'

/** The stock command line drives the stock daemon and ours, each beside an lnd of its own, in the same state. */
describe('every command and flag', () => {
  const market = useMarket('daemons')
  let stock: World
  let ours: World
  let commands: Commands
  const findings: Finding[] = []
  const usedCommands = new Set<string>()
  const usedFlags = new Set<string>()
  const usedRpcs = new Set<string>()
  const usedMeant = new Set<Meant>()

  beforeAll(async () => {
    const { dir, logDir, nodes } = market().stack
    const { auctioneer } = market()
    const pool = programPath(await pinnedDaemons(['pool']), 'pool')
    const places = { dir, logDir, auctioneer }
    const [first, second] = await Promise.all([
      startStockTrader({ ...places, name: 'alice', lnd: nodes.alice.endpoint }),
      startTrader({ ...places, name: 'bob', lnd: nodes.bob.endpoint }),
    ])
    market().adopt('alice', first)
    market().adopt('bob', second)
    stock = new World(first, [pool], nodes.alice)
    ours = new World(second, [pool], nodes.bob)
    commands = await stockCommands(pool)
    for (const [world, node] of [
      [stock, nodes.alice],
      [ours, nodes.bob],
    ] as const) {
      world.set('addr', (await node.rpc.walletKit.nextAddr({ type: 'TAPROOT_PUBKEY' })).addr)
    }
  }, 600_000)

  function note(what: string, told: readonly [string, string], found: readonly Difference[]): void {
    const unlisted = found.filter(({ path }) => {
      const meant = MEANT.find((one) => one.row.test(what) && one.path.test(path))
      if (meant !== undefined) usedMeant.add(meant)
      return meant === undefined
    })
    findings.push({ what, stock: told[0], ours: told[1], differences: found, unlisted })
  }

  /** Text before the JSON, and the JSON. */
  function readable(text: string, world: World): unknown {
    const json = jsonPart(text)
    const words = commonText(text.slice(0, text.length - json.length), world)
    try {
      return { words, json: common(JSON.parse(json), world) }
    } catch {
      return { words: commonText(text, world) }
    }
  }

  async function compareCommand(row: CommandRow): Promise<void> {
    if (row.oursAlone === true) {
      expect.soft((await ours.run(row)).exitCode, titleOf(row)).toBe(row.exit ?? 0)
      return
    }
    const [left, right] = await Promise.all([stock.run(row), ours.run(row)])
    const used = usedBy(row, commands)
    usedCommands.add(used.command)
    for (const flag of used.flags) usedFlags.add(`${used.command} --${flag}`)
    for (const rpc of RPC_OF[used.command] ?? []) usedRpcs.add(rpc)
    const shape = (world: World, { exitCode, stdout, stderr }: typeof left) => ({
      exit: exitCode,
      failed: stderr !== '',
      answer: readable(stdout, world),
    })
    expect.soft(left.exitCode, `${titleOf(row)}: ${left.stderr}`).toBe(row.exit ?? 0)
    const found = differences(shape(stock, left), shape(ours, right))
    note(titleOf(row), [told(left), told(right)], found)
    if (isRepeatable(row)) await compareTools(row, left)
  }

  /** Our command line, asked the same of the stock daemon, exits the same and prints the same JSON. */
  async function compareTools(row: CommandRow, stockTool: CommandResult): Promise<void> {
    const ourTool = await stock.again(row)
    const json = (text: string): unknown => (readable(text, stock) as { readonly json?: unknown }).json
    const shape = ({ exitCode, stdout }: CommandResult) => ({ exit: exitCode, json: json(stdout) })
    note(`our pool: ${titleOf(row)}`, [told(stockTool), told(ourTool)], differences(shape(stockTool), shape(ourTool)))
  }

  const told = ({ exitCode, stdout, stderr }: { exitCode: number; stdout: string; stderr: string }): string =>
    exitCode === 0 ? stdout || '(nothing)' : `exit ${exitCode}: ${stderr}`

  /** The call a path stands for. */
  function matchRpc({ verb, path }: RestRow): string | undefined {
    const plain = (path.split('?')[0] ?? '').replace(/\{\w+\}|\d+$/g, 'x')
    return STOCK_ROUTES.find((route) => route.verb === verb && route.path.replace(/\{\w+\}/g, 'x') === plain)?.method
  }

  async function compareRest(row: RestRow): Promise<void> {
    const ask = (world: World): Promise<RestAnswer> => world.rest(row.verb, row.path, row.body, row.macaroon ?? true)
    const [left, right] = await Promise.all([ask(stock), ask(ours)])
    for (const [world, { json }] of [
      [stock, left],
      [ours, right],
    ] as const) {
      const nonce = (json as { readonly accepted_order_nonce?: string }).accepted_order_nonce
      const side = Object.keys((row.body ?? {}) as object)[0] ?? ''
      if (nonce !== undefined) world.set(REST_NAMES[side] ?? side, Buffer.from(nonce, 'base64').toString('hex'))
    }
    const shape = (world: World, { status, json }: RestAnswer) => ({
      ok: status === 200,
      status,
      answer: status === 200 ? common(json, world) : Object.keys(json as object).toSorted(),
    })
    const title = `${row.verb} ${row.path}${row.body === undefined ? '' : ` ${JSON.stringify(row.body)}`}`
    const rpc = matchRpc(row)
    if (rpc !== undefined) usedRpcs.add(rpc)
    note(title, [JSON.stringify(left), JSON.stringify(right)], differences(shape(stock, left), shape(ours, right)))
  }

  async function take({ step }: StepRow): Promise<void> {
    switch (step) {
      case 'mine':
        await market().stack.mine(6)
        return
      case 'height': {
        const later = String((await market().stack.chain.height()) + 8000)
        for (const world of [stock, ours]) world.set('later', later)
        return
      }
      case 'untilOpen':
        for (const account of [...stock.accounts, ...ours.accounts]) await untilOpen(market(), account)
        return
      case 'trade':
        return trade()
      default:
        return step satisfies never
    }
  }

  /** Carol buys what both offer, in one batch. */
  async function trade(): Promise<void> {
    const carol = await market().trader('carol')
    const [buyer] = await fundAccounts(market(), { trader: carol, value: 2_000_000n, version: 2 })
    for (let count = 0; count < 2; count++) {
      await submitBid(buyer, { amount: 200_000n, rate: 2_000, minChannel: 200_000n })
    }
    const batch = await runBatch(market())
    const sellers = [stock, ours].flatMap(({ accounts }) => accounts.slice(0, 1))
    await untilSettled(batch, buyer, ...sellers)
    await confirmBatch(market(), batch)
    for (const account of sellers) await untilOpen(market(), account)
    for (const world of [stock, ours]) world.set('batch', batch.batch_id)
  }

  async function go(rows: readonly Row[]): Promise<void> {
    for (const row of rows) await (row.kind === 'step' ? take(row) : compareCommand(row))
  }

  async function call(rows: readonly RestRow[]): Promise<void> {
    for (const row of rows) await compareRest(row)
  }

  it('works of a daemon that knows nothing yet', async () => {
    await go(EMPTY)
    await call(REST_QUOTES)
  })

  it('is run against both', () => go(TABLE))

  it('is there over REST', () => call(REST_TABLE))

  it('ends accounts, recovers, explains itself and stops', async () => {
    await go(LAST)
    await until('both have ended', () => !stock.daemon.process.running && !ours.daemon.process.running)
  })

  it('leaves a data folder that ours takes over', async () => {
    const { dir, logDir, nodes } = market().stack
    const { auctioneer } = market()
    const file = (name: string): Buffer => readFileSync(join(stock.daemon.baseDir, 'regtest', name))
    const [certificate, macaroon] = [file('tls.cert'), file('pool.macaroon')]
    const successor = await startTraderForStockCli({
      name: 'alice',
      dir,
      logDir,
      lnd: nodes.alice.endpoint,
      auctioneer,
    })
    market().adopt('alice', successor)
    expect(file('tls.cert')).toEqual(certificate)
    // Its root key is sealed in the stock daemon's own database, so a new macaroon takes the place of the old one.
    expect(file('pool.macaroon')).not.toEqual(macaroon)
    expect(await successor.pool('getinfo')).toMatchObject({ accounts_total: 0 })
    expect(await successor.pool('accounts', 'recover', '--account_target=5')).toHaveProperty('num_recovered_accounts')
  })

  it('answers alike, but for what docs/compatibility.md lists', () => {
    const strange = findings.filter(({ unlisted }) => unlisted.length > 0)
    expect(strange.map(({ what, unlisted }) => ({ what, unlisted }))).toEqual([])
    expect(MEANT.filter((one) => !usedMeant.has(one)).map(({ where }) => where)).toEqual([])
  })

  afterAll(() => {
    const counted = [...commands].filter(([command]) => !command.startsWith('sidecar'))
    const flags = counted.flatMap(([command, names]) => [...names].map((name) => `${command} --${name}`))
    const rpcs = Object.values(services.poolrpc.Trader.methods).map(({ name }) => name)
    const counts: readonly Count[] = [
      { name: 'commands', all: new Set(commands.keys()), done: usedCommands },
      { name: 'flags (without sidecar)', all: new Set(flags), done: usedFlags },
      { name: 'RPCs', all: new Set(rpcs), done: usedRpcs },
    ]
    process.stdout.write(`${writeReport(findings, counts)}\n`)
  })
})
