import { fromHex, toHex } from '@tidepool/crypto'
import type { Handlers, lnrpc, ServerBidi } from '@tidepool/rpc'
import { exportBackup } from '../channels/backup.ts'
import type { ClosedChannel } from '../channels/channel.ts'
import { channelMessage, closedMessage, pendingMessage, pendingUpdate } from '../channels/channelMessages.ts'
import { channelPointOf, parseShim } from '../channels/intents.ts'
import { LndRefusal } from '../lndRefusal.ts'
import type { RunningNode } from '../node/runningNode.ts'
import { EventQueue } from '../util/eventQueue.ts'

type Served =
  | 'openChannel'
  | 'fundingStateStep'
  | 'channelAcceptor'
  | 'subscribeChannelEvents'
  | 'pendingChannels'
  | 'listChannels'
  | 'closedChannels'
  | 'abandonChannel'
  | 'exportChannelBackup'

export function channelService(node: RunningNode): Pick<Handlers<lnrpc.Lightning_Service>, Served> {
  return {
    openChannel: (request, { signal }) => openChannel(node, request, signal),
    fundingStateStep: async ({ trigger }) => fundingStateStep(node, trigger),
    channelAcceptor: (stream) => serveAcceptor(node, stream),
    subscribeChannelEvents: (_, { signal }) => node.life.events.subscribe(signal),
    pendingChannels: async () => ({
      pendingOpenChannels: node.store.pending().map((channel) => pendingMessage(channel, node.height())),
    }),
    listChannels: async (request) => ({ channels: listChannels(node, request) }),
    closedChannels: async (request) => ({
      channels: node.store
        .allClosed()
        .filter((closed) => isWanted(request, closed))
        .map(closedMessage),
    }),
    abandonChannel: async (request) => {
      if (request.channelPoint === undefined) throw new LndRefusal('chan point not set')
      const { txid, index } = channelPointOf(request.channelPoint)
      node.life.abandon(`${txid}:${index}`, request)
      return { status: `channel ${txid}:${index} abandoned` }
    },
    exportChannelBackup: async ({ chanPoint }) => {
      if (chanPoint === undefined) throw new LndRefusal('chan point not set')
      const { txid, index } = channelPointOf(chanPoint)
      const channel = node.store.get(`${txid}:${index}`)
      if (channel === undefined) throw new LndRefusal('unable to find target channel')
      const peerHost = node.state.options.network.hostOf(channel.peer)
      return { chanPoint, chanBackup: exportBackup(node.ring, channel, peerHost) }
    },
  }
}

/** The channel goes on when the caller leaves. */
function openChannel(
  node: RunningNode,
  request: lnrpc.OpenChannelRequest,
  signal: AbortSignal,
): AsyncIterable<lnrpc.OpenStatusUpdateInit> {
  const queue = new EventQueue<lnrpc.OpenStatusUpdateInit>(signal)
  node.opener.open(request).then(
    (channel) => {
      const pendingChanId = fromHex(channel.pendingId)
      queue.push({ update: { case: 'chanPending', value: pendingUpdate(channel) }, pendingChanId })
      node.life.follow(channel, queue)
    },
    (error: unknown) => queue.fail(error instanceof Error ? error : new Error(String(error))),
  )
  return queue
}

function fundingStateStep(
  node: RunningNode,
  trigger: lnrpc.FundingTransitionMsg['trigger'],
): lnrpc.FundingStateStepRespInit {
  switch (trigger?.case) {
    case 'shimRegister': {
      const { shim } = trigger.value
      if (shim?.case !== 'chanPointShim') throw new LndRefusal('only chan point shims are simulated', 12)
      const { pendingId, intent } = parseShim(node.ring, shim.value)
      node.intents.register(pendingId, intent)
      return {}
    }
    case 'shimCancel':
      node.intents.cancel(toHex(trigger.value.pendingChanId))
      return {}
    default:
      throw new LndRefusal('only shim_register and shim_cancel are simulated', 12)
  }
}

async function serveAcceptor(
  node: RunningNode,
  stream: ServerBidi<lnrpc.ChannelAcceptResponse, lnrpc.ChannelAcceptRequestInit>,
): Promise<void> {
  const acceptor = node.acceptors.add((question) => void stream.send(question))
  try {
    for await (const answer of stream) acceptor.answer(answer)
  } finally {
    acceptor.remove()
  }
}

function listChannels(node: RunningNode, request: lnrpc.ListChannelsRequest): readonly lnrpc.ChannelInit[] {
  if (request.activeOnly && request.inactiveOnly) {
    throw new LndRefusal('either `active_only` or `inactive_only` can be set, but not both')
  }
  if (request.publicOnly && request.privateOnly) {
    throw new LndRefusal('either `public_only` or `private_only` can be set, but not both')
  }
  const peer = toHex(request.peer)
  return node.store
    .open()
    .filter((channel) => (request.activeOnly ? channel.active : true))
    .filter((channel) => (request.inactiveOnly ? !channel.active : true))
    .filter((channel) => (request.publicOnly ? !channel.private : true))
    .filter((channel) => (request.privateOnly ? channel.private : true))
    .filter((channel) => peer === '' || channel.peer === peer)
    .map(channelMessage)
}

/** No filter set means all. */
function isWanted(request: lnrpc.ClosedChannelsRequest, { closeType }: ClosedChannel): boolean {
  const wanted: Record<ClosedChannel['closeType'], boolean> = {
    COOPERATIVE_CLOSE: request.cooperative,
    LOCAL_FORCE_CLOSE: request.localForce,
    REMOTE_FORCE_CLOSE: request.remoteForce,
    FUNDING_CANCELED: request.fundingCanceled,
    ABANDONED: request.abandoned,
  }
  return wanted[closeType] || !(Object.values(wanted).some(Boolean) || request.breach)
}
