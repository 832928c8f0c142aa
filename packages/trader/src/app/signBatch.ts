import type { OutPointText } from '@tidepool/crypto'
import type { ChannelInfo, SignReply } from '@tidepool/market'
import type { VerifiedBatch } from '../core/batch.ts'
import { assembleSignReply } from '../core/sign/signReply.ts'
import type { SignResult } from '../core/sign/signReply.ts'
import type { SignTask } from '../core/sign/signTask.ts'
import type { Signer } from '../ports/wallet.ts'
import type { Ledger } from './ledger.ts'

export interface SignBatchInput {
  readonly batch: VerifiedBatch
  readonly tasks: readonly SignTask[]
  readonly infos: ReadonlyMap<OutPointText, ChannelInfo>
}

/** Signs every account input with lnd and verifies what it signed. @throws SignError */
export async function signBatch(
  input: SignBatchInput,
  modules: { readonly signer: Signer; readonly ledger: Ledger },
): Promise<SignReply> {
  const { batch, tasks, infos } = input
  const { transaction, batchId } = batch.result
  const results: SignResult[] = []
  for (const task of tasks) {
    const keyIndex = modules.ledger.accounts.get(task.accountKey)?.keyIndex
    if (keyIndex === undefined) continue
    results.push(await modules.signer.sign({ task, keyIndex, transaction }))
  }
  return assembleSignReply(batchId, tasks, results, infos)
}
