import type { NodeKey, OutPoint, PubKey } from '@tidepool/crypto'
import type { ChannelInfo } from '@tidepool/market'
import { BACKUP_KEY, channelInfo, checkBackup, decodeBackup, decryptBackup } from '../../core/channelBackup.ts'
import type { ChannelBackup } from '../../core/channelBackup.ts'
import type { LeasedChannel } from '../../core/channelShim.ts'
import type { Channels } from '../../ports/channels.ts'
import type { Wallet } from '../../ports/wallet.ts'

export interface InfoModules {
  readonly channels: Channels
  readonly wallet: Pick<Wallet, 'keyAt'>
  readonly nodeKey: NodeKey
}

/** Reads a pending channel's backup, compares it with the batch and says what the auctioneer must know of it. */
export async function readChannelInfo(channel: LeasedChannel, modules: InfoModules): Promise<ChannelInfo> {
  const backup = await readBackup(channel.shim.outpoint, modules)
  checkBackup(backup, channel)
  const paymentBase = await modules.wallet.keyAt(backup.localPaymentBase)
  return channelInfo(backup, modules.nodeKey, paymentBase)
}

/** What lnd keeps of one channel. @throws TraderError BACKUP_UNREADABLE */
export async function readBackup(
  outpoint: OutPoint,
  { channels, wallet }: Pick<InfoModules, 'channels' | 'wallet'>,
): Promise<ChannelBackup> {
  const blob = await channels.channelBackup(outpoint)
  const key: PubKey = await wallet.keyAt(BACKUP_KEY)
  return decodeBackup(decryptBackup(blob, key))
}

/** A wallet that is asked once for the key of all backups. */
export function knowingBackupKey(wallet: Pick<Wallet, 'keyAt'>): Pick<Wallet, 'keyAt'> {
  let known: Promise<PubKey> | undefined
  const ask = (): Promise<PubKey> => {
    const answer = wallet.keyAt(BACKUP_KEY)
    answer.catch(() => (known = undefined))
    return answer
  }
  return { keyAt: (locator) => (locator === BACKUP_KEY ? (known ??= ask()) : wallet.keyAt(locator)) }
}
