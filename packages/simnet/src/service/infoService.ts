import type { Handlers, lnrpc } from '@tidepool/rpc'
import { LndRefusal } from '../lndRefusal.ts'
import { peerMessage } from '../node/peers.ts'
import type { RunningNode } from '../node/runningNode.ts'
import { SIMULATED_VERSION } from './stateService.ts'

/** Feature bits lnd 0.20 announces with the settings of our stacks; even bits are required. */
const FEATURES: readonly (readonly [number, string])[] = [
  [0, 'data-loss-protect'],
  [5, 'upfront-shutdown-script'],
  [7, 'gossip-queries'],
  [8, 'tlv-onion'],
  [12, 'static-remote-key'],
  [14, 'payment-addr'],
  [17, 'multi-path-payments'],
  [19, 'wumbo-channels'],
  [23, 'anchors-zero-fee-htlc-tx'],
  [25, 'route-blinding'],
  [27, 'shutdown-any-segwit'],
  [31, 'amp'],
  [35, 'quiescence'],
  [45, 'explicit-commitment-type'],
  [47, 'scid-alias'],
  [51, 'zero-conf'],
  [181, 'simple-taproot-chans-x'],
  [2023, 'script-enforced-lease'],
]

type Served = 'getInfo' | 'connectPeer' | 'disconnectPeer' | 'listPeers' | 'subscribePeerEvents' | 'getNodeInfo'

export function infoService(node: RunningNode): Pick<Handlers<lnrpc.Lightning_Service>, Served> {
  const { network } = node.state.options
  return {
    getInfo: async () => getInfo(node),
    connectPeer: async ({ addr }) => {
      const { pubkey = '', host = '' } = addr ?? {}
      network.connect(node.pubkey, pubkey, host)
      return { status: `connection to ${pubkey}@${host} initiated` }
    },
    disconnectPeer: async ({ pubKey }) => {
      if (!node.isConnected(pubKey)) {
        throw new LndRefusal(`unable to disconnect peer: peer ${pubKey} is not connected`)
      }
      network.disconnect(node.pubkey, pubKey)
      return { status: 'disconnect initiated' }
    },
    listPeers: async () => ({ peers: network.peersOf(node.pubkey).map(peerMessage) }),
    subscribePeerEvents: (_, { signal }) => node.peerEvents.subscribe(signal),
    getNodeInfo: async ({ pubKey }) => {
      const known = pubKey === node.pubkey || node.store.open().some((channel) => channel.peer === pubKey)
      if (!known) throw new LndRefusal('unable to find node', 5)
      const channels = node.store.open().filter((channel) => pubKey === node.pubkey || channel.peer === pubKey)
      const totalCapacity = channels.reduce((sum, channel) => sum + channel.capacity, 0n)
      return { node: { pubKey }, numChannels: channels.length, totalCapacity }
    },
  }
}

function getInfo(node: RunningNode): lnrpc.GetInfoResponseInit {
  const { chain, faults, store } = node
  const { host, name, network } = node.state.options
  const features = new Map(
    FEATURES.filter(([bit]) => !faults.missingFeatures.includes(bit)).map(([bit, feature]) => [
      bit,
      { name: feature, isRequired: bit % 2 === 0, isKnown: true },
    ]),
  )
  const open = store.open()
  return {
    version: `${faults.version || SIMULATED_VERSION} commit=simnet`,
    identityPubkey: node.pubkey,
    alias: name,
    numPendingChannels: store.pending().length,
    numActiveChannels: open.filter((channel) => channel.active).length,
    numInactiveChannels: open.filter((channel) => !channel.active).length,
    numPeers: network.peersOf(node.pubkey).length,
    blockHeight: chain.height,
    blockHash: chain.tip.hash,
    bestHeaderTimestamp: BigInt(chain.tip.time),
    syncedToChain: node.isSynced(),
    syncedToGraph: node.isSynced(),
    chains: [{ chain: 'bitcoin', network: faults.network || 'regtest' }],
    uris: faults.noUris ? [] : [`${node.pubkey}@${host}`],
    features,
  }
}
