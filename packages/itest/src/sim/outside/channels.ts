import { fromHex, toHex } from '@tidepool/crypto'
import { channelScript, makeLocalKeys } from '@tidepool/simnet'
import type { Channel, LocalKeys } from '@tidepool/simnet'
import type { ChannelShim, OpenRequest } from '@tidepool/trader'
import type { SimNode } from './node.ts'

/** The type a request leads to; unspecified ones are negotiated to anchors. */
export function typeOf(request: Pick<OpenRequest, 'commitment'>): Channel['type'] {
  switch (request.commitment) {
    case 'scriptEnforcedLease':
      return 'SCRIPT_ENFORCED_LEASE'
    case 'simpleTaproot':
      return 'SIMPLE_TAPROOT'
    case 'unspecified':
      return 'ANCHORS'
  }
}

/** Both sides of a new channel; the outpoint is the opener's. */
export function channelOf(
  request: OpenRequest,
  shims: { readonly ours: ChannelShim; readonly theirs: ChannelShim },
  nodes: { readonly from: SimNode; readonly peer: SimNode; readonly height: number },
): readonly [Channel, Channel] {
  const { ours, theirs } = shims
  const { from, peer, height } = nodes
  const mine = makeLocalKeys(from.keys, ours.localKey)
  const others = makeLocalKeys(peer.keys, theirs.localKey)
  const side = (initiator: boolean, shim: ChannelShim, local: LocalKeys, remote: LocalKeys): Channel => ({
    point: `${ours.outpoint.txid}:${ours.outpoint.index}`,
    txid: ours.outpoint.txid,
    index: ours.outpoint.index,
    peer: initiator ? peer.key : from.key,
    pendingId: toHex(ours.pendingChannelId),
    initiator,
    type: typeOf(request),
    capacity: ours.capacity,
    push: request.push,
    private: request.unannounced,
    zeroConf: request.zeroConf,
    thawHeight: shim.thawHeight,
    local,
    remote: remote.keys,
    fundingScript: channelScript(typeOf(request), shim.musig2, local.keys.multiSig, fromHex(shim.remoteKey)),
    depth: 3,
    broadcastHeight: height,
    aliasScid: 0n,
    peerAliasScid: 0n,
    state: request.zeroConf ? 'open' : 'pending',
    active: true,
    confirmed: undefined,
  })
  return [side(true, ours, mine, others), side(false, theirs, others, mine)]
}
