import type { NodeKey } from '@tidepool/crypto'
import type { LeasedChannel } from '../../core/channelShim.ts'
import { reasonOf } from '../../core/errors.ts'
import type { Channels } from '../../ports/channels.ts'
import { OVER } from '../../ports/clock.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'
import type { OnlinePeers } from './onlinePeers.ts'

export interface PeerModules {
  readonly channels: Pick<Channels, 'connectPeer'>
  readonly online: OnlinePeers
  readonly clock: Clock
  readonly logger: Logger
}

const CONNECT_SECONDS = 10
/** Wait for news before lnd is asked for a list. */
const LIST_AFTER_MS = 2000

/**
 * Connects to the makers of a batch and waits until all are online or the time is over; returns the nodes that are not.
 * The bidder connects; the asker too when its own node can only be reached by tor. Pool funding/manager.go
 */
export async function connectPeers(
  wanted: readonly LeasedChannel[],
  timeoutMs: number,
  modules: PeerModules,
): Promise<ReadonlySet<NodeKey>> {
  const { online, clock, logger } = modules
  const missing = new Set(wanted.map(({ peer }) => peer).filter((node) => !online.has(node)))
  if (missing.size === 0) return missing
  const end = new AbortController()
  void clock.sleep(timeoutMs, end.signal).then(() => end.abort(OVER))
  await online.until(() => true, end.signal)
  if (end.signal.aborted) {
    logger.warn('peers could not be watched', { waitedMs: timeoutMs })
    return missing
  }
  for (const node of missing) {
    if (!online.has(node)) void connect(node, addressesOf(node, wanted), end.signal, modules)
  }
  void clock.sleep(LIST_AFTER_MS, end.signal).then(() => (end.signal.aborted ? undefined : online.listAgain()))
  await online.until((nodes) => removeAll(missing, nodes), end.signal)
  end.abort(OVER)
  return missing
}

/** Whether none is left. */
function removeAll(missing: Set<NodeKey>, arrived: ReadonlySet<NodeKey>): boolean {
  for (const node of missing) if (arrived.has(node)) missing.delete(node)
  return missing.size === 0
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
