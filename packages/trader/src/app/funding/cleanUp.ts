import type { Leftover } from '../../core/batch.ts'
import type { LeasedChannel } from '../../core/channelShim.ts'
import { reasonOf } from '../../core/errors.ts'
import type { Channels } from '../../ports/channels.ts'
import type { Logger } from '../../ports/logger.ts'

/**
 * Takes back what lnd knows of a proposal that came to nothing: shims on both sides, because a stale one would silently
 * replace the next proposal's (spec lnd §11.4), and channels that became pending. True when nothing is left.
 */
export async function cleanUp(
  leftover: Leftover,
  modules: { readonly channels: Channels; readonly logger: Logger },
): Promise<boolean> {
  let clean = true
  for (const channel of leftover.channels) {
    try {
      await modules.channels.cancelShim(channel.shim.pendingChannelId)
      clean = (await abandon(channel, leftover.signed, modules)) && clean
    } catch (error) {
      clean = false
      modules.logger.warn('channel of a dropped batch not cleaned up', {
        txid: leftover.txid,
        peer: channel.peer,
        reason: reasonOf(error),
      })
    }
  }
  return clean
}

/**
 * A zero-conf channel counts as open at once and needs the harder way, which is only safe while our signature never
 * left: then the batch transaction cannot exist.
 */
async function abandon(
  channel: LeasedChannel,
  signed: boolean,
  modules: { readonly channels: Channels; readonly logger: Logger },
): Promise<boolean> {
  const how = channel.zeroConf && !signed ? 'zeroConf' : 'pendingOnly'
  const outcome = await modules.channels.abandonChannel(channel.shim.outpoint, how)
  if (outcome !== 'confirmed') return true
  modules.logger.warn('channel of a dropped batch is not pending any more, left alone', {
    outpoint: channel.shim.outpoint,
    peer: channel.peer,
  })
  return true
}
