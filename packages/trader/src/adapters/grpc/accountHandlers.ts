import { blockHeight, satPerKWeight, satoshi } from '@tidepool/crypto'
import type { BlockHeight, SatPerKWeight } from '@tidepool/crypto'
import { checkAccountValue } from '@tidepool/market'
import type { FeeSchedule } from '@tidepool/market'
import type { poolrpc } from '@tidepool/rpc'
import { atLeastFloor } from '../../app/accountOpening.ts'
import { freeBalance } from '../../app/trader.ts'
import type { Trader } from '../../app/trader.ts'
import { isActive } from '../../core/account.ts'
import { StartupError, invalid } from '../../core/errors.ts'
import { userAgent } from './handlerModules.ts'
import type { HandlerModules, TraderHandlers } from './handlerModules.ts'
import { accountToWire, versionFromWire } from './wireAccount.ts'

/** Quote, open and list accounts. */
export function accountHandlers(modules: HandlerModules): TraderHandlers {
  return {
    quoteAccount: async (request) => {
      const trader = modules.trader()
      const target = request.fees?.value ?? 0
      if (target < 1) throw invalid('conf_target', 'at least 1')
      const value = satoshi(request.accountValue)
      checkAccountValue(value, (await trader.auctioneer.terms()).maxAccountValue)
      const [rate, total] = await Promise.all([
        trader.wallet.estimateFeeRate(target),
        trader.wallet.estimateSendFee(value, target),
      ])
      return { minerFeeRateSatPerKw: rate, minerFeeTotal: total }
    },
    initAccount: async (request) => {
      const trader = modules.trader()
      const account = await trader.accounts.open(
        {
          value: satoshi(request.accountValue),
          expiry: expiryOf(request.accountExpiry, trader.height.best),
          version: versionFromWire(request.version),
          feeRate: await feeRateOf(request.fees, trader),
        },
        userAgent(modules.version, request.initiator),
      )
      return accountToWire(account, 0n)
    },
    listAccounts: async ({ activeOnly }) => {
      const trader = modules.trader()
      // By key, as the stock daemon lists them.
      const all = [...trader.ledger.accounts.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1))
      const accounts = all.filter((account) => !activeOnly || isActive(account))
      const executionFee = await feesInForce(trader)
      return { accounts: accounts.map((account) => accountToWire(account, freeBalance(trader, account, executionFee))) }
    },
  }
}

/** Accounts are shown without the auctioneer too: the orders' own terms say then what they reserve. */
async function feesInForce(trader: Trader): Promise<FeeSchedule> {
  try {
    return (await trader.auctioneer.terms()).executionFee
  } catch (error) {
    if (!(error instanceof StartupError)) throw error
    const stored = [...trader.ledger.orders.values()].map(({ terms }) => terms)
    const max = (of: (terms: FeeSchedule) => bigint): bigint => stored.map(of).reduce((a, b) => (a > b ? a : b), 0n)
    return { baseFee: satoshi(max(({ baseFee }) => baseFee)), feeRatePpm: max(({ feeRatePpm }) => feeRatePpm) }
  }
}

/** Exactly one of the two forms, and not zero. @throws TraderError REQUEST_INVALID */
function expiryOf(expiry: poolrpc.InitAccountRequest['accountExpiry'], best: BlockHeight): BlockHeight {
  if (expiry === undefined || expiry.value === 0)
    throw invalid('account_expiry', 'an absolute or relative height is needed')
  return expiry.case === 'absoluteHeight' ? blockHeight(expiry.value) : blockHeight(best + expiry.value)
}

async function feeRateOf(fees: poolrpc.InitAccountRequest['fees'], trader: Trader): Promise<SatPerKWeight> {
  if (fees === undefined) throw invalid('fees', 'a confirmation target or a fee rate is needed')
  if (fees.case === 'feeRateSatPerKw') return satPerKWeight(fees.value)
  if (fees.value < 1) throw invalid('conf_target', 'at least 1')
  return atLeastFloor(await trader.wallet.estimateFeeRate(fees.value))
}
