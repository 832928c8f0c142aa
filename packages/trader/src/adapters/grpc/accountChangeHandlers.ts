import { accountKey, blockHeight, satPerKWeight, satoshi, txidOf, txidToBytes, itemAt } from '@tidepool/crypto'
import type { BlockHeight, Txid } from '@tidepool/crypto'
import type { poolrpc } from '@tidepool/rpc'
import type { Changed, CloseDestination } from '../../app/changes/accountChanges.ts'
import { freeBalance } from '../../app/trader.ts'
import type { Trader } from '../../app/trader.ts'
import { readLabel } from '../../app/txLabel.ts'
import { invalid } from '../../core/errors.ts'
import type { HandlerModules, TraderHandlers } from './handlerModules.ts'
import { accountToWire, versionFromWire } from './wireAccount.ts'

/** Deposit, withdraw, renew, close, pay more, and what all that cost. */
export function accountChangeHandlers(modules: HandlerModules): TraderHandlers {
  return {
    depositAccount: async (request) => {
      const trader = modules.trader()
      const changed = await trader.changes.deposit(accountKey(request.traderKey), {
        amount: satoshi(request.amountSat),
        ...commonOf(request, trader.height.best),
      })
      return { account: changedToWire(trader, changed), depositTxid: txidToBytes(changed.txid) }
    },
    withdrawAccount: async (request) => {
      const trader = modules.trader()
      const changed = await trader.changes.withdraw(accountKey(request.traderKey), {
        outputs: request.outputs.map((output) => outputOf(output, trader)),
        ...commonOf(request, trader.height.best),
      })
      return { account: changedToWire(trader, changed), withdrawTxid: txidToBytes(changed.txid) }
    },
    renewAccount: async (request) => {
      const trader = modules.trader()
      const { expiry, ...common } = commonOf(request, trader.height.best)
      if (expiry === undefined) throw invalid('account_expiry', 'an absolute or relative height is needed')
      const changed = await trader.changes.renew(accountKey(request.accountKey), { ...common, expiry })
      return { account: changedToWire(trader, changed), renewalTxid: txidToBytes(changed.txid) }
    },
    closeAccount: async ({ traderKey, fundsDestination }) => {
      const trader = modules.trader()
      const txid = await trader.changes.close(accountKey(traderKey), destinationOf(fundsDestination, trader))
      return { closeTxid: txidToBytes(txid) }
    },
    bumpAccountFee: async ({ traderKey, feeRateSatPerKw }) => {
      await modules.trader().changes.bumpFee(accountKey(traderKey), satPerKWeight(feeRateSatPerKw))
      return {}
    },
    accountModificationFees: async () => ({ accounts: await feesByAccount(modules.trader()) }),
  }
}

interface CommonFields {
  readonly feeRateSatPerKw: bigint
  readonly accountExpiry: poolrpc.DepositAccountRequest['accountExpiry']
  readonly newVersion: poolrpc.DepositAccountRequest['newVersion']
}

/** Version 0 on the wire is the newest: such a change upgrades the account on its way, as the stock daemon does. */
function commonOf({ feeRateSatPerKw, accountExpiry, newVersion }: CommonFields, best: BlockHeight) {
  return {
    feeRate: satPerKWeight(feeRateSatPerKw),
    version: versionFromWire(newVersion),
    expiry: expiryOf(accountExpiry, best),
  }
}

/** undefined leaves the expiry as it is; so does a height of zero. */
function expiryOf(expiry: CommonFields['accountExpiry'], best: BlockHeight): BlockHeight | undefined {
  if (expiry === undefined || expiry.value === 0) return undefined
  return expiry.case === 'absoluteExpiry' ? blockHeight(expiry.value) : blockHeight(best + expiry.value)
}

const outputOf = ({ valueSat, address }: poolrpc.Output, { changeWallet }: Trader) => ({
  value: satoshi(valueSat),
  script: changeWallet.scriptOf(address),
})

function destinationOf(destination: poolrpc.CloseAccountRequest['fundsDestination'], trader: Trader): CloseDestination {
  if (destination === undefined) throw invalid('funds_destination', 'an output with a fee, or outputs, are needed')
  if (destination.case === 'outputs') {
    const { outputs } = destination.value
    return { kind: 'list', outputs: outputs.map((output) => outputOf(output, trader)) }
  }
  const { address, fees } = destination.value
  const script = address === '' ? undefined : trader.changeWallet.scriptOf(address)
  if (fees === undefined) throw invalid('fees', 'a confirmation target or a fee rate is needed')
  if (fees.case === 'feeRateSatPerKw') {
    return { kind: 'one', script, fee: { kind: 'rate', rate: satPerKWeight(fees.value) } }
  }
  if (fees.value < 1) throw invalid('conf_target', 'at least 1')
  return { kind: 'one', script, fee: { kind: 'target', blocks: fees.value } }
}

const changedToWire = (trader: Trader, { account, terms }: Changed): poolrpc.AccountInit =>
  accountToWire(account, freeBalance(trader, account, terms.executionFee))

type FeeList = { modificationFees: poolrpc.AccountModificationFeeInit[] }

/** From the labels in lnd's history; what is not ours, or was cut, is left out. */
async function feesByAccount(trader: Trader): Promise<ReadonlyMap<string, FeeList>> {
  const byAccount = new Map<string, FeeList>()
  for (const { tx, label, height, timestamp } of await trader.changeWallet.history()) {
    const read = readLabel(label)
    if (read === undefined) continue
    const list = byAccount.get(read.key) ?? { modificationFees: [] }
    byAccount.set(read.key, list)
    const txid: Txid = txidOf(tx)
    list.modificationFees.push({
      ...{ action: read.action, txid, blockHeight: height, timestamp },
      outputAmount: itemAt(tx.outputs, read.outputIndex)?.value ?? 0n,
      fee: read.fee === undefined ? { case: 'feeNull', value: true } : { case: 'feeValue', value: read.fee },
    })
  }
  return byAccount
}
