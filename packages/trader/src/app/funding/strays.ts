import type { NodeKey, OutPoint, Txid } from '@tidepool/crypto'
import type { Leftover } from '../../core/batch.ts'
import type { ChannelBackup } from '../../core/channelBackup.ts'
import type { LeasedChannel } from '../../core/channelShim.ts'
import { readBackup } from './channelInfos.ts'
import type { InfoModules } from './channelInfos.ts'

/** A channel made with the keys of a dropped match, of a transaction we were not told of. */
export interface Stray {
  readonly outpoint: OutPoint
  readonly peer: NodeKey
  readonly pending: boolean
}

/**
 * The opener names the outpoint of a new channel, and lnd compares it with nothing (spec lnd §11.4). When the two sides
 * of a match were told different transactions, the taker gets a channel that is in no batch it knows.
 */
export async function findStrays(
  { channels }: Leftover,
  known: ReadonlySet<Txid>,
  modules: InfoModules,
): Promise<readonly Stray[]> {
  const taken = channels.filter(({ role }) => role === 'bidder')
  const makers = new Set(taken.map(({ peer }) => peer))
  if (makers.size === 0) return []
  const strays: Stray[] = []
  for (const { outpoint, peer, pending, fundingHeight } of await modules.channels.knownChannels()) {
    if (fundingHeight > 0 || !makers.has(peer) || known.has(outpoint.txid)) continue
    const backup = await readBackup(outpoint, modules)
    if (taken.some((channel) => hasKeysOf(backup, channel))) strays.push({ outpoint, peer, pending })
  }
  return strays
}

const hasKeysOf = ({ localFundingKey, remoteFundingKey }: ChannelBackup, { shim }: LeasedChannel): boolean =>
  localFundingKey.family === shim.localKey.family &&
  localFundingKey.index === shim.localKey.index &&
  remoteFundingKey === shim.remoteKey
