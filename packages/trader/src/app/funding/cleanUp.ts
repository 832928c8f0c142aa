import { toHex } from '@tidepool/crypto'
import type { Txid } from '@tidepool/crypto'
import { mayConfirm } from '../../core/batch.ts'
import type { Leftover } from '../../core/batch.ts'
import type { LeasedChannel } from '../../core/channelShim.ts'
import { reasonOf } from '../../core/errors.ts'
import type { Logger } from '../../ports/logger.ts'
import type { InfoModules } from './channelInfos.ts'
import { findStrays } from './strays.ts'

interface Modules extends InfoModules {
  readonly logger: Logger
}

/**
 * done: nothing of it is left. unsure: lnd has no such channel, or none yet, for an opening under way goes on by itself.
 * kept: its channels stay while the batch's transaction may still confirm. failed: lnd did not answer.
 */
export type CleanUp = 'done' | 'unsure' | 'kept' | 'failed'

/** What matters most when channels differ. */
const WEIGHT: Readonly<Record<CleanUp, number>> = { done: 0, unsure: 1, kept: 2, failed: 3 }

/** What is to stay. */
export interface Wanted {
  /** Pending channel ids of the batch under way, in hex; it may have those of the dropped one again. */
  readonly shims: ReadonlySet<string>
  /** Transactions whose channels are accounted for: batches, final or under way, and other leftovers. */
  readonly transactions: ReadonlySet<Txid>
}

/**
 * Takes back what lnd knows of a proposal that came to nothing: shims on both sides, because a stale one would silently
 * replace the next proposal's (spec lnd §11.4), channels that became pending, and strays. What fails can be done again.
 * Once we have signed, the channels stay: without them lnd could not use what the transaction may still fund.
 */
export async function cleanUp(leftover: Leftover, wanted: Wanted, modules: Modules): Promise<CleanUp> {
  const own = await forEach(leftover, modules, async (channel) => {
    const { pendingChannelId } = channel.shim
    if (!wanted.shims.has(toHex(pendingChannelId))) await modules.channels.cancelShim(pendingChannelId)
    return mayConfirm(leftover) ? 'kept' : abandon(channel, modules)
  })
  const others = await abandonStrays(leftover, wanted, modules)
  return WEIGHT[others] > WEIGHT[own] ? others : own
}

/** Usable ones go as well: whatever funds a channel that nobody told us of, it is not ours to rely on. */
async function abandonStrays(leftover: Leftover, wanted: Wanted, modules: Modules): Promise<CleanUp> {
  try {
    for (const { outpoint, peer, pending } of await findStrays(leftover, wanted.transactions, modules)) {
      modules.logger.warn('channel of a batch that was told differently to its maker, abandoned', { outpoint, peer })
      await modules.channels.abandonChannel(outpoint, pending ? 'pendingOnly' : 'zeroConf')
    }
    return 'done'
  } catch (error) {
    modules.logger.warn('no look at stray channels', { txid: leftover.txid, reason: reasonOf(error) })
    return 'failed'
  }
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

/** The batch transaction cannot exist. A zero-conf channel counts as open at once and needs the harder way. */
async function abandon(channel: LeasedChannel, modules: Modules): Promise<CleanUp> {
  const outcome = await modules.channels.abandonChannel(
    channel.shim.outpoint,
    channel.zeroConf ? 'zeroConf' : 'pendingOnly',
  )
  if (outcome === 'unknown') return 'unsure'
  if (outcome === 'confirmed') {
    const fields = { outpoint: channel.shim.outpoint, peer: channel.peer }
    modules.logger.warn('channel of a dropped batch is not pending any more, left alone', fields)
  }
  return 'done'
}
