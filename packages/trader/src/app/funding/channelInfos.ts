import type { NodeKey, PubKey } from '@tidepool/crypto'
import type { ChannelInfo } from '@tidepool/market'
import { BACKUP_KEY, channelInfo, checkBackup, decodeBackup, decryptBackup } from '../../core/channelBackup.ts'
import type { LeasedChannel } from '../../core/channelShim.ts'
import type { Channels } from '../../ports/channels.ts'
import type { Wallet } from '../../ports/wallet.ts'

export interface InfoModules {
  readonly channels: Channels
  readonly wallet: Wallet
  readonly nodeKey: NodeKey
}

/** Reads a pending channel's backup, compares it with the batch and says what the auctioneer must know of it. */
export async function readChannelInfo(channel: LeasedChannel, modules: InfoModules): Promise<ChannelInfo> {
  const blob = await modules.channels.channelBackup(channel.shim.outpoint)
  const key: PubKey = await modules.wallet.keyAt(BACKUP_KEY)
  const backup = decodeBackup(decryptBackup(blob, key))
  checkBackup(backup, channel)
  const paymentBase = await modules.wallet.keyAt(backup.localPaymentBase)
  return channelInfo(backup, modules.nodeKey, paymentBase)
}
