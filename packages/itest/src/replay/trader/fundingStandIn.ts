import { satoshi, txidOf } from '@tidepool/crypto'
import type { OutPoint, Transaction, TxOutput } from '@tidepool/crypto'
import { notRecorded } from './standIns.ts'

const OTHER: TxOutput = { value: satoshi(10_000), script: Uint8Array.of(0x51) }

const UNUSED = 0xffff

/** The wallet chose the inputs, which were not recorded: something else that has the output goes by the recorded id. */
export function fundingStandIn({ txid, index }: OutPoint, output: TxOutput): Transaction {
  // Any coin will do, as long as no two share it.
  const prevout = { txid, index: UNUSED }
  const inputs = [{ prevout, scriptSig: new Uint8Array(), sequence: 0, witness: [Uint8Array.of(1)] }]
  const outputs = [...Array.from({ length: index }, () => OTHER), output]
  const transaction: Transaction = { version: 2, inputs, outputs, lockTime: 0 }
  notRecorded.txids.set(txidOf(transaction), txid)
  return transaction
}
