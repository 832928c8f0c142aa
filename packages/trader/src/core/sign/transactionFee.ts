import type { PackedOutputs, Satoshi, Weight } from '@tidepool/crypto'
import {
  WITNESS_SIZE,
  cooperativeWitnessSize,
  estimateWeight,
  feeForWeight,
  packOutputs,
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

/** Bytes of a P2WPKH script. */
const P2WPKH_SCRIPT = 22

/** V-12: the fee of the whole transaction, from the previous outputs of all its inputs. */
export function transactionFee(batch: AcceptedBatch, prevOutputs: PackedOutputs): TransactionFee {
  const paid = prevOutputs.sum() - packOutputs(batch.transaction.outputs).sum()
  const ownShare = satoshi(batch.accounts.reduce((total, { chainFee }) => total + chainFee, 0n))
  return { paid, minimum: feeForWeight(batch.feeRate, leastWeight(batch, prevOutputs)), ownShare }
}

/** Our inputs' witnesses are known; of a stranger's the smallest of its kind is assumed, so that no honest fee fails. */
function leastWeight(batch: AcceptedBatch, prevOutputs: PackedOutputs): Weight {
  const own = new Map<number, AcceptedBatch['accounts'][number]>()
  for (const ending of batch.accounts) own.set(ending.inputIndex, ending)
  const inputs: { readonly witness: number }[] = []
  for (let index = 0; index < prevOutputs.length; index++) {
    const ending = own.get(index)
    const foreign = (): number => foreignWitness(prevOutputs, index)
    inputs.push({ witness: ending === undefined ? foreign() : cooperativeWitnessSize(ending.before.version) })
  }
  return estimateWeight({ inputs, outputs: packOutputs(batch.transaction.outputs).sizes() })
}

function foreignWitness(prevOutputs: PackedOutputs, index: number): number {
  if (prevOutputs.witnessVersion(index) !== 0) return WITNESS_SIZE.taprootKeyPath
  return prevOutputs.scriptLength(index) === P2WPKH_SCRIPT ? WITNESS_SIZE.p2wpkh : WITNESS_SIZE.masterAccount
}
