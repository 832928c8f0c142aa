import type { lnrpc } from '@tidepool/rpc'
import { toHex } from '@tidepool/crypto'
import { FAMILY } from '../keys/keyRing.ts'
import { LndRefusal } from '../lndRefusal.ts'
import type { Channel, LocalKeys } from './channel.ts'
import { channelTypeOf, type ChannelType } from './channelType.ts'
import type { Fundee, FundingNode } from './fundingNode.ts'
import { FundingRefused, type AcceptMessage } from './fundingWire.ts'
import { parseShim, type Intent } from './intents.ts'
import { channelScript, makeLocalKeys } from './localKeys.ts'

const MIN_CHANNEL = 20_000n
const MAX_CHANNEL = 1_000_000_000n

interface Plan {
  readonly request: lnrpc.OpenChannelRequest
  readonly type: ChannelType
  readonly peer: string
  readonly pendingId: string
  readonly intent: Intent
}

/** The funder's half: checks in lnd's order, then the exchange with the peer. lnd rpcserver.go, funding/manager.go */
export class Opener {
  private readonly node: FundingNode
  private readonly reservations = new Set<string>()

  constructor(node: FundingNode) {
    this.node = node
  }

  /** Opens a channel from a chan-point shim; resolves when it is pending. @throws LndRefusal in lnd's words */
  async open(request: lnrpc.OpenChannelRequest): Promise<Channel> {
    if (!this.node.isSynced()) throw new LndRefusal('server is still in the process of starting')
    const shim = shimOf(request)
    const { pendingId, intent } = parseShim(this.node.ring, shim)
    const type = checkRequest(request)
    const peer = toHex(request.nodePubkey)
    if (peer === this.node.pubkey) throw new LndRefusal('cannot open channel to self')
    const responder = this.node.peer(peer)
    if (responder === undefined) throw new LndRefusal(`peer ${peer} is not online`)
    if (this.reservations.has(pendingId)) throw new LndRefusal(`pendingChannelID(${pendingId}) already present`)
    const plan = { request, type, peer, pendingId, intent: this.intentFor(pendingId, intent, request) }
    this.checkWallet(plan)
    this.reservations.add(pendingId)
    try {
      return await this.exchange(plan, responder)
    } finally {
      this.reservations.delete(pendingId)
      this.node.intents.consume(pendingId)
    }
  }

  /** An intent registered under the id wins over the request's shim, silently. */
  private intentFor(pendingId: string, asked: Intent, request: lnrpc.OpenChannelRequest): Intent {
    const present = this.node.intents.get(pendingId)
    const intent = present?.kind === 'shim' ? present : asked
    if (intent.amount !== request.localFundingAmount) {
      const [local, funding] = [btc(request.localFundingAmount), btc(intent.amount)]
      const amounts = `local_amt=${local}, remote_amt=0 BTC, funding_amt=${funding}`
      throw new LndRefusal(`intent doesn't match canned assembler: ${amounts}`)
    }
    this.node.intents.leave(pendingId, intent)
    return intent
  }

  /** What fails here leaves the intent behind: a retry under the same id gets the old outpoint. */
  private checkWallet({ request, type, intent }: Plan): void {
    if (!request.private && this.node.missingReserve(1) > 0n) {
      throw new LndRefusal(
        'reserved wallet balance invalidated: transaction would leave insufficient funds for fee bumping anchor ' +
          'channel closings (see debug log for details)',
      )
    }
    if (type === 'SCRIPT_ENFORCED_LEASE' && intent.thawHeight === 0) {
      throw new LndRefusal('missing absolute expiration for script enforced lease commitment type')
    }
  }

  private async exchange(plan: Plan, responder: Fundee): Promise<Channel> {
    const { request, type, peer, pendingId } = plan
    const cheating = this.node.cheating()
    if (cheating === 'FUNDING_FAULT_STALL') await this.node.whileConnected(peer, new Promise<never>(() => undefined))
    const locator = cheating === 'FUNDING_FAULT_KEY' ? undefined : plan.intent.localLocator
    const local = makeLocalKeys(this.node.ring, locator ?? this.node.ring.nextLocator(FAMILY.multiSig))
    const amount = plan.intent.amount - (cheating === 'FUNDING_FAULT_AMOUNT' ? 100_000n : 0n)
    const index = plan.intent.index + (cheating === 'FUNDING_FAULT_OUTPOINT' ? 1 : 0)
    const aliasScid = this.node.store.nextAlias()
    const leaseExpiry = type === 'SCRIPT_ENFORCED_LEASE' ? plan.intent.thawHeight : undefined
    const { pushSat: push, private: isPrivate, zeroConf } = request
    const open = { from: this.node.pubkey, pendingId, amount, push, private: isPrivate, type, zeroConf, leaseExpiry }
    try {
      const accept = await this.node.whileConnected(
        peer,
        responder.onOpenChannel({ ...open, keys: local.keys, aliasScid }),
      )
      const script = channelScript(type, plan.intent.musig2, local.keys.multiSig, plan.intent.remoteKey)
      const created = { from: this.node.pubkey, pendingId, txid: plan.intent.txid, index, signedScript: script }
      await this.node.whileConnected(peer, responder.onFundingCreated(created))
      const channel = this.channelOf(plan, { local, accept, script, amount, index, aliasScid })
      this.node.onPending(channel)
      return channel
    } catch (error) {
      if (!(error instanceof FundingRefused)) throw error
      throw new LndRefusal(`received funding error from ${peer}: chan_id=${pendingId}, err=${error.message}`)
    }
  }

  private channelOf(
    { request, type, peer, pendingId, intent }: Plan,
    agreed: {
      readonly local: LocalKeys
      readonly accept: AcceptMessage
      readonly script: Uint8Array
      readonly amount: bigint
      readonly index: number
      readonly aliasScid: bigint
    },
  ): Channel {
    return {
      point: `${intent.txid}:${agreed.index}`,
      txid: intent.txid,
      index: agreed.index,
      peer,
      pendingId,
      initiator: true,
      type,
      capacity: agreed.amount,
      push: request.pushSat,
      private: request.private,
      zeroConf: request.zeroConf,
      thawHeight: intent.thawHeight,
      local: agreed.local,
      remote: agreed.accept.keys,
      fundingScript: agreed.script,
      depth: agreed.accept.depth,
      broadcastHeight: this.node.height(),
      aliasScid: agreed.aliasScid,
      peerAliasScid: agreed.accept.aliasScid,
      state: 'pending',
      active: false,
      confirmed: undefined,
    }
  }
}

function shimOf(request: lnrpc.OpenChannelRequest): lnrpc.ChanPointShim {
  const shim = request.fundingShim?.shim
  if (shim?.case === 'chanPointShim') return shim.value
  throw new LndRefusal('only channels from a chan point shim are simulated', 12)
}

function checkRequest(request: lnrpc.OpenChannelRequest): ChannelType {
  const { localFundingAmount: amount, pushSat: push } = request
  if (push >= amount) {
    throw new LndRefusal('amount pushed to remote peer for initial state must be below the local funding amount')
  }
  if (amount < MIN_CHANNEL) {
    throw new LndRefusal('channel is too small, the minimum channel size is: 20000 SAT')
  }
  if (amount > MAX_CHANNEL) {
    throw new LndRefusal(`funding amount is too large, the max channel size is: ${btc(MAX_CHANNEL)}`)
  }
  if (request.zeroConf && request.commitmentType === 'UNKNOWN_COMMITMENT_TYPE') {
    throw new LndRefusal('use anchors for zero-conf')
  }
  const type = channelTypeOf(request.commitmentType)
  if (type === undefined) throw new LndRefusal(`unhandled request channel type ${request.commitmentType}`)
  if (type === 'SIMPLE_TAPROOT' && !request.private) throw new LndRefusal('taproot channels must be private')
  return type
}

/** As Go's btcutil prints an amount. */
function btc(sat: bigint): string {
  if (sat === 0n) return '0 BTC'
  const text = sat.toString().padStart(9, '0')
  return `${text.slice(0, -8)}.${text.slice(-8)} BTC`
}
