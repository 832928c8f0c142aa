import { describe, expect, it } from 'vitest'
import { createClient, openChannel, services, STATUS } from '@tidepool/rpc'
import { readFileSync } from 'node:fs'
import type { Contract } from './contract.ts'
import { record, refused } from './words.ts'

export function nodeContract(nodes: () => Contract): void {
  describe('a node', () => {
    it('says who and where it is, and what it supports', async () => {
      const { lightning, node } = nodes().maker
      const info = await lightning.getInfo({})
      expect(info).toMatchObject({ identityPubkey: node.nodeKey, syncedToChain: true })
      expect(info.chains.map((chain) => chain.network)).toEqual(['regtest'])
      expect(info.uris).toEqual([expect.stringMatching(new RegExp(`^${node.nodeKey}@`))])
      const has = (bit: number): boolean => info.features.has(bit) || info.features.has(bit ^ 1)
      for (const bit of [12, 22, 44, 46, 50, 180, 2022]) expect(has(bit), `feature ${bit}`).toBe(true)
      const best = await nodes().maker.chainKit.getBestBlock({})
      expect(best.blockHeight).toBe(info.blockHeight)
      expect(Buffer.from(best.blockHash).reverse().toString('hex')).toBe(info.blockHash)
    })

    it('names its version and sub-servers', async () => {
      const version = await nodes().maker.version.getVersion({})
      expect(version.appMajor).toBe(0)
      expect(version.appMinor).toBeGreaterThanOrEqual(18)
      for (const tag of ['signrpc', 'walletrpc', 'chainrpc', 'invoicesrpc']) expect(version.buildTags).toContain(tag)
    })

    it('tells its state without a macaroon, and nothing else', async () => {
      const { endpoint } = nodes().maker.node
      const channel = openChannel({
        address: endpoint.address,
        tls: { kind: 'ca', pem: readFileSync(endpoint.tlsCertPath) },
      })
      const state = createClient(services.lnrpc.State, channel)
      expect(await state.getState({})).toEqual({ state: 'SERVER_ACTIVE' })
      const stream = record(state.subscribeState({}))
      await stream.next('the state', (each) => each.state === 'SERVER_ACTIVE')
      stream.cancel()
      const lightning = createClient(services.lnrpc.Lightning, channel)
      await refused(lightning.getInfo({}), 'expected 1 macaroon, got 0')
      channel.close()
    })

    it('refuses a macaroon that lacks the permission', async () => {
      const { lightning, node } = nodes().maker
      const { macaroon } = await lightning.bakeMacaroon({ permissions: [{ entity: 'info', action: 'read' }] })
      const channel = openChannel({
        address: node.endpoint.address,
        tls: { kind: 'ca', pem: readFileSync(node.endpoint.tlsCertPath) },
        macaroonHex: macaroon,
      })
      await createClient(services.lnrpc.Lightning, channel).getInfo({})
      await refused(createClient(services.lnrpc.Lightning, channel).listPeers({}), 'permission denied')
      channel.close()
    })

    it('connects to peers and tells when they come and go', async () => {
      const { maker, taker } = nodes()
      const events = record(maker.lightning.subscribePeerEvents({}))
      const host = taker.node.uri.split('@')[1] ?? ''
      const addr = { pubkey: taker.node.nodeKey, host }
      const { peers: before } = await maker.lightning.listPeers({})
      if (before.some((peer) => peer.pubKey === addr.pubkey)) {
        await maker.lightning.disconnectPeer({ pubKey: addr.pubkey })
        await events.next('offline', (event) => event.type === 'PEER_OFFLINE' && event.pubKey === addr.pubkey)
      }
      await maker.lightning.connectPeer({ addr, timeout: 10n })
      await events.next('online', (event) => event.type === 'PEER_ONLINE' && event.pubKey === addr.pubkey)
      events.cancel()
      const { peers } = await maker.lightning.listPeers({})
      expect(peers.map((peer) => peer.pubKey)).toContain(addr.pubkey)
      await refused(
        maker.lightning.connectPeer({ addr }),
        new RegExp(`^already connected to peer: ${addr.pubkey}@127\\.0\\.0\\.1:\\d+$`),
      )
      await refused(
        maker.lightning.connectPeer({ addr: { pubkey: maker.node.nodeKey, host } }),
        'cannot make connection to self',
      )
    })

    it('does not know nodes that nobody announced', async () => {
      const { lightning } = nodes().maker
      const pubKey = '0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798'
      await refused(lightning.getNodeInfo({ pubKey }), 'unable to find node', STATUS.NOT_FOUND)
    })
  })
}
