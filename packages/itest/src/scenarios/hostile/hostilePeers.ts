import { existsSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { expect } from 'vitest'
import { STATUS, encodeMessage, services, statusName } from '@tidepool/rpc'
import { RawGrpc } from '../../harness/rawGrpc.ts'
import { until } from '../../harness/until.ts'
import { fundAccounts } from '../words/accounts.ts'
import { confirmBatch, runBatch } from '../words/auction.ts'
import type { Market } from '../words/market.ts'
import { clearBook, submitAsk, submitBid } from '../words/orders.ts'

const SERVICE = services.poolrpc.ChannelAuctioneer.name
const STREAM = `/${SERVICE}/SubscribeBatchAuction`
const MIB = 1024 * 1024

const CONNECTIONS = 8
/** Below what one connection may have open. */
const STREAMS_EACH = 250
const SOCKETS = 200
/** What all of it may cost the auctioneer, as its process counts memory; a thousandth of it would be a leak per stream. */
const MOST_GROWTH_MIB = 400

/** Thousands of bad connections stand open while honest traders make a batch; then nothing is left of them. */
export async function hostilePeers(market: Market): Promise<void> {
  const { auctioneer } = market
  const [alice, bob] = await market.traders('alice', 'bob')
  await clearBook(market)
  const [asker, bidder] = await fundAccounts(
    market,
    { trader: alice, value: 1_000_000n, version: 0 },
    { trader: bob, value: 1_000_000n, version: 2 },
  )
  await submitAsk(asker, { amount: 200_000n, rate: 1000 })
  await submitBid(bidder, { amount: 200_000n, rate: 2000 })
  const honest = (await auctioneer.admin.status({})).numStreams
  const before = residentMiB(auctioneer.process.pid)

  const peers = Array.from({ length: CONNECTIONS }, () => new RawGrpc(auctioneer.address, auctioneer.tlsCertPath))
  const sockets = Array.from({ length: SOCKETS }, (_, i) => noise(auctioneer.address, i))
  try {
    for (const peer of peers) holdOpen(peer)
    const all = honest + CONNECTIONS * STREAMS_EACH
    await until('all streams are open', async () => (await auctioneer.admin.status({})).numStreams >= all)
    expect(await refusals(peers[0])).toEqual({
      'an order of five megabytes': 'RESOURCE_EXHAUSTED',
      'a text that is no UTF-8': 'INVALID_ARGUMENT',
      'bytes that are no message': 'INVALID_ARGUMENT',
      'a call that does not exist': 'UNIMPLEMENTED',
      'a service that does not exist': 'UNIMPLEMENTED',
    })
    const batch = await runBatch(market)
    expect(batch.matches).toHaveLength(1)
    await confirmBatch(market, batch)
    expect(residentMiB(auctioneer.process.pid) - before).toBeLessThan(MOST_GROWTH_MIB)
  } finally {
    for (const peer of peers) peer.close()
    for (const socket of sockets) socket.destroy()
  }
  await until('only honest streams are left', async () => (await auctioneer.admin.status({})).numStreams <= honest)
}

/** Streams that never say who they are; every tenth says a hundred things and reads none of the answers. */
function holdOpen(peer: RawGrpc): void {
  for (let i = 0; i < STREAMS_EACH; i++) {
    const stream = peer.bidi(STREAM)
    stream.on('error', () => undefined)
    stream.pause()
    stream.write(commitment(0))
    for (let more = 1; i % 10 === 0 && more < 100; more++) stream.write(commitment(more))
  }
}

function commitment(number: number): Buffer {
  const commitHash = new Uint8Array(32).fill(number + 1)
  const value = { commitHash, batchVersion: 58 }
  return Buffer.from(encodeMessage('poolrpc.ClientAuctionMessage', { msg: { case: 'commit', value } }))
}

async function refusals(peer: RawGrpc | undefined): Promise<Readonly<Record<string, string>>> {
  if (peer === undefined) throw new Error('there is no peer')
  const notText = Uint8Array.of(0x1a, 2, 0xff, 0xfe)
  const asked = {
    'an order of five megabytes': peer.unary(`/${SERVICE}/SubmitOrder`, new Uint8Array(5 * MIB)),
    'a text that is no UTF-8': peer.unary(`/${SERVICE}/SubmitOrder`, notText),
    'bytes that are no message': peer.unary(`/${SERVICE}/ReserveAccount`, Uint8Array.of(0x0a, 0xff)),
    'a call that does not exist': peer.unary(`/${SERVICE}/Nothing`, new Uint8Array()),
    'a service that does not exist': peer.unary('/nobody.Nothing/Nothing', new Uint8Array()),
  }
  const told: Record<string, string> = {}
  for (const [what, answer] of Object.entries(asked)) {
    const { code } = await answer
    told[what] = code === STATUS.OK ? 'OK' : statusName(code)
  }
  return told
}

/** A connection that never becomes one: silent, or of bytes that are no TLS. */
function noise(address: string, number: number): Socket {
  const [host = 'localhost', port = '0'] = address.split(':')
  const socket = connect(Number(port), host)
  socket.on('error', () => undefined)
  if (number % 2 === 0) socket.write(Buffer.alloc(1000, number))
  return socket
}

/** 0 where the system does not tell. */
function residentMiB(pid: number | undefined): number {
  const status = `/proc/${pid ?? 0}/status`
  if (!existsSync(status)) return 0
  const line = readFileSync(status, 'utf8').match(/VmRSS:\s+(\d+) kB/)
  return Number(line?.[1] ?? 0) / 1024
}
