import type { lnrpc } from '@tidepool/rpc'
import { LndRefusal } from '../lndRefusal.ts'

/** What the peer network knows of a node. */
export interface NetworkNode {
  /** 66 hex digits. */
  readonly pubkey: string
  /** host:port other nodes reach it at. */
  readonly host: string
  readonly isRunning: () => boolean
  readonly onPeer: (pubkey: string, online: boolean) => void
}

export interface Connection {
  readonly pubkey: string
  readonly address: string
  readonly inbound: boolean
}

/** Who is connected to whom. Connections of a node end when it stops. */
export class PeerNetwork {
  private readonly nodes = new Map<string, NetworkNode>()
  /** By node: its peers, and whether they opened the connection. */
  private readonly links = new Map<string, Map<string, boolean>>()

  join(node: NetworkNode): void {
    this.nodes.set(node.pubkey, node)
  }

  connected(a: string, b: string): boolean {
    return this.links.get(a)?.has(b) === true
  }

  /** @throws LndRefusal in lnd's words */
  connect(from: string, to: string, host: string): void {
    if (from === to) throw new LndRefusal('cannot make connection to self')
    if (this.connected(from, to)) throw new LndRefusal(`already connected to peer: ${to}@${host}`)
    const target = this.nodes.get(to)
    if (target === undefined || !target.isRunning() || target.host !== host) {
      throw new LndRefusal(`dial tcp ${host}: connect: connection refused`)
    }
    this.link(from, to, false)
    this.link(to, from, true)
    this.nodes.get(from)?.onPeer(to, true)
    target.onPeer(from, true)
  }

  disconnect(a: string, b: string): void {
    if (!this.connected(a, b)) return
    this.links.get(a)?.delete(b)
    this.links.get(b)?.delete(a)
    this.nodes.get(a)?.onPeer(b, false)
    this.nodes.get(b)?.onPeer(a, false)
  }

  disconnectAll(pubkey: string): readonly string[] {
    const peers = this.peersOf(pubkey).map((peer) => peer.pubkey)
    for (const peer of peers) this.disconnect(pubkey, peer)
    return peers
  }

  /** lnd reconnects by itself to peers it has channels with. */
  reconnect(from: string, to: string): void {
    const target = this.nodes.get(to)
    if (target?.isRunning() === true && !this.connected(from, to)) this.connect(from, to, target.host)
  }

  peersOf(pubkey: string): readonly Connection[] {
    return [...(this.links.get(pubkey) ?? [])].map(([peer, inbound]) => ({
      pubkey: peer,
      inbound,
      address: this.hostOf(peer),
    }))
  }

  hostOf(pubkey: string): string {
    return this.nodes.get(pubkey)?.host ?? ''
  }

  private link(node: string, peer: string, inbound: boolean): void {
    const known = this.links.get(node)
    if (known === undefined) this.links.set(node, new Map([[peer, inbound]]))
    else known.set(peer, inbound)
  }
}

export const peerMessage = (peer: Connection): lnrpc.PeerInit => ({
  pubKey: peer.pubkey,
  address: peer.address,
  inbound: peer.inbound,
  syncType: peer.inbound ? 'PASSIVE_SYNC' : 'ACTIVE_SYNC',
})
