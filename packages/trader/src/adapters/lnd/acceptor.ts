import { nodeKey } from '@tidepool/crypto'
import { asLnd, streamOfLnd } from '@tidepool/rpc'
import type { LndClients, lnrpc } from '@tidepool/rpc'
import type { ChannelAnswer, ChannelQuestion, OfferedCommitment } from '../../core/acceptorRules.ts'

const ANNOUNCE_FLAG = 1

/** Answers every question at once: lnd's funding stands still until it has the answer. */
export async function acceptChannels(
  lnd: LndClients,
  judge: (question: ChannelQuestion) => ChannelAnswer,
  signal: AbortSignal,
): Promise<void> {
  const stream = lnd.lightning.channelAcceptor({ signal })
  for await (const request of streamOfLnd(stream)) {
    await asLnd(stream.send(answerToLnd(request, judge(questionFromLnd(request)))))
  }
}

function questionFromLnd(request: lnrpc.ChannelAcceptRequest): ChannelQuestion {
  return {
    pendingChannelId: request.pendingChanId,
    peer: nodeKey(request.nodePubkey),
    fundingAmount: request.fundingAmt,
    pushMsat: request.pushAmt,
    commitment: commitmentFromLnd(request.commitmentType),
    announced: (request.channelFlags & ANNOUNCE_FLAG) !== 0,
    wantsZeroConf: request.wantsZeroConf,
  }
}

function commitmentFromLnd(type: lnrpc.ChannelAcceptRequest['commitmentType']): OfferedCommitment {
  switch (type) {
    case 'UNKNOWN_COMMITMENT_TYPE':
      return 'unknown'
    case 'ANCHORS':
      return 'anchors'
    case 'SCRIPT_ENFORCED_LEASE':
      return 'scriptEnforcedLease'
    case 'SIMPLE_TAPROOT':
      return 'simpleTaproot'
    default:
      return 'other'
  }
}

/** An accepted channel must carry no error text, and a zero-conf one no depth: lnd would refuse it. */
function answerToLnd(request: lnrpc.ChannelAcceptRequest, answer: ChannelAnswer): lnrpc.ChannelAcceptResponseInit {
  const { pendingChanId } = request
  if (answer.accept) return { pendingChanId, accept: true, zeroConf: answer.zeroConf }
  return { pendingChanId, accept: false, error: answer.reason }
}
