import type { NodeKey } from '@tidepool/crypto'
import type { LeasedChannel } from '../../core/channelShim.ts'
import { reasonOf } from '../../core/errors.ts'
import type { Channels } from '../../ports/channels.ts'
import { OVER } from '../../ports/clock.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'

export interface PeerModules {
  readonly channels: Channels
  readonly clock: Clock
  readonly logger: Logger
}

const CONNECT_SECONDS = 10

/**
 * Connects to the makers of a batch and waits until all are online or the time is over; returns the nodes that are not.
 * The bidder connects; the asker too when its own node can only be reached by tor. Pool funding/manager.go
 */
export async function connectPeers(
  wanted: readonly LeasedChannel[],
  timeoutMs: number,
  modules: PeerModules,
): Promise<ReadonlySet<NodeKey>> {
  const missing = new Set(wanted.map((channel) => channel.peer))
  if (missing.size === 0) return missing
  const end = new AbortController()
  void modules.clock.sleep(timeoutMs, end.signal).then(() => end.abort(OVER))
  try {
    // Subscribed before listing, so that nobody comes online unseen.
    const arriving = modules.channels.peersComingOnline(end.signal)
    const watching = removeArrivals(arriving, missing, end)
    watching.catch(() => undefined)
    for (const node of await modules.channels.onlinePeers()) missing.delete(node)
    if (missing.size > 0) {
      for (const node of [...missing]) void connect(node, addressesOf(node, wanted), end.signal, modules)
      await watching
    }
  } catch (error) {
    modules.logger.warn('peers could not be watched', { reason: reasonOf(error) })
  } finally {
    end.abort(OVER)
  }
  return missing
}

async function removeArrivals(
  arriving: AsyncIterable<NodeKey>,
  missing: Set<NodeKey>,
  end: AbortController,
): Promise<void> {
  try {
    for await (const node of arriving) {
      missing.delete(node)
      if (missing.size === 0) return
    }
  } catch (error) {
    if (!end.signal.aborted) throw error
  }
}

/** One address after the other, until one works. */
async function connect(
  node: NodeKey,
  addresses: readonly string[],
  signal: AbortSignal,
  modules: PeerModules,
): Promise<void> {
  for (const address of addresses) {
    if (signal.aborted) return
    try {
      await modules.channels.connectPeer(node, address, CONNECT_SECONDS)
      return
    } catch (error) {
      modules.logger.debug('peer not reached', { node, address, reason: reasonOf(error) })
    }
  }
}

function addressesOf(node: NodeKey, channels: readonly LeasedChannel[]): readonly string[] {
  const all = channels.filter((channel) => channel.peer === node).flatMap((channel) => channel.peerAddresses)
  return [...new Set(all.map((address) => address.addr))]
}
