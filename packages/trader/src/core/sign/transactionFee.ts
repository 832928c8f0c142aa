import type { Satoshi, TxOutput, Weight } from '@tidepool/crypto'
import {
  WITNESS_SIZE,
  cooperativeWitnessSize,
  estimateWeight,
  feeForWeight,
  outputSize,
  satoshi,
} from '@tidepool/crypto'
import type { AcceptedBatch } from '../verify/verdict.ts'

/** What the batch really pays to miners, next to what it must. */
export interface TransactionFee {
  /** Inputs minus outputs; negative when the request lies. */
  readonly paid: bigint
  /** Batch fee rate times the least weight the signed transaction can have. */
  readonly minimum: Satoshi
  /** What our accounts were charged for it. */
  readonly ownShare: Satoshi
}

/** Program length of P2WPKH. */
const KEY_HASH_PROGRAM = 20

/** V-12: the fee of the whole transaction, from the previous outputs of all its inputs. */
export function transactionFee(batch: AcceptedBatch, prevOutputs: readonly TxOutput[]): TransactionFee {
  const paid = sum(prevOutputs) - sum(batch.transaction.outputs)
  const ownShare = satoshi(batch.accounts.reduce((total, { chainFee }) => total + chainFee, 0n))
  return { paid, minimum: feeForWeight(batch.feeRate, leastWeight(batch, prevOutputs)), ownShare }
}

/** Our inputs' witnesses are known; of a stranger's the smallest of its kind is assumed, so that no honest fee fails. */
function leastWeight(batch: AcceptedBatch, prevOutputs: readonly TxOutput[]): Weight {
  const own = new Map<number, AcceptedBatch['accounts'][number]>()
  for (const ending of batch.accounts) own.set(ending.inputIndex, ending)
  const inputs = prevOutputs.map(({ script }, index) => {
    const ending = own.get(index)
    return { witness: ending === undefined ? foreignWitness(script) : cooperativeWitnessSize(ending.before.version) }
  })
  return estimateWeight({ inputs, outputs: batch.transaction.outputs.map(({ script }) => outputSize(script)) })
}

function foreignWitness(script: Uint8Array): number {
  if (script[0] !== 0) return WITNESS_SIZE.taprootKeyPath
  return script[1] === KEY_HASH_PROGRAM ? WITNESS_SIZE.p2wpkh : WITNESS_SIZE.masterAccount
}

const sum = (outputs: readonly TxOutput[]): bigint => outputs.reduce((total, { value }) => total + value, 0n)
