import { accountKey, addressToScript, satPerKWeight, satoshi } from '@tidepool/crypto'
import type { Network } from '@tidepool/crypto'
import { inField } from '@tidepool/rpc'
import type { Handlers, tidepool } from '@tidepool/rpc'
import type { AccountLife, AdminQueries } from '../../app/admin.ts'
import type { Auctioneer } from '../../app/auctioneer.ts'
import type { SignedChange } from '../../core/account.ts'
import type { AccountStep } from '../../core/accountHistory.ts'
import { accountToWire, masterToWire, orderToWire, snake } from './adminViews.ts'

type AccountHandlers = Pick<Handlers<tidepool.Admin_Service>, 'getAccount' | 'topUpMaster' | 'withdrawMaster'>

/** One trader's account in full, and the operator's changes of the auctioneer's own. */
export function accountHandlers(auctioneer: Auctioneer, queries: AdminQueries, network: string): AccountHandlers {
  const { masterChanges, masterKey, ledger } = auctioneer
  const answer = (txid: string): tidepool.MasterChangeResponseInit => ({
    txid,
    masterAccount: masterToWire(ledger, masterKey.key),
  })
  return {
    getAccount: async (request) =>
      lifeToWire(await queries.account(inField('account_key', () => accountKey(request.accountKey)))),
    topUpMaster: async ({ amountSat, feeRateSatPerKw }) => {
      const amount = inField('amount_sat', () => satoshi(amountSat))
      return answer(await masterChanges.topUp(amount, rateOf(feeRateSatPerKw)))
    },
    withdrawMaster: async ({ amountSat, address, feeRateSatPerKw }) => {
      const value = inField('amount_sat', () => satoshi(amountSat))
      const script = inField('address', () => addressToScript(address, addressNetwork(network)))
      return answer(await masterChanges.withdraw({ value, script }, rateOf(feeRateSatPerKw)))
    },
  }
}

/** Signet and every testnet share one form of address. */
const addressNetwork = (name: string): Network =>
  name === 'mainnet' || name === 'regtest' || name === 'simnet' ? name : 'testnet'

const rateOf = (rate: bigint): ReturnType<typeof satPerKWeight> | undefined =>
  rate === 0n ? undefined : satPerKWeight(rate)

const lifeToWire = (life: AccountLife): tidepool.GetAccountResponseInit => ({
  account: accountToWire(life),
  why: life.why,
  steps: life.steps.map(stepToWire),
  signedChanges: life.record.changes.map(changeToWire),
  openOrders: life.orders.map(orderToWire),
})

const stepToWire = (step: AccountStep): tidepool.AdminAccountStepInit => ({
  sequence: step.sequence,
  blockHeight: step.height,
  event: step.event,
  state: snake(step.state),
  txid: step.outpoint.txid,
  outputIndex: step.outpoint.index,
  valueSat: step.value,
  expiry: step.expiry,
  version: step.version,
})

const changeToWire = ({ kind, txid, next, fee, signedAt }: SignedChange): tidepool.AdminSignedChangeInit => ({
  kind,
  txid,
  valueSat: next?.value ?? 0n,
  expiry: next?.expiry ?? 0,
  version: next?.version ?? 0,
  feeSat: fee,
  signedAtHeight: signedAt,
})
