import fc from 'fast-check'
import {
  ClmError,
  accountKey,
  addressToScript,
  batchId,
  decodePsbt,
  decodeTx,
  derDecode,
  encodeTx,
  fromHex,
  orderNonce,
  parseOutPoint,
  parsePublicNonce,
  toHex,
  txidFromBytes,
  verifyDer,
  withoutSighashAll,
} from '@tidepool/crypto'
import type { ClientMessage } from '@tidepool/auctioneer'
import {
  accountFundingFromWire,
  auctionAccountFromWire,
  clientMessageFromWire,
  clientMessageToWire,
  decodeMacaroon,
  decodeMacaroonId,
  decodeMessage,
  encodeMacaroon,
  encodeMacaroonId,
  encodeMessage,
  finalizeFromWire,
  fromJson,
  messageFields,
  modificationFromWire,
  nodeRatingFromWire,
  orderFromWire,
  proposalFromWire,
  rejectFromWire,
  reservationFromWire,
  reservationKeysFromWire,
  serverMessageToWire,
  services,
  signReplyFromWire,
  signRequestFromWire,
  termsFromWire,
} from '@tidepool/rpc'
import type { MessageName } from '@tidepool/rpc'
import { decodeBackup, serverMessageFromWire } from '@tidepool/trader'
import { afterAll, describe, expect, it } from 'vitest'
import { message } from '../../fuzz/messages.ts'
import { mutated } from '../../fuzz/mutations.ts'
import { poolWith } from '../../fuzz/pool.ts'
import { Tally, runs } from '../../fuzz/runs.ts'
import { openBook } from './books.ts'

const tally = new Tally()
afterAll(() => tally.print('decoders and live sessions'))

/** Whatever the input, an answer or an error of ours. */
function fed<T>(what: string, feed: (input: T) => unknown): (input: T) => void {
  return (input) => {
    try {
      feed(input)
      tally.note('taken')
    } catch (error) {
      if (!(error instanceof ClmError)) throw new Error(`${what} broke`, { cause: error })
      tally.note('refused')
    }
  }
}

const pool = poolWith()
const wire = (name: string): fc.Arbitrary<Uint8Array> =>
  message(name, pool).map((init) => encodeMessage(name as MessageName, init))

/** What either daemon of ours reads from a peer. */
const READ = [services.poolrpc.ChannelAuctioneer, services.poolrpc.Trader, services.tidepool.Admin].flatMap(
  ({ methods }) => Object.values(methods).flatMap(({ request, response }) => [request, response]),
)

/** Each conversion, and the message it reads. */
const CONVERSIONS: Readonly<Record<string, (bytes: Uint8Array) => unknown>> = {
  'poolrpc.ServerSubmitOrderRequest': (b) => orderFromWire(decodeMessage('poolrpc.ServerSubmitOrderRequest', b)),
  'poolrpc.OrderMatchPrepare': (b) => proposalFromWire(decodeMessage('poolrpc.OrderMatchPrepare', b)),
  'poolrpc.OrderMatchSignBegin': (b) => signRequestFromWire(decodeMessage('poolrpc.OrderMatchSignBegin', b)),
  'poolrpc.OrderMatchSign': (b) => signReplyFromWire(decodeMessage('poolrpc.OrderMatchSign', b)),
  'poolrpc.OrderMatchReject': (b) => rejectFromWire(decodeMessage('poolrpc.OrderMatchReject', b)),
  'poolrpc.OrderMatchFinalize': (b) => finalizeFromWire(decodeMessage('poolrpc.OrderMatchFinalize', b)),
  'poolrpc.ClientAuctionMessage': (b) => clientMessageFromWire(decodeMessage('poolrpc.ClientAuctionMessage', b)),
  'poolrpc.ReserveAccountRequest': (b) => reservationFromWire(decodeMessage('poolrpc.ReserveAccountRequest', b)),
  'poolrpc.ReserveAccountResponse': (b) => reservationKeysFromWire(decodeMessage('poolrpc.ReserveAccountResponse', b)),
  'poolrpc.ServerInitAccountRequest': (b) =>
    accountFundingFromWire(decodeMessage('poolrpc.ServerInitAccountRequest', b)),
  'poolrpc.ServerModifyAccountRequest': (b) =>
    modificationFromWire(decodeMessage('poolrpc.ServerModifyAccountRequest', b)),
  'poolrpc.AuctionAccount': (b) => auctionAccountFromWire(decodeMessage('poolrpc.AuctionAccount', b)),
  'poolrpc.TermsResponse': (b) => termsFromWire(decodeMessage('poolrpc.TermsResponse', b)),
  'poolrpc.NodeRating': (b) => nodeRatingFromWire(decodeMessage('poolrpc.NodeRating', b)),
  'poolrpc.ServerAuctionMessage': (b) => serverMessageFromWire(decodeMessage('poolrpc.ServerAuctionMessage', b)),
}

const MACAROON = encodeMacaroon({
  location: 'pool',
  identifier: new Uint8Array(33),
  caveats: [],
  signature: new Uint8Array(32),
})

const MACAROON_ID = encodeMacaroonId({ nonce: new Uint8Array(16), rootKeyId: '0', permissions: ['account:read'] })

/** Everything else that reads bytes or text from outside. */
const DECODERS: Readonly<Record<string, (bytes: Uint8Array) => unknown>> = {
  decodeTx: (b) => encodeTx(decodeTx(b), { witness: true }),
  decodePsbt,
  derDecode,
  withoutSighashAll,
  verifyDer: (b) => verifyDer(new Uint8Array(32).fill(1), fromHex(toHex(pool.bytes[0] ?? b)), b),
  parsePublicNonce: (b) => parsePublicNonce(b, 0),
  parseOutPoint: (b) => parseOutPoint(Buffer.from(b).toString('latin1')),
  accountKey,
  batchId,
  orderNonce,
  txidFromBytes,
  addressToScript: (b) => addressToScript(Buffer.from(b).toString('latin1'), 'regtest'),
  decodeMacaroon,
  decodeMacaroonId,
  decodeBackup,
  fromJson: (b) => fromJson('poolrpc.SubmitOrderRequest', json(Buffer.from(b).toString('utf8'))),
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

describe('bytes from outside', () => {
  it('are a message or a refusal, for every message of our services', () => {
    const names = [...new Set(READ)].filter((name) => name in messageFields)
    expect(names.length).toBeGreaterThan(80)
    for (const name of names) {
      const decode = fed(name, (bytes: Uint8Array) => decodeMessage(name as MessageName, bytes))
      fc.assert(fc.property(mutated(wire(name)), decode), { numRuns: runs(30) })
    }
  })

  it.each(Object.entries(CONVERSIONS))('are domain values or a refusal: %s', (name, convert) => {
    fc.assert(fc.property(mutated(wire(name)), fed(name, convert)), { numRuns: runs(300) })
  })

  it.each(Object.entries(DECODERS))('never break %s', (name, decode) => {
    const seeds = fc.oneof(
      fc.constantFrom(...pool.bytes, MACAROON, MACAROON_ID),
      fc.constantFrom(...pool.strings).map((text) => new TextEncoder().encode(text)),
    )
    fc.assert(fc.property(mutated(seeds), fed(name, decode)), { numRuns: runs(400) })
  })
})

describe('live sessions', () => {
  /** The messages of an honest batch, and what became of them on the way. */
  it('survive what a batch says, spoiled', async () => {
    const world = await openBook('plain', 'fuzzed')
    const down: Uint8Array[] = []
    const up: Uint8Array[] = []
    world.arrives = (_, letter) => {
      if (letter.way === 'down') {
        down.push(encodeMessage('poolrpc.ServerAuctionMessage', serverMessageToWire(letter.message)))
      } else up.push(encodeMessage('poolrpc.ClientAuctionMessage', clientMessageToWire(letter.message)))
      return { letter }
    }
    await world.auction()
    await world.stage.scheduler.drain()
    world.arrives = (_, letter) => ({ letter })
    const bob = world.trader('bob')
    const { life } = bob
    const { registry } = world.auctioneer.auctioneer

    const toTrader = mutated(fc.constantFrom(...down))
    await fc.assert(
      fc.asyncProperty(toTrader, async (bytes) => {
        const read = told(bytes)
        const [stream] = [...world.stage.streams]
        if (read === undefined || stream === undefined) return tally.note('no message')
        await world.finish(bob.trader.batches.handle(read, stream))
        tally.note('heard')
      }),
      { numRuns: runs(300) },
    )
    await fc.assert(
      fc.asyncProperty(mutated(fc.constantFrom(...up)), async (bytes) => {
        const said = read(bytes)
        const session = registry.sessionOf(bob.key)
        if (said === undefined || session === undefined) return tally.note('no message')
        await world.finish(session.receive(said)).catch((error: unknown) => expect(error).toBeInstanceOf(ClmError))
        tally.note('heard')
      }),
      { numRuns: runs(300) },
    )
    await world.stage.scheduler.drain()
    expect(bob.life).toBe(life)
    expect(world.stage.witness.violations).toEqual([])
  })
})

function told(bytes: Uint8Array) {
  try {
    return serverMessageFromWire(decodeMessage('poolrpc.ServerAuctionMessage', bytes))
  } catch (error) {
    expect(error).toBeInstanceOf(ClmError)
    return undefined
  }
}

function read(bytes: Uint8Array): ClientMessage | undefined {
  try {
    return clientMessageFromWire(decodeMessage('poolrpc.ClientAuctionMessage', bytes))
  } catch (error) {
    expect(error).toBeInstanceOf(ClmError)
    return undefined
  }
}
