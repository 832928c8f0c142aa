import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { outPoint, txid, txidToBytes, blockHeight, type Txid } from '@tidepool/crypto'
import { openChannel } from '../grpc/channel.ts'
import { createClient } from '../grpc/client.ts'
import { StatusError } from '../grpc/errors.ts'
import { createServer, type Server } from '../grpc/server.ts'
import { addService } from '../grpc/service.ts'
import { STATUS } from '../grpc/statusCode.ts'
import { services } from '../gen/services.ts'
import { selfSignedCertificate } from '../tls/certificate.ts'
import { watchBlocks, watchConfirmation, watchSpend } from './chain.ts'
import { channelPointFromLnd, channelPointToLnd } from './channelPoint.ts'
import { connectLnd, type LndClients } from './client.ts'
import { classifyLnd, tolerating } from './errors.ts'
import { deriveNextKey } from './keys.ts'
import { getLndVersion, isAtLeast } from './node.ts'
import { fillMessage } from '../codec/message.ts'

const id: Txid = txid('0102030405060708091011121314151617181920212223242526272829303132')
const point = outPoint(id, 7)

describe('classifyLnd', () => {
  it.each([
    [2, 'wallet locked, unlock it to enable full RPC access', 'LND_LOCKED'],
    [2, 'wallet not created, create one to enable full RPC access', 'LND_NO_WALLET'],
    [2, 'chain notifier RPC is still in the process of starting', 'LND_STARTING'],
    [2, 'already connected to peer: 02ab@1.2.3.4:9735', 'LND_PEER_CONNECTED'],
    [2, 'no funding intent found for pendingChannelID(00)', 'LND_NO_SHIM'],
    [2, 'duplicate pending channel ID: already has intent registered: 00', 'LND_DUPLICATE_SHIM'],
    [2, 'unable to find closed channel summary', 'LND_CHANNEL_UNKNOWN'],
    [2, "the passed output doesn't belong to the wallet", 'LND_OUTPUT_FOREIGN'],
    [2, 'transaction rejected: output already spent', 'LND_INPUT_SPENT'],
    [2, 'transaction rejected by the mempool because of low fees: min relay fee not met', 'LND_FEE_TOO_LOW'],
    [2, 'session with ID 00 not found', 'LND_SESSION_LOST'],
    [14, 'No connection established', 'LND_UNREACHABLE'],
    [4, 'Deadline exceeded', 'LND_UNREACHABLE'],
    [12, 'unknown service signrpc.Signer', 'LND_UNIMPLEMENTED'],
    [6, 'invoice is already paid', 'LND_ALREADY_PAID'],
    [5, 'unable to find node', 'LND_NOT_FOUND'],
    [2, 'something new', 'LND_REFUSED'],
  ] as const)('%i %s: %s', (status, details, code) => expect(classifyLnd(status, details)).toBe(code))
})

it('converts every form of an outpoint', () => {
  const inner = txidToBytes(id)
  const bytes = fillMessage('lnrpc.ChannelPoint', channelPointToLnd(point))
  expect(bytes.fundingTxid).toEqual({ case: 'fundingTxidBytes', value: inner })
  expect(channelPointFromLnd(bytes)).toEqual(point)
  expect(channelPointFromLnd({ fundingTxid: { case: 'fundingTxidStr', value: id }, outputIndex: 7 })).toEqual(point)
})

describe('against a server', () => {
  let server: Server
  let lnd: LndClients

  beforeAll(async () => {
    const names = { organization: 'test', commonName: 'test', domains: ['localhost'], addresses: ['127.0.0.1'] }
    const tls = selfSignedCertificate(names, new Date())
    server = createServer({ tls })
    addService(server, services.chainrpc.ChainNotifier, {
      registerConfirmationsNtfn: async function* (request) {
        expect(request).toMatchObject({ txid: txidToBytes(id), numConfs: 3, heightHint: 5 })
        const conf = { rawTx: Uint8Array.of(1), blockHeight: 6 }
        yield { event: { case: 'conf', value: conf } }
        yield { event: { case: 'reorg', value: {} } }
        yield { event: { case: 'conf', value: { ...conf, blockHeight: 8 } } }
      },
      registerSpendNtfn: async function* () {
        yield {
          event: {
            case: 'spend',
            value: { rawSpendingTx: Uint8Array.of(2), spendingInputIndex: 1, spendingHeight: 9 },
          },
        }
        throw new StatusError(STATUS.UNKNOWN, 'chain notifier RPC is still in the process of starting')
      },
      registerBlockEpochNtfn: async function* () {
        yield { height: 5 }
        yield { height: 4 }
      },
    })
    addService(server, services.lnrpc.Lightning, {
      fundingStateStep: () =>
        Promise.reject(new StatusError(STATUS.UNKNOWN, 'no funding intent found for pendingChannelID(00)')),
    })
    addService(server, services.walletrpc.WalletKit, {
      deriveNextKey: (_, context) => {
        expect(context.metadata.get('macaroon')).toBe('0201')
        return Promise.resolve({
          rawKeyBytes: Uint8Array.from([2, ...new Uint8Array(31), 1]),
          keyLoc: { keyFamily: 220, keyIndex: 3 },
        })
      },
    })
    addService(server, services.verrpc.Versioner, { getVersion: () => Promise.resolve({ appMinor: 20, appPatch: 1 }) })
    const { port } = await server.listen('127.0.0.1:0')
    lnd = connectLnd({ address: `127.0.0.1:${port}`, tlsCertPem: tls.cert, macaroonHex: '0201' })
  })

  afterAll(async () => {
    lnd.close()
    await server.stop(100)
  })

  const collect = async <T>(stream: AsyncIterable<T>): Promise<T[]> => {
    const out: T[] = []
    for await (const item of stream) out.push(item)
    return out
  }

  it('watches confirmations, through a reorganisation', async () => {
    const watch = { txid: id, script: new Uint8Array(), confirmations: 3, heightHint: blockHeight(5) }
    expect(await collect(watchConfirmation(lnd, watch))).toEqual([
      { kind: 'confirmed', transaction: Uint8Array.of(1), height: 6 },
      { kind: 'reorged' },
      { kind: 'confirmed', transaction: Uint8Array.of(1), height: 8 },
    ])
  })

  it('tells a broken stream by its code', async () => {
    const watch = { outpoint: point, script: new Uint8Array(), heightHint: blockHeight(5) }
    const stream = watchSpend(lnd, watch)
    expect((await stream.next()).value).toEqual({
      kind: 'spent',
      transaction: Uint8Array.of(2),
      inputIndex: 1,
      height: 9,
    })
    await expect(stream.next()).rejects.toMatchObject({ code: 'LND_STARTING' })
  })

  it('follows blocks', async () => expect(await collect(watchBlocks(lnd))).toEqual([5, 4]))

  it('tolerates the refusals it is told to', async () => {
    const cancel = () => lnd.lightning.fundingStateStep({})
    await tolerating(['LND_NO_SHIM'], cancel())
    await expect(tolerating([], cancel())).rejects.toMatchObject({ code: 'LND_NO_SHIM' })
  })

  it('derives keys and reads versions', async () => {
    expect(await deriveNextKey(lnd, 220)).toEqual({ key: `02${'00'.repeat(31)}01`, locator: { family: 220, index: 3 } })
    const version = await getLndVersion(lnd)
    expect([
      isAtLeast(version, { major: 0, minor: 18, patch: 5 }),
      isAtLeast(version, { major: 0, minor: 20, patch: 2 }),
    ]).toEqual([true, false])
  })

  it('refuses a server with another certificate', async () => {
    const channel = openChannel({ address: lnd.channel.address, tls: { kind: 'system' } })
    await expect(createClient(services.lnrpc.State, channel).getState({})).rejects.toMatchObject({ code: 'RPC' })
    channel.close()
  })
})
