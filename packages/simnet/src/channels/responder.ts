import { equalBytes, fromHex } from '@tidepool/crypto'
import type { lnrpc } from '@tidepool/rpc'
import { csvDelay } from './balances.ts'
import { CHAIN_HASH } from './channelMessages.ts'
import type { Channel, LocalKeys } from './channel.ts'
import { commitFeeRate } from './channelType.ts'
import { REJECTED } from './acceptors.ts'
import { FundingRefused, INTERNAL, type AcceptMessage, type CreatedMessage, type OpenMessage } from './fundingWire.ts'
import type { Intent } from './intents.ts'
import { channelScript, makeLocalKeys } from './localKeys.ts'
import type { Fundee, FundingNode } from './fundingNode.ts'

const MAX_PENDING = 50

interface Accepted {
  readonly open: OpenMessage
  readonly local: LocalKeys
  readonly intent: Intent | undefined
  readonly accept: AcceptMessage
}

/** The fundee's half of a channel opening. It trusts the opener on amount, key and outpoint, as lnd does. */
export class Responder implements Fundee {
  private readonly node: FundingNode
  private readonly accepted = new Map<string, Accepted>()

  constructor(node: FundingNode) {
    this.node = node
  }

  /** @throws FundingRefused */
  onOpenChannel(message: OpenMessage): Promise<AcceptMessage> {
    return this.node.queue.run(async () => {
      if (!this.node.isSynced()) throw new FundingRefused('Synchronizing blockchain')
      if (this.node.store.pending().length > MAX_PENDING) {
        throw new FundingRefused('Number of pending channels exceed maximum')
      }
      const depth = await this.askAcceptors(message)
      return this.reserve(message, depth)
    })
  }

  /** @throws FundingRefused */
  onFundingCreated(message: CreatedMessage): Promise<void> {
    return this.node.queue.run(async () => {
      const accepted = this.accepted.get(message.pendingId)
      this.accepted.delete(message.pendingId)
      if (accepted === undefined) throw new FundingRefused(INTERNAL)
      this.node.intents.consume(message.pendingId)
      this.complete(accepted, message)
    })
  }

  private async askAcceptors(message: OpenMessage): Promise<number> {
    const { acceptors } = this.node
    if (acceptors.count === 0) {
      if (message.zeroConf) throw new FundingRefused(REJECTED)
      return this.node.depth
    }
    const verdict = await acceptors.ask(message.pendingId, questionOf(message))
    if (!verdict.accept) throw new FundingRefused(verdict.text)
    if (message.zeroConf && !verdict.zeroConf) throw new FundingRefused(INTERNAL)
    return verdict.minDepth > 0 ? verdict.minDepth : this.node.depth
  }

  private reserve(message: OpenMessage, depth: number): AcceptMessage {
    const { intents, ring, store } = this.node
    const found = intents.get(message.pendingId)
    const intent = found?.kind === 'shim' ? found : undefined
    if (message.type === 'SCRIPT_ENFORCED_LEASE' && intent?.thawHeight !== message.leaseExpiry) {
      // Either way something stays registered: the shim, or what the wallet made for lack of one.
      if (intent === undefined) intents.leave(message.pendingId, { kind: 'plain' })
      throw new FundingRefused(INTERNAL)
    }
    if (message.type === 'SIMPLE_TAPROOT' && intent?.musig2 === false) {
      intents.consume(message.pendingId)
      throw new FundingRefused(INTERNAL)
    }
    const local = makeLocalKeys(ring, intent?.localLocator)
    const accept = { keys: local.keys, depth: message.zeroConf ? 0 : depth, aliasScid: store.nextAlias() }
    this.accepted.set(message.pendingId, { open: message, local, intent, accept })
    return accept
  }

  private complete(accepted: Accepted, message: CreatedMessage): void {
    const { open, local, intent, accept } = accepted
    const { store } = this.node
    const musig2 = intent?.musig2 ?? open.type === 'SIMPLE_TAPROOT'
    const script = channelScript(open.type, musig2, local.keys.multiSig, open.keys.multiSig)
    const point = `${message.txid}:${message.index}`
    // The opener signed a commitment over the script it expects: another script is another signature hash.
    if (!equalBytes(script, message.signedScript) || store.knows(point)) throw new FundingRefused(INTERNAL)
    const channel: Channel = {
      point,
      txid: message.txid,
      index: message.index,
      peer: open.from,
      pendingId: open.pendingId,
      initiator: false,
      type: open.type,
      capacity: open.amount,
      push: open.push,
      private: open.private,
      zeroConf: open.zeroConf,
      thawHeight: intent?.thawHeight ?? 0,
      local,
      remote: open.keys,
      fundingScript: script,
      depth: accept.depth,
      broadcastHeight: this.node.height(),
      aliasScid: accept.aliasScid,
      peerAliasScid: open.aliasScid,
      state: 'pending',
      active: false,
      confirmed: undefined,
    }
    this.node.onPending(channel)
  }
}

/** What the acceptors are asked; push is in millisatoshi, amounts in satoshi. */
function questionOf(message: OpenMessage): lnrpc.ChannelAcceptRequestInit {
  return {
    nodePubkey: fromHex(message.from),
    chainHash: CHAIN_HASH,
    fundingAmt: message.amount,
    pushAmt: message.push * 1000n,
    dustLimit: 354n,
    maxValueInFlight: (message.amount - message.amount / 100n) * 1000n,
    channelReserve: message.amount / 100n,
    minHtlc: 1n,
    feePerKw: commitFeeRate,
    csvDelay: csvDelay(message.amount),
    maxAcceptedHtlcs: 483,
    channelFlags: message.private ? 0 : 1,
    commitmentType: message.type,
    wantsZeroConf: message.zeroConf,
    wantsScidAlias: false,
  }
}
