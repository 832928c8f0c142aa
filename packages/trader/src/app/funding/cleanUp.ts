import type { Leftover } from '../../core/batch.ts'
import type { LeasedChannel } from '../../core/channelShim.ts'
import { reasonOf } from '../../core/errors.ts'
import type { Channels } from '../../ports/channels.ts'
import type { Logger } from '../../ports/logger.ts'

interface Modules {
  readonly channels: Channels
  readonly logger: Logger
}

/**
 * done: nothing of it is left. unsure: lnd has no such channel, or none yet, for an opening under way goes on by itself.
 * kept: a zero-conf channel counts as open, and stays while the batch's transaction may still confirm. failed: lnd did
 * not answer.
 */
export type CleanUp = 'done' | 'unsure' | 'kept' | 'failed'

/** What matters most when channels differ. */
const WEIGHT: Readonly<Record<CleanUp, number>> = { done: 0, unsure: 1, kept: 2, failed: 3 }

/**
 * Takes back what lnd knows of a proposal that came to nothing: shims on both sides, because a stale one would silently
 * replace the next proposal's (spec lnd §11.4), and channels that became pending.
 */
export function cleanUp(leftover: Leftover, modules: Modules): Promise<CleanUp> {
  return forEach(leftover, modules, async (channel) => {
    await modules.channels.cancelShim(channel.shim.pendingChannelId)
    return abandon(channel, leftover.signed, modules)
  })
}

/** Channels that became pending after the clean-up; a newer proposal may use the shims by now. */
export function sweep(leftover: Leftover, modules: Modules): Promise<CleanUp> {
  return forEach(leftover, modules, (channel) => abandon(channel, leftover.signed, modules))
}

async function forEach(
  leftover: Leftover,
  modules: Modules,
  work: (channel: LeasedChannel) => Promise<CleanUp>,
): Promise<CleanUp> {
  let worst: CleanUp = 'done'
  for (const channel of leftover.channels) {
    try {
      const outcome = await work(channel)
      if (WEIGHT[outcome] > WEIGHT[worst]) worst = outcome
    } catch (error) {
      worst = 'failed'
      const fields = { txid: leftover.txid, peer: channel.peer, reason: reasonOf(error) }
      modules.logger.warn('channel of a dropped batch not cleaned up', fields)
    }
  }
  return worst
}

/**
 * A zero-conf channel counts as open at once and needs the harder way, which is only safe while our signature never
 * left: then the batch transaction cannot exist.
 */
async function abandon(channel: LeasedChannel, signed: boolean, modules: Modules): Promise<CleanUp> {
  const how = channel.zeroConf && !signed ? 'zeroConf' : 'pendingOnly'
  const outcome = await modules.channels.abandonChannel(channel.shim.outpoint, how)
  if (outcome === 'unknown') return 'unsure'
  if (outcome === 'confirmed') {
    if (channel.zeroConf && signed) return 'kept'
    const fields = { outpoint: channel.shim.outpoint, peer: channel.peer }
    modules.logger.warn('channel of a dropped batch is not pending any more, left alone', fields)
  }
  return 'done'
}
