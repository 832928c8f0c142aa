import {
  OUTPUT_SIZE,
  SighashCache,
  addSat,
  dustLimit,
  encodeTx,
  estimateWeight,
  feeForWeight,
  idToBytes,
  incrementBatchKey,
  isDust,
  masterAccountOutput,
  masterAccountWitness,
  outputSize,
  satoshi,
  sortBip69,
  txidOf,
  verifyDer,
  WITNESS_SIZE,
  equalBytes,
} from '@tidepool/crypto'
import type {
  BatchKey,
  BlockHeight,
  MasterAccountOutput,
  OutPoint,
  PubKey,
  SatPerKWeight,
  Satoshi,
  Transaction,
  TxOutput,
} from '@tidepool/crypto'
import { AuctioneerError } from './errors.ts'
import type { MasterAccount } from './records.ts'

/** Enough for the auctioneer's part of the next batches' miner fees. */
export const MIN_MASTER_VALUE = 20_000n

/** An output that the auctioneer's own key spends. */
export interface MasterCoin {
  readonly outpoint: OutPoint
  readonly value: Satoshi
  readonly batchKey: BatchKey
}

/**
 * A spend of the auctioneer's own account outside of a batch, unsigned. The next output has a batch key of its own
 * counter, as after a batch, so no script repeats and the next batch spends it like any other.
 */
export interface MasterSpend {
  readonly transaction: Transaction
  /** Follow the inputs. */
  readonly coins: readonly MasterCoin[]
  readonly next: MasterCoin
}

const scriptOf = (key: PubKey, batchKey: BatchKey): Uint8Array =>
  masterAccountOutput({ auctioneerKey: key, batchKey }).script

/** The output a top-up is first paid to: amount plus the fee of joining it to the account. */
export function topUpOutput(key: PubKey, master: MasterCoin, amount: bigint, feeRate: SatPerKWeight): TxOutput {
  const script = scriptOf(key, incrementBatchKey(master.batchKey))
  return { value: addSat(amount, spendFee(2, [script], feeRate)), script }
}

/** Joins what was paid to topUpOutput with the account; only the amount asked for is added. */
export function joinTopUp(key: PubKey, master: MasterCoin, amount: bigint, staged: MasterCoin): MasterSpend {
  const next = { value: addSat(master.value, amount), batchKey: incrementBatchKey(staged.batchKey) }
  return spend(key, [master, staged], [], next)
}

/** Pays an output from the account. @throws AuctioneerError MASTER_ACCOUNT_TOO_SMALL, MASTER_OUTPUT_DUST */
export function withdrawMaster(key: PubKey, master: MasterCoin, output: TxOutput, feeRate: SatPerKWeight): MasterSpend {
  if (isDust(output)) {
    const min = String(dustLimit(output.script))
    throw new AuctioneerError({ code: 'MASTER_OUTPUT_DUST', min }, `nodes relay such an output from ${min} sat on`)
  }
  const batchKey = incrementBatchKey(master.batchKey)
  const fee = spendFee(1, [output.script, scriptOf(key, batchKey)], feeRate)
  const left = master.value - output.value - fee
  if (left < MIN_MASTER_VALUE) throw tooSmall(left)
  return spend(key, [master], [output], { value: satoshi(left), batchKey })
}

/** Weight of a spend of the account to itself. */
export const BUMP_WEIGHT = estimateWeight({
  inputs: [{ witness: WITNESS_SIZE.masterAccount }],
  outputs: [OUTPUT_SIZE.p2wsh],
})

/** The account spent to itself; the fee pays for what it stands on. @throws AuctioneerError MASTER_ACCOUNT_TOO_SMALL */
export function bumpMaster(key: PubKey, master: MasterCoin, fee: bigint): MasterSpend {
  const left = master.value - fee
  if (left < MIN_MASTER_VALUE) throw tooSmall(left)
  return spend(key, [master], [], { value: satoshi(left), batchKey: incrementBatchKey(master.batchKey) })
}

function tooSmall(left: bigint): AuctioneerError {
  return new AuctioneerError(
    { code: 'MASTER_ACCOUNT_TOO_SMALL', min: String(MIN_MASTER_VALUE) },
    `after this ${left} sat would remain of the master account: it needs ${MIN_MASTER_VALUE}`,
  )
}

/** All inputs signed by our key; undefined when a signature is not valid. */
export function completeMasterSpend(
  key: PubKey,
  { transaction, coins }: MasterSpend,
  signatures: readonly Uint8Array[],
): Transaction | undefined {
  const outputs = coins.map(({ batchKey }) => masterAccountOutput({ auctioneerKey: key, batchKey }))
  const sighashes = new SighashCache(transaction, coins.map(toOutput(key)))
  const valid = outputs.every((output, index) => isSignedBy(output, sighashes, index, signatures[index]))
  if (!valid) return undefined
  const inputs = transaction.inputs.map((input, index) => {
    const [output, signature] = [outputs[index], signatures[index]]
    return output === undefined || signature === undefined
      ? input
      : { ...input, witness: masterAccountWitness(output, signature) }
  })
  return { ...transaction, inputs }
}

/** The account while the signed spend waits for its confirmation. */
export function masterAfter(spent: MasterSpend, signed: Transaction, heightHint: BlockHeight): MasterAccount {
  return { kind: 'pending', ...spent.next, heightHint, transaction: encodeTx(signed, { witness: true }) }
}

const toOutput =
  (key: PubKey) =>
  ({ value, batchKey }: MasterCoin): TxOutput => ({ value, script: scriptOf(key, batchKey) })

function isSignedBy(
  output: MasterAccountOutput,
  sighashes: SighashCache,
  index: number,
  signature: Uint8Array | undefined,
): boolean {
  if (signature === undefined) return false
  return verifyDer(sighashes.segwitV0(index, output.witnessScript), idToBytes(output.tweakedKey), signature)
}

function spendFee(inputs: number, scripts: readonly Uint8Array[], feeRate: SatPerKWeight): Satoshi {
  const witnesses = Array.from({ length: inputs }, () => ({ witness: WITNESS_SIZE.masterAccount }))
  return feeForWeight(feeRate, estimateWeight({ inputs: witnesses, outputs: scripts.map(outputSize) }))
}

function spend(
  key: PubKey,
  coins: readonly MasterCoin[],
  outputs: readonly TxOutput[],
  next: { readonly value: Satoshi; readonly batchKey: BatchKey },
): MasterSpend {
  const script = scriptOf(key, next.batchKey)
  const transaction = sortBip69({
    version: 2,
    lockTime: 0,
    inputs: coins.map(({ outpoint }) => ({ prevout: outpoint, scriptSig: new Uint8Array(), sequence: 0, witness: [] })),
    outputs: [...outputs, { value: next.value, script }],
  })
  const sorted = transaction.inputs.flatMap(
    ({ prevout }) => coins.find(({ outpoint: o }) => o.txid === prevout.txid && o.index === prevout.index) ?? [],
  )
  const index = transaction.outputs.findIndex((output) => equalBytes(output.script, script))
  return { transaction, coins: sorted, next: { ...next, outpoint: { txid: txidOf(transaction), index } } }
}
