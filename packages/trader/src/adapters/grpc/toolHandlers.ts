import { accountKey, idToBytes } from '@tidepool/crypto'
import type { AccountKey } from '@tidepool/crypto'
import type { Handlers, tidepool } from '@tidepool/rpc'
import { atLeastFloor } from '../../app/accountOpening.ts'
import { exitKits } from '../../app/exitKits.ts'
import { invalid } from '../../core/errors.ts'
import type { HandlerModules } from './handlerModules.ts'
import { recoverFromChainStream, recoveryOf } from './recoveryHandlers.ts'

/** What this daemon can do beyond the stock API. */
export function toolHandlers(modules: HandlerModules): Partial<Handlers<tidepool.TraderTools_Service>> {
  return {
    recoverFromChain: (request, { signal }) => recoverFromChainStream(modules, request, signal),
    exitKits: async ({ traderKeys }) => {
      const { ledger, changeWallet } = modules.trader()
      const { network } = recoveryOf(modules)
      const kits = await exitKits(traderKeys.map(keyOf), { ledger, changeWallet, network })
      return { kits: kits.map(({ key, kit }) => ({ ...kit, traderKey: idToBytes(key) })) }
    },
    estimateFeeRate: async ({ confTarget }) => {
      if (confTarget < 1) throw invalid('conf_target', 'at least 1')
      return { feeRateSatPerKw: atLeastFloor(await modules.trader().wallet.estimateFeeRate(confTarget)) }
    },
  }
}

function keyOf(bytes: Uint8Array): AccountKey {
  try {
    return accountKey(bytes)
  } catch {
    throw invalid('trader_keys', 'expected 33 bytes of a compressed public key')
  }
}
