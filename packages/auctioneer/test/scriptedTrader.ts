import {
  accountAuthMessage,
  accountCommitment,
  accountKey,
  accountOutput,
  accountSecret,
  blockHeight,
  derEncode,
  formatOutPoint,
  fundingOutput,
  generateNonce,
  nodeKey,
  orderNonce,
  pointFromSecret,
  pubKey,
  satoshi,
  satPerKWeight,
  sha256,
  SighashCache,
  signEcdsa,
  signMessage,
  signPartial,
  startSession,
  tweakSecret,
  txidOf,
  equalBytes,
} from '@tidepool/crypto'
import type { AccountKey, BlockCount, OutPointText, PubKey } from '@tidepool/crypto'
import {
  batchVersion,
  commitmentType,
  nextAccount,
  orderDigest,
  ratePpb,
  supplyUnits,
  UNIT_SAT,
} from '@tidepool/market'
import type {
  Account,
  AccountVersion,
  Ask,
  BatchProposal,
  BatchReject,
  Bid,
  ChannelInfo,
  Order,
  SignReply,
  SignRequest,
} from '@tidepool/market'
import type { Auctioneer } from '../src/app/auctioneer.ts'
import type { TraderSession } from '../src/app/traderSession.ts'
import type { ServerMessage } from '../src/core/messages.ts'
import type { StreamEnd } from '../src/ports/traderStream.ts'
import { coinbase } from './fakeWorld.ts'
import type { FakeChain } from './fakeWorld.ts'

/** What the trader does when asked; a test overrides single steps. */
export interface Script {
  onPrepare: (proposal: BatchProposal, trader: ScriptedTrader) => 'accept' | 'silent' | 'drop' | BatchReject
  onSign: (reply: SignReply, trader: ScriptedTrader) => SignReply | 'silent' | 'drop' | BatchReject
}

const OBEDIENT: Script = { onPrepare: () => 'accept', onSign: (reply) => reply }

/** A trader with one account and one node that follows the protocol unless told otherwise. */
export class ScriptedTrader {
  readonly name: string
  readonly secret: Uint8Array
  readonly key: AccountKey
  readonly node: ReturnType<typeof nodeKey>
  readonly received: ServerMessage[] = []
  readonly script: Script = { ...OBEDIENT }
  ended: { readonly why: StreamEnd; readonly details: string } | undefined
  session: TraderSession | undefined
  account: Account | undefined
  pending: BatchProposal | undefined
  readonly #auctioneer: () => Auctioneer
  readonly #chain: FakeChain
  #orders = 0

  constructor(name: string, auctioneer: () => Auctioneer, chain: FakeChain) {
    this.name = name
    this.secret = sha256(Buffer.from(`trader ${name}`))
    this.key = accountKey(pointFromSecret(this.secret))
    this.node = nodeKey(pointFromSecret(sha256(Buffer.from(`node ${name}`))))
    this.#auctioneer = auctioneer
    this.#chain = chain
  }

  /** Reserve, fund, init; confirmations are the test's business. */
  async openAccount(value: number, version: AccountVersion, blocks = 5000): Promise<void> {
    const { accounts } = this.#auctioneer()
    const expiry = blockHeight(this.#chain.bestHeight() + blocks)
    const request = { traderKey: this.key, value: BigInt(value), expiry, version }
    const { auctioneerKey, batchKey } = await accounts.reserve(request)
    const secret = accountSecret(this.secret, auctioneerKey)
    const { script } = accountOutput({ version, traderKey: this.key, auctioneerKey, batchKey, secret, expiry })
    const funding = coinbase([{ value: satoshi(value), script }], `funding ${this.name}`)
    const outpoint = { txid: txidOf(funding), index: 0 }
    this.#chain.broadcast(funding)
    await accounts.init({ ...request, outpoint, script, userAgent: this.name })
    this.account = { key: this.key, value: satoshi(value), expiry, version, auctioneerKey, batchKey, secret, outpoint }
  }

  /** Opens a stream and proves the account. */
  async connect(version = 58): Promise<void> {
    this.ended = undefined
    this.pending = undefined
    const session = this.#auctioneer().openSession({
      send: (message) => {
        this.received.push(message)
        queueMicrotask(() => void this.#react(session, message))
        return Promise.resolve()
      },
      end: (why, details) => {
        this.ended = { why, details }
      },
    })
    this.session = session
    const nonce = sha256(Buffer.from(`${this.name} nonce ${this.received.length}`))
    const commitHash = accountCommitment(this.key, nonce)
    await session.receive({ kind: 'commit', commitHash, batchVersion: batchVersion(version) })
    const challenge = this.received.at(-1)
    if (challenge?.kind !== 'challenge') throw new Error('no challenge')
    const authSig = signMessage(accountAuthMessage(commitHash, challenge.challenge), this.secret)
    await session.receive({ kind: 'subscribe', traderKey: this.key, commitNonce: nonce, authSig })
  }

  disconnect(): void {
    this.session?.closed()
    this.session = undefined
  }

  get lastMessage(): ServerMessage | undefined {
    return this.received.at(-1)
  }

  ask(units: number, fields: Partial<Ask> = {}): Ask {
    return {
      ...this.#base(units),
      kind: 'ask',
      announcement: 'none',
      confirmation: 'none',
      nodeAddresses: [{ network: 'tcp', addr: '127.0.0.1:9735' }],
      ...fields,
    } as Ask
  }

  bid(units: number, fields: Partial<Bid> = {}): Bid {
    return {
      ...this.#base(units),
      kind: 'bid',
      rate: ratePpb(2000),
      minNodeTier: 'tier0',
      selfChannelBalance: satoshi(0),
      isSidecar: false,
      unannounced: false,
      zeroConf: false,
      ...fields,
    } as Bid
  }

  submit(order: Order): Promise<void> {
    const signature = signMessage(orderDigest(order), this.secret)
    return this.#auctioneer().orders.submit({ order, signature, userAgent: this.name })
  }

  /** Orders it has made so far; the number of the latest. */
  get madeOrders(): number {
    return this.#orders
  }

  preimage(index: number): Uint8Array {
    return sha256(Buffer.from(`${this.name} order ${index}`))
  }

  #base(units: number) {
    this.#orders += 1
    return {
      nonce: orderNonce(sha256(this.preimage(this.#orders))),
      version: 5 as const,
      auctionType: 'inbound' as const,
      rate: ratePpb(1000),
      amount: satoshi(BigInt(units) * UNIT_SAT),
      minUnitsMatch: supplyUnits(1),
      leaseDuration: 2016 as BlockCount,
      maxBatchFeeRate: satPerKWeight(25_000),
      channelType: 'scriptEnforced' as const,
      multiSigKey: pubKey(pointFromSecret(sha256(Buffer.from(`${this.name} funding ${this.#orders}`)))),
      nodeKey: this.node,
      nodeAddresses: [],
      accountKey: this.key,
      nodeFilter: { kind: 'any' as const },
      isPublic: true,
    }
  }

  async #react(session: TraderSession, message: ServerMessage): Promise<void> {
    if (this.session !== session) return
    if (message.kind === 'prepare') await this.#prepared(session, message.proposal)
    if (message.kind === 'signBegin') await this.#sign(session, message.request)
    if (message.kind === 'finalize') this.#finalized()
  }

  async #prepared(session: TraderSession, proposal: BatchProposal): Promise<void> {
    this.pending = proposal
    const answer = this.script.onPrepare(proposal, this)
    if (answer === 'silent') return
    if (answer === 'drop') return this.disconnect()
    if (answer === 'accept') return session.receive({ kind: 'accept', batchId: proposal.batchId })
    return session.receive({ kind: 'reject', reject: answer })
  }

  async #sign(session: TraderSession, request: SignRequest): Promise<void> {
    const { pending, account } = this
    if (pending === undefined || account === undefined) throw new Error('SignBegin without a proposal')
    const own = this.#ownSignature(pending, account, request)
    const reply: SignReply = {
      batchId: pending.batchId,
      accountSigs: new Map([[this.key, own.signature]]),
      traderNonces: own.nonce === undefined ? new Map() : new Map([[this.key, own.nonce]]),
      channelInfos: this.#channelInfos(pending),
    }
    const answer = this.script.onSign(reply, this)
    if (answer === 'silent') return
    if (answer === 'drop') return this.disconnect()
    if ('reason' in answer) return session.receive({ kind: 'reject', reject: answer })
    return session.receive({ kind: 'sign', reply: answer })
  }

  #ownSignature(pending: BatchProposal, account: Account, request: SignRequest) {
    const { transaction } = pending
    const index = transaction.inputs.findIndex(
      ({ prevout }) => formatOutPoint(prevout) === formatOutPoint(account.outpoint),
    )
    const cache = new SighashCache(transaction, request.prevOutputs)
    const output = accountOutput({ ...account, traderKey: account.key })
    if (output.kind === 'p2wsh') {
      const secret = tweakSecret(this.secret, output.traderTweak)
      return { signature: derEncode(signEcdsa(cache.segwitV0(index, output.witnessScript), secret)), nonce: undefined }
    }
    const server = request.serverNonces.get(this.key)
    if (server === undefined) throw new Error('no server nonce')
    const { secretNonce, publicNonce } = generateNonce(sha256(server), { publicKey: this.key })
    const session = startSession({
      key: output.aggregateKey,
      message: cache.taprootKeyPath(index),
      publicNonces: [server, publicNonce],
    })
    return { signature: signPartial(session, secretNonce, this.secret), nonce: publicNonce }
  }

  #channelInfos(pending: BatchProposal): ReadonlyMap<OutPointText, ChannelInfo> {
    const infos = new Map<OutPointText, ChannelInfo>()
    for (const { ownNonce, counterpart, units } of pending.matches) {
      const own = this.#auctioneer().ledger.openOrders.get(ownNonce)?.order
      if (own === undefined) continue
      const extra =
        own.kind === 'bid' ? own.selfChannelBalance : counterpart.kind === 'bid' ? counterpart.selfChannelBalance : 0n
      const value = satoshi(BigInt(units) * UNIT_SAT + extra)
      const commitment = commitmentType(own.channelType, counterpart.channelType)
      const kind = commitment === 'simpleTaproot' ? 'simpleTaproot' : 'p2wsh'
      const { script } = fundingOutput({ keys: [own.multiSigKey, counterpart.multiSigKey], kind, value })
      const index = pending.transaction.outputs.findIndex((o) => o.value === value && equalBytes(o.script, script))
      infos.set(formatOutPoint({ txid: txidOf(pending.transaction), index }), {
        type: commitment === 'unspecified' ? 'anchors' : commitment,
        localNodeKey: this.node,
        remoteNodeKey: counterpart.nodeKey,
        localPaymentBasePoint: basePoint(this.node, own.multiSigKey),
        remotePaymentBasePoint: basePoint(counterpart.nodeKey, counterpart.multiSigKey),
      })
    }
    return infos
  }

  #finalized(): void {
    const { pending, account } = this
    const diff = pending?.accountDiffs.find(({ accountKey: key }) => key === this.key)
    if (pending === undefined || account === undefined || diff === undefined) return
    this.account = nextAccount(account, diff, pending.batchVersion, txidOf(pending.transaction))
    this.pending = undefined
  }
}

function basePoint(node: PubKey, funding: PubKey): PubKey {
  return pubKey(pointFromSecret(sha256(Buffer.from(`${node}/${funding}`))))
}
