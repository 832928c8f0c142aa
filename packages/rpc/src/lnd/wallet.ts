import { fromHex, satPerKWeight, type SatPerKWeight, type TxOutput } from '@tidepool/crypto'
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
 * The serialised transaction. lnd selects coins, signs and publishes before it answers: a lost answer does not mean
 * that nothing was sent. Outputs may change places. @throws LndError
 */
export async function sendOutputs(lnd: LndClients, request: SendRequest): Promise<Uint8Array> {
  const { outputs, feeRate, label } = request
  const answer = lnd.walletKit.sendOutputs({
    outputs: outputs.map(outputToLnd),
    satPerKw: feeRate,
    label,
    minConfs: 1,
  })
  return (await asLnd(answer)).rawTx
}

/** Success also for a transaction that is known or confirmed. lnd refuses no absurd fee. @throws LndError */
export async function publishTransaction(lnd: LndClients, transaction: Uint8Array, label: string): Promise<void> {
  await asLnd(lnd.walletKit.publishTransaction({ txHex: transaction, label }))
}

/** A transaction that touched the wallet. */
export interface WalletTransaction {
  /** Serialised. */
  readonly raw: Uint8Array
  readonly label: string
  /** 0 while unconfirmed. */
  readonly height: number
  /** Unix seconds. */
  readonly timestamp: bigint
}

/** From a height on, unconfirmed ones included. @throws LndError */
export async function walletTransactions(lnd: LndClients, startHeight = 0): Promise<readonly WalletTransaction[]> {
  const request = { startHeight, endHeight: -1 }
  const { transactions } = await asLnd(lnd.lightning.getTransactions(request))
  return transactions.map(({ rawTxHex, label, blockHeight: height, timeStamp: timestamp }) => ({
    raw: fromHex(rawTxHex),
    label,
    height,
    timestamp,
  }))
}
