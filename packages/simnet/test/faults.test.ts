import { describe, expect, it } from 'vitest'
import { RpcError, STATUS } from '@tidepool/rpc'
import { HEALTHY } from '../src/index.ts'
import { clientsOf, useSimnet } from './nodeUnderTest.ts'

async function refusal(call: Promise<unknown>): Promise<{ status: number; text: string }> {
  const error = await call.catch((failure: unknown) => failure)
  if (!(error instanceof RpcError)) throw new Error('a refusal was expected')
  return { status: error.status, text: error.detail.details }
}

describe('faults', () => {
  const simnet = useSimnet({ nodes: ['node'] })

  it('a locked wallet tells its state and nothing else', async () => {
    const { state, lightning, signer, channel } = clientsOf(simnet(), 'node')
    simnet().node('node').state.faults = { ...HEALTHY, walletLocked: true }
    expect(await state.getState({})).toEqual({ state: 'LOCKED' })
    const locked = { status: STATUS.UNKNOWN, text: 'wallet locked, unlock it to enable full RPC access' }
    expect(await refusal(lightning.getInfo({}))).toEqual(locked)
    expect(await refusal(signer.signMessage({}))).toEqual(locked)
    simnet().node('node').state.faults = HEALTHY
    expect((await lightning.getInfo({})).syncedToChain).toBe(true)
    channel.close()
  })

  it('a missing sub-server is UNIMPLEMENTED, and missing from the build tags', async () => {
    await simnet().stopNode('node')
    await simnet().startNode('node', { ...HEALTHY, missingSubservers: ['signrpc'] })
    const { signer, walletKit, version, channel } = clientsOf(simnet(), 'node')
    expect((await refusal(signer.signMessage({}))).status).toBe(STATUS.UNIMPLEMENTED)
    await walletKit.deriveNextKey({ keyFamily: 220 })
    expect((await version.getVersion({})).buildTags).toEqual(['walletrpc', 'chainrpc', 'invoicesrpc'])
    channel.close()
    await simnet().stopNode('node')
    await simnet().startNode('node')
  })

  it('another network, version, features, no address', async () => {
    const { lightning, version, channel } = clientsOf(simnet(), 'node')
    simnet().node('node').state.faults = {
      ...HEALTHY,
      network: 'testnet',
      version: '0.17.5-beta.rc1',
      noUris: true,
      missingFeatures: [51],
    }
    const info = await lightning.getInfo({})
    expect(info.chains).toMatchObject([{ network: 'testnet' }])
    expect(info.uris).toEqual([])
    expect(info.features.has(51)).toBe(false)
    expect(info.features.has(47)).toBe(true)
    expect(await version.getVersion({})).toMatchObject({ appMinor: 17, appPatch: 5, appPreRelease: 'beta.rc1' })
    simnet().node('node').state.faults = HEALTHY
    channel.close()
  })

  it('behind the chain: no streams, no channels', async () => {
    const { state, lightning, notifier, channel } = clientsOf(simnet(), 'node')
    simnet().node('node').state.faults = { ...HEALTHY, notSynced: true }
    expect(await state.getState({})).toEqual({ state: 'RPC_ACTIVE' })
    expect((await lightning.getInfo({})).syncedToChain).toBe(false)
    const blocks = notifier.registerBlockEpochNtfn({})[Symbol.asyncIterator]().next()
    expect((await refusal(blocks)).text).toBe('chain notifier RPC is still in the process of starting')
    const open = lightning.openChannel({})[Symbol.asyncIterator]().next()
    expect((await refusal(open)).text).toBe('server is still in the process of starting')
    simnet().node('node').state.faults = HEALTHY
    channel.close()
  })

  it('a stopped node is unreachable, and the same afterwards', async () => {
    const before = clientsOf(simnet(), 'node')
    const { identityPubkey } = await before.lightning.getInfo({})
    const { addr } = await before.walletKit.nextAddr({ type: 'TAPROOT_PUBKEY' })
    await simnet().stopNode('node')
    expect((await refusal(before.lightning.getInfo({}, { deadlineMs: 500 }))).status).not.toBe(STATUS.OK)
    before.channel.close()
    await simnet().startNode('node')
    const after = clientsOf(simnet(), 'node')
    expect((await after.lightning.getInfo({})).identityPubkey).toBe(identityPubkey)
    expect((await after.walletKit.nextAddr({ type: 'TAPROOT_PUBKEY' })).addr).not.toBe(addr)
    after.channel.close()
  })

  it('foreign and mangled macaroons are refused in lnd’s words', async () => {
    const foreign = Buffer.from(simnet().node('node').adminMacaroon)
    foreign[foreign.length - 1] = (foreign.at(-1) ?? 0) ^ 1
    const texts = []
    for (const hex of [foreign.toString('hex'), '00', null]) {
      const { lightning, channel } = clientsOf(simnet(), 'node', hex)
      texts.push((await refusal(lightning.getInfo({}))).text)
      channel.close()
    }
    expect(texts).toEqual([
      'verification failed: signature mismatch after caveat verification',
      'unmarshal v2: varint value extends past end of buffer',
      'expected 1 macaroon, got 0',
    ])
  })

  it('what is not simulated answers UNIMPLEMENTED', async () => {
    const { lightning, channel } = clientsOf(simnet(), 'node')
    expect((await refusal(lightning.queryRoutes({}))).status).toBe(STATUS.UNIMPLEMENTED)
    channel.close()
  })
})
