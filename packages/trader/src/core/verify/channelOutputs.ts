import type { PubKey, Satoshi, TxOutput } from '@tidepool/crypto'
import { fundingOutput, satoshi, toHex } from '@tidepool/crypto'
import type { BatchProposal, CommitmentType } from '@tidepool/market'
import { commitmentType } from '@tidepool/market'
import type { MatchAmounts } from './matchAmounts.ts'
import { localFundingKey, pairOf } from './matchView.ts'
import type { MatchView } from './matchView.ts'
import type { MismatchDetail } from './mismatch.ts'
import { OutputIndex } from './outputIndex.ts'

/** A match with its amounts and the one output that funds its channel. */
export interface FundedMatch {
  readonly view: MatchView
  readonly amounts: MatchAmounts
  readonly localKey: PubKey
  readonly commitmentType: CommitmentType
  readonly output: TxOutput
  readonly outputIndex: number
}

export interface ChannelOutputs {
  readonly matches: readonly FundedMatch[]
  readonly mismatches: readonly MismatchDetail[]
}

/**
 * V-05: gives each match an output of its own with exactly the channel's value and script. Outputs are alike only if
 * both keys and the size are, so first come, first served finds an assignment whenever there is one.
 */
export function assignChannelOutputs(
  matches: readonly { readonly view: MatchView; readonly amounts: MatchAmounts }[],
  proposal: BatchProposal,
): ChannelOutputs {
  const index = new OutputIndex(proposal.transaction.outputs)
  const taken = new Set<number>()
  const funded: FundedMatch[] = []
  const mismatches: MismatchDetail[] = []
  for (const { view, amounts } of matches) {
    const localKey = localFundingKey(view.own)
    if (localKey === undefined) continue
    const type = commitmentType(view.ask.channelType, view.bid.channelType)
    const output = channelOutput([localKey, view.counterpart.multiSigKey], type, satoshi(amounts.channelValue))
    const candidates = index.find(output)
    const outputIndex = candidates.find((candidate) => !taken.has(candidate))
    if (outputIndex === undefined) {
      const code = candidates.length === 0 ? 'CHANNEL_OUTPUT_MISSING' : 'CHANNEL_OUTPUT_SHARED'
      mismatches.push({ code, value: output.value, script: toHex(output.script), ...pairOf(view) })
      continue
    }
    taken.add(outputIndex)
    funded.push({ view, amounts, localKey, commitmentType: type, output, outputIndex })
  }
  return { matches: funded, mismatches }
}

/** The 2-of-2 output of a channel. Pool order/batch_verifier.go */
export function channelOutput(keys: readonly [PubKey, PubKey], type: CommitmentType, value: Satoshi): TxOutput {
  return fundingOutput({ keys, kind: type === 'simpleTaproot' ? 'simpleTaproot' : 'p2wsh', value })
}
