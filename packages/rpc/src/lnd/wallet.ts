import {
  decodeTx,
  fromHex,
  satoshi,
  satPerKWeight,
  txid,
  type Satoshi,
  type SatPerKWeight,
  type Transaction,
  type TxOutput,
  type Txid,
} from '@tidepool/crypto'
import type { signrpc } from '../gen/packages.ts'
import type { LndClients } from './client.ts'
import { asLnd } from './errors.ts'

export const outputToLnd = (output: TxOutput): signrpc.TxOutInit => ({ value: output.value, pkScript: output.script })

/** Never below 253. @throws LndError */
export const estimateFeeRate = async (lnd: LndClients, confTarget: number): Promise<SatPerKWeight> =>
  satPerKWeight((await asLnd(lnd.walletKit.estimateFee({ confTarget }))).satPerKw)

export interface SendRequest {
  readonly outputs: readonly TxOutput[]
  readonly feeRate: SatPerKWeight
  /** Up to 500 bytes; finds the transaction again should the answer be lost. */
  readonly label: string
}

/**
 * Selects coins, signs and publishes before it answers: a lost answer does not mean that nothing was sent. Outputs may
 * change places. @throws LndError
 */
export async function sendOutputs(lnd: LndClients, request: SendRequest): Promise<Transaction> {
  const { outputs, feeRate, label } = request
  const answer = lnd.walletKit.sendOutputs({
    outputs: outputs.map(outputToLnd),
    satPerKw: feeRate,
    label,
    minConfs: 1,
  })
  return decodeTx((await asLnd(answer)).rawTx)
}

/** Success also for a transaction that is known or confirmed. lnd refuses no absurd fee. @throws LndError */
export async function publishTransaction(lnd: LndClients, transaction: Uint8Array, label: string): Promise<void> {
  await asLnd(lnd.walletKit.publishTransaction({ txHex: transaction, label }))
}

/** A transaction that touched the wallet. */
export interface WalletTransaction {
  readonly txid: Txid
  readonly transaction: Transaction
  readonly label: string
  /** 0 while unconfirmed. */
  readonly height: number
  /** Miner fee; 0 when the wallet does not know it. */
  readonly fee: Satoshi
}

/** From a height on, unconfirmed ones included. @throws LndError */
export async function walletTransactions(lnd: LndClients, startHeight = 0): Promise<readonly WalletTransaction[]> {
  const request = { startHeight, endHeight: -1 }
  const { transactions } = await asLnd(lnd.lightning.getTransactions(request))
  return transactions.map((item) => ({
    txid: txid(item.txHash),
    transaction: decodeTx(fromHex(item.rawTxHex)),
    label: item.label,
    height: item.blockHeight,
    fee: satoshi(item.totalFees),
  }))
}

/** Confirmed and spendable, without the anchor reserve. @throws LndError */
export async function spendableBalance(lnd: LndClients): Promise<Satoshi> {
  const { confirmedBalance, reservedBalanceAnchorChan } = await asLnd(lnd.lightning.walletBalance({}))
  return satoshi(confirmedBalance > reservedBalanceAnchorChan ? confirmedBalance - reservedBalanceAnchorChan : 0n)
}
