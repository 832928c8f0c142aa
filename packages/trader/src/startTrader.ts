import { blockCount, satoshi } from '@tidepool/crypto'
import { deriveSharedKey } from '@tidepool/rpc'
import { connectFromFiles, dryRunAddress } from './adapters/lnd/connect.ts'
import { LndChanges } from './adapters/lnd/accountChange.ts'
import { LndChain } from './adapters/lnd/chain.ts'
import { LndChannels } from './adapters/lnd/channels.ts'
import { checkLnd } from './adapters/lnd/node.ts'
import { LndSigner } from './adapters/lnd/signer.ts'
import { LndWallet } from './adapters/lnd/wallet.ts'
import { recoveryPorts } from './adapters/lnd/recovery.ts'
import type { RecoveryPorts } from './app/recovery/recovery.ts'
import type { MacaroonKeys } from './adapters/stock/macaroonKeys.ts'
import { runTrader } from './app/runTrader.ts'
import type { RunningTrader, TraderPorts } from './app/runTrader.ts'
import type { Config } from './config.ts'

export type StartModules = Pick<TraderPorts, 'ledger' | 'auctioneer' | 'clock' | 'random' | 'logger' | 'crash'> & {
  readonly userAgent: string
  readonly searchStore: RecoveryPorts['searchStore']
  readonly macaroonKeys: Pick<MacaroonKeys, 'readStock'>
}

/** One attempt to get going on lnd; what fails is undone. @throws StartupError with what is in the way */
export async function startTrader(config: Config, modules: StartModules): Promise<RunningTrader> {
  const { userAgent, searchStore, macaroonKeys, ...ports } = modules
  const { newNodesOnly, labelPrefix, batchVersion } = config
  const { minBackoffMs, maxBackoffMs } = config.auctioneer
  const lnd = connectFromFiles(config.lnd)
  try {
    const node = await checkLnd(lnd, { ...config.lnd, network: config.network })
    await macaroonKeys.readStock((locator, key) => deriveSharedKey(lnd, locator, key))
    const changes = new LndChanges(lnd, config.network)
    const running = await runTrader(
      {
        ...{ newNodesOnly, labelPrefix, batchVersion, minBackoffMs, maxBackoffMs, userAgent },
        maxExpiryAhead: blockCount(config.maxExpiryAhead),
        maxExecutionFee: { baseFee: satoshi(config.maxBaseFee), feeRatePpm: BigInt(config.maxFeePpm) },
      },
      {
        ...{ ...ports, node },
        wallet: new LndWallet(lnd, dryRunAddress(config.network)),
        signer: new LndSigner(lnd),
        changeWallet: changes,
        changeSigner: changes,
        channels: new LndChannels(lnd),
        chain: new LndChain(lnd, modules),
        recovery: recoveryPorts(lnd, config.network, searchStore),
      },
    )
    const stopAll = async (): Promise<void> => {
      await running.stop()
      lnd.close()
    }
    return { trader: running.trader, stop: stopAll }
  } catch (error) {
    lnd.close()
    throw error
  }
}
