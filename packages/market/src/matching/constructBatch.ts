import {
  OUTPUT_SIZE,
  WITNESS_SIZE,
  accountScript,
  addSat,
  cooperativeWitnessSize,
  dustLimit,
  estimateWeight,
  formatOutPoint,
  fundingOutput,
  incrementBatchKey,
  masterAccountOutput,
  outputSize,
  satoshi,
  sortBip69,
  toHex,
  txidOf,
  type AccountKey,
  type OutPoint,
  type Satoshi,
  type SatPerKWeight,
  type Transaction,
  type TxOutput,
  type Txid,
  type Weight,
} from '@tidepool/crypto'
import { accountScriptOf } from '../account.ts'
import type { AccountDiff } from '../batch.ts'
import type { TraderStream } from '../book.ts'
import { pendingChannelId } from '../channelRules.ts'
import { endingStateFor, nextAccount, nextAccountTerms } from '../nextAccount.ts'
import { termsChange } from './accountChange.ts'
import {
  BatchBuildError,
  type BatchAccount,
  type BatchChannel,
  type ConstructContext,
  type ConstructedBatch,
  type MasterOutput,
} from './batchTypes.ts'
import type { ClearedAccount, ClearedMarket, ClearedMatch } from './clearedTypes.ts'
import { streamProposals } from './streamProposals.ts'

/** Before output indexes are known. */
interface PlannedAccount {
  readonly account: ClearedAccount
  readonly stream: TraderStream
  readonly diff: AccountDiff
  /** undefined when the output is not recreated. */
  readonly output: TxOutput | undefined
}

/**
 * Builds the batch transaction and what each trader sees of it (white paper §6.1.7): every account's output spent and,
 * unless dust, recreated; one output per lease; the auctioneer's output with batch key + G, which collects execution
 * fees and pays what the fee shares do not cover. Version 2, lock time and sequences 0, BIP-69 order.
 * @throws BatchBuildError BATCH_MASTER_TOO_SMALL
 */
export function constructBatch(
  market: ClearedMarket,
  master: MasterOutput,
  context: ConstructContext,
): ConstructedBatch {
  const planned = [...market.accounts.values()].map((account) => planAccount(account, context))
  const channels = market.matches.map((match) => ({ match, output: channelOutput(match) }))
  const masterScript = scriptOfMaster(master)
  const nextMaster = { key: master.key, batchKey: incrementBatchKey(master.batchKey) }
  const spent = new Map(
    planned.map(({ account: { before } }) => [
      formatOutPoint(before.account.outpoint),
      { value: before.account.value, script: accountScriptOf(before.account) },
    ]),
  ).set(formatOutPoint(master.outpoint), { value: master.value, script: masterScript })
  const outputs = [...planned.flatMap(({ output }) => output ?? []), ...channels.map(({ output }) => output)]

  const weight = batchWeight(planned, outputs)
  const minerFee = addSat(feeRoundedUp(context.feeRate, weight), context.extraFee ?? 0n)
  const nextOutput = masterOutput(sumOf([...spent.values()]) - sumOf(outputs) - minerFee, scriptOfMaster(nextMaster))
  const outpoints = [...planned.map(({ account }) => account.before.account.outpoint), master.outpoint]
  const transaction = unsignedBatch(outpoints, [...outputs, nextOutput])
  const txid = txidOf(transaction)
  const indexOf = outputIndexer(transaction)
  const inputOf = inputIndexer(transaction)

  const accounts = new Map(planned.map((plan) => placeAccount(plan, inputOf, txid, indexOf)))
  const placed = channels.map(({ match, output }) => placeChannel(match, output, txid, indexOf))
  return {
    batchId: context.batchId,
    nextBatchKey: incrementBatchKey(context.batchId),
    feeRate: context.feeRate,
    heightHint: context.heightHint,
    transaction,
    txid,
    prevOutputs: prevOutputsOf(transaction, spent),
    accounts,
    channels: placed,
    master: { ...nextMaster, value: nextOutput.value, outpoint: { txid, index: indexOf(nextOutput) } },
    masterInputIndex: inputOf(master.outpoint),
    fees: {
      weight,
      minerFee,
      executionFees: market.executionFees,
      chainFees: market.chainFees,
      dust: addSat(...planned.map(({ account, output }) => (output === undefined ? account.endingBalance : 0n))),
    },
    proposals: streamProposals(market, accounts, transaction, context),
  }
}

/** An account's diff, its output index still open, and its next output. */
function planAccount(account: ClearedAccount, context: ConstructContext): PlannedAccount {
  const { account: before, stream } = account.before
  if (stream === undefined) throw inconsistent('a matched account has no stream')
  const endingState = endingStateFor(account.endingBalance)
  const change =
    endingState === 'recreated' ? termsChange(before, stream.batchVersion, context) : { newExpiry: 0, newVersion: 0 }
  const diff = {
    accountKey: before.key,
    endingBalance: account.endingBalance,
    endingState,
    outpointIndex: -1,
    ...change,
  }
  if (endingState !== 'recreated') return { account, stream, diff, output: undefined }
  const next = { ...before, ...nextAccountTerms(before, change, stream.batchVersion), traderKey: before.key }
  return { account, stream, diff, output: { value: account.endingBalance, script: accountScript(next) } }
}

function channelOutput({ ask, bid, capacity, commitment }: ClearedMatch): TxOutput {
  const kind = commitment === 'simpleTaproot' ? 'simpleTaproot' : 'p2wsh'
  return fundingOutput({ keys: [ask.order.multiSigKey, bid.order.multiSigKey], kind, value: capacity })
}

const scriptOfMaster = (master: Pick<MasterOutput, 'key' | 'batchKey'>): Uint8Array =>
  masterAccountOutput({ auctioneerKey: master.key, batchKey: master.batchKey }).script

function masterOutput(value: bigint, script: Uint8Array): TxOutput {
  const missing = dustLimit(script) - value
  if (missing > 0n) {
    throw new BatchBuildError(
      { code: 'BATCH_MASTER_TOO_SMALL', missing: String(missing) },
      `the master account lacks ${missing} sat for this batch's miner fee: fund it`,
    )
  }
  return { value: satoshi(value), script }
}

/** With witnesses at their largest and the auctioneer's own input and output. */
function batchWeight(planned: readonly PlannedAccount[], outputs: readonly TxOutput[]): Weight {
  const witnesses = planned.map(({ account }) => cooperativeWitnessSize(account.before.account.version))
  return estimateWeight({
    inputs: [...witnesses, WITNESS_SIZE.masterAccount].map((witness) => ({ witness })),
    outputs: [...outputs.map((output) => outputSize(output.script)), OUTPUT_SIZE.p2wsh],
  })
}

/** Up, so that the transaction never falls short of its rate. */
const feeRoundedUp = (rate: SatPerKWeight, weight: Weight): Satoshi => satoshi((rate * BigInt(weight) + 999n) / 1000n)

const sumOf = (outputs: readonly TxOutput[]): bigint => outputs.reduce((sum, output) => sum + output.value, 0n)

function unsignedBatch(outpoints: readonly OutPoint[], outputs: readonly TxOutput[]): Transaction {
  const inputs = outpoints.map((prevout) => ({ prevout, scriptSig: new Uint8Array(), sequence: 0, witness: [] }))
  return sortBip69({ version: 2, inputs, outputs, lockTime: 0 })
}

/** Finds each planned output once, so that equal outputs get indexes of their own. */
function outputIndexer(transaction: Transaction): (wanted: TxOutput) => number {
  const waiting = new Map<string, number[]>()
  for (const [index, output] of transaction.outputs.entries()) {
    const text = outputText(output)
    const alike = waiting.get(text)
    if (alike === undefined) waiting.set(text, [index])
    else alike.push(index)
  }
  return (wanted) => waiting.get(outputText(wanted))?.shift() ?? -1
}

const outputText = ({ value, script }: TxOutput): string => `${value} ${toHex(script)}`

function inputIndexer(transaction: Transaction): (outpoint: OutPoint) => number {
  const indexes = new Map(transaction.inputs.map(({ prevout }, index) => [formatOutPoint(prevout), index]))
  return (outpoint) => indexes.get(formatOutPoint(outpoint)) ?? -1
}

function prevOutputsOf(transaction: Transaction, spent: ReadonlyMap<string, TxOutput>): readonly TxOutput[] {
  return transaction.inputs.map(({ prevout }) => {
    const output = spent.get(formatOutPoint(prevout))
    if (output === undefined) throw inconsistent('an input has no previous output')
    return output
  })
}

function placeAccount(
  plan: PlannedAccount,
  inputOf: (outpoint: OutPoint) => number,
  txid: Txid,
  indexOf: (wanted: TxOutput) => number,
): readonly [AccountKey, BatchAccount] {
  const before = plan.account.before.account
  const diff = { ...plan.diff, outpointIndex: plan.output === undefined ? -1 : indexOf(plan.output) }
  const after = nextAccount(before, diff, plan.stream.batchVersion, txid)
  return [before.key, { before, stream: plan.stream, inputIndex: inputOf(before.outpoint), diff, after }]
}

function placeChannel(
  match: ClearedMatch,
  output: TxOutput,
  txid: Txid,
  indexOf: (wanted: TxOutput) => number,
): BatchChannel {
  return {
    match,
    output,
    outpoint: { txid, index: indexOf(output) },
    pendingChannelId: pendingChannelId(match.ask.order.nonce, match.bid.order.nonce),
  }
}

function inconsistent(what: string): BatchBuildError {
  return new BatchBuildError({ code: 'BATCH_INCONSISTENT', what }, what)
}
