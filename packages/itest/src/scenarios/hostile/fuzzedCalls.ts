import { join } from 'node:path'
import fc from 'fast-check'
import { expect } from 'vitest'
import { fromHex } from '@tidepool/crypto'
import { STATUS, encodeMessage, services, statusName } from '@tidepool/rpc'
import type { MessageName, MethodDef } from '@tidepool/rpc'
import { message } from '../../fuzz/messages.ts'
import type { Pool } from '../../fuzz/messages.ts'
import { mutated } from '../../fuzz/mutations.ts'
import { poolWith } from '../../fuzz/pool.ts'
import { Tally, runs } from '../../fuzz/runs.ts'
import { RawGrpc } from '../../harness/rawGrpc.ts'
import { fundAccounts } from '../words/accounts.ts'
import type { Market } from '../words/market.ts'
import { clearBook, submitAsk, submitBid } from '../words/orders.ts'

/** What a caller may be told; the others mean that something broke. */
const TYPED: ReadonlySet<number> = new Set([
  STATUS.OK,
  STATUS.INVALID_ARGUMENT,
  STATUS.NOT_FOUND,
  STATUS.ALREADY_EXISTS,
  STATUS.PERMISSION_DENIED,
  STATUS.RESOURCE_EXHAUSTED,
  STATUS.FAILED_PRECONDITION,
  STATUS.ABORTED,
  STATUS.OUT_OF_RANGE,
  STATUS.UNIMPLEMENTED,
  STATUS.UNAVAILABLE,
  STATUS.UNAUTHENTICATED,
])

/** It does what it is named for. */
const LEFT_OUT: ReadonlySet<string> = new Set(['StopDaemon'])

/** A search of the chain may well take longer than we wait for it. */
const LONG = new Map([['RecoverAccounts', 1000]])

interface Target {
  readonly name: string
  readonly raw: RawGrpc
  readonly methods: readonly (MethodDef & { readonly path: string })[]
}

type AnyService = { readonly name: string; readonly methods: Readonly<Record<string, MethodDef>> }

const methodsOf = (...all: readonly AnyService[]): Target['methods'] =>
  all.flatMap(({ name, methods }) =>
    Object.values(methods)
      .filter((method) => !LEFT_OUT.has(method.name))
      .map((method) => ({ ...method, path: `/${name}/${method.name}` })),
  )

/** Every call of both daemons with spoiled requests, over their real servers; both go on. */
export async function fuzzedCalls(market: Market): Promise<void> {
  const [alice, bob] = await market.traders('alice', 'bob')
  await clearBook(market)
  const [asker, bidder] = await fundAccounts(
    market,
    { trader: alice, value: 1_000_000n, version: 2 },
    { trader: bob, value: 1_000_000n, version: 0 },
  )
  const order = await submitAsk(asker, { amount: 100_000n, rate: 1000 })
  await submitBid(bidder, { amount: 100_000n, rate: 500 })
  const pool = poolWith({
    bytes: [fromHex(asker.key), fromHex(bidder.key), fromHex(order.nonce)],
    strings: [asker.key, order.nonce],
  })
  const { auctioneer } = market
  const targets: readonly Target[] = [
    {
      name: 'auctioneerd, for traders',
      raw: new RawGrpc(auctioneer.address, auctioneer.tlsCertPath),
      methods: methodsOf(services.poolrpc.ChannelAuctioneer, services.poolrpc.HashMail, services.tidepool.MarketView),
    },
    {
      name: 'auctioneerd, for its operator',
      raw: new RawGrpc(
        auctioneer.adminAddress,
        auctioneer.tlsCertPath,
        join(auctioneer.baseDir, 'regtest', 'admin.macaroon'),
      ),
      methods: methodsOf(services.tidepool.Admin),
    },
    {
      name: 'poold',
      raw: new RawGrpc(
        alice.address,
        join(alice.baseDir, 'regtest', 'tls.cert'),
        join(alice.baseDir, 'regtest', 'pool.macaroon'),
      ),
      methods: methodsOf(services.poolrpc.Trader, services.tidepool.TraderTools, services.tidepool.TraderView),
    },
  ]
  const faults: string[] = []
  for (const target of targets) faults.push(...(await faultsOf(target, pool)))
  expect(faults).toEqual([])
  expect(auctioneer.process.running && alice.process.running).toBe(true)
  expect((await alice.trader.getInfo({})).version).not.toBe('')
}

/** What was answered otherwise than it should, one line each. */
async function faultsOf({ name, raw, methods }: Target, pool: Pool): Promise<readonly string[]> {
  const tally = new Tally()
  const faults: string[] = []
  for (const { path, name: method, request, kind } of methods) {
    const valid = message(request, pool).map((init) => encodeMessage(request as MessageName, init))
    const inputs = fc.sample(mutated(valid), { numRuns: runs(kind === 'unary' ? 25 : 8), seed: seedOf(path) })
    for (const bytes of inputs) {
      const { code, details } = await answerTo(raw, path, kind, bytes, LONG.get(method))
      tally.note(statusName(code))
      const isLong = code === STATUS.DEADLINE_EXCEEDED && LONG.has(method)
      if (!TYPED.has(code) && !isLong)
        faults.push(`${path} ${statusName(code)} ${details}: ${Buffer.from(bytes).toString('hex')}`)
    }
  }
  raw.close()
  tally.print(`${methods.length} calls of ${name}`)
  return faults
}

function answerTo(raw: RawGrpc, path: string, kind: MethodDef['kind'], bytes: Uint8Array, deadlineMs?: number) {
  if (kind === 'unary') return raw.unary(path, bytes, deadlineMs)
  if (kind === 'serverStream') return raw.serverStream(path, bytes)
  return said(raw, path, bytes)
}

/** One message on a stream of both sides: its status, or none when it stays open. */
function said(
  raw: RawGrpc,
  path: string,
  bytes: Uint8Array,
): Promise<{ readonly code: number; readonly details: string }> {
  return new Promise((resolve) => {
    const stream = raw.bidi(path)
    const done = (end: { readonly code: number; readonly details: string }): void => {
      clearTimeout(timer)
      stream.cancel()
      resolve(end)
    }
    const timer = setTimeout(() => done({ code: STATUS.OK, details: 'open' }), 100)
    stream.on('data', () => done({ code: STATUS.OK, details: 'answered' }))
    stream.on('error', () => undefined)
    stream.on('status', done)
    stream.write(Buffer.from(bytes))
  })
}

const seedOf = (text: string): number => Buffer.from(text).reduce((sum, byte) => (sum * 31 + byte) | 0, 7)
