import { describe } from 'vitest'
import type { Stack } from '../harness/stack.ts'
import { accountsContract } from './accounts.contract.ts'
import { backupsContract } from './backups.contract.ts'
import { channelLimitsContract } from './channelLimits.contract.ts'
import { channelRefusalsContract } from './channelRefusals.contract.ts'
import { channelTrapsContract } from './channelTraps.contract.ts'
import { useContract } from './contract.ts'
import { keysContract } from './keys.contract.ts'
import { leasedChannelsContract } from './leasedChannels.contract.ts'
import { messagesContract } from './messages.contract.ts'
import { musig2Contract } from './musig2.contract.ts'
import { nodeContract } from './node.contract.ts'
import { notificationsContract } from './notifications.contract.ts'
import { psbtContract } from './psbt.contract.ts'
import { publishContract } from './publish.contract.ts'
import { sharedKeyContract } from './sharedKey.contract.ts'
import { walletContract } from './wallet.contract.ts'

/** What we rely on lnd for. The same assertions run on the simulator and on real nodes. */
export function everyContract(kind: Stack['kind']): void {
  describe(`lnd contract, ${kind}`, () => {
    const nodes = useContract(kind)
    nodeContract(nodes)
    keysContract(nodes)
    sharedKeyContract(nodes)
    messagesContract(nodes)
    walletContract(nodes)
    publishContract(nodes)
    notificationsContract(nodes)
    accountsContract(nodes)
    psbtContract(nodes)
    musig2Contract(nodes)
    leasedChannelsContract(nodes)
    backupsContract(nodes)
    channelRefusalsContract(nodes)
    channelTrapsContract(nodes)
    channelLimitsContract(nodes)
  })
}
