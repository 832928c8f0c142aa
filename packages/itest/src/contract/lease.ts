import { fundingScript, pubKey, satoshi, toHex, txidToBytes, type TxOutput, type Txid } from '@tidepool/crypto'
import type { lnrpc } from '@tidepool/rpc'
import type { Contract, Lnd } from './contract.ts'
import { random32, record, type Recording } from './words.ts'

export const CAPACITY = 1_000_000n

export interface LeaseTerms {
  readonly type: lnrpc.CommitmentType
  readonly announced: boolean
  readonly zeroConf: boolean
  readonly push: bigint
  /** As in the shims. */
  readonly thawHeight: number
}

type KeyDescriptor = Awaited<ReturnType<Lnd['walletKit']['deriveNextKey']>>

/** What both sides agree on before the channel exists. */
export interface Agreement {
  readonly terms: LeaseTerms
  readonly pendingId: Uint8Array
  readonly makerKey: KeyDescriptor
  readonly takerKey: KeyDescriptor
  readonly output: TxOutput
}

export async function agree(nodes: Contract, terms: LeaseTerms): Promise<Agreement> {
  const makerKey = await nodes.maker.walletKit.deriveNextKey({ keyFamily: 0 })
  const takerKey = await nodes.taker.walletKit.deriveNextKey({ keyFamily: 0 })
  const kind = terms.type === 'SIMPLE_TAPROOT' ? 'simpleTaproot' : 'p2wsh'
  const keys = [pubKey(makerKey.rawKeyBytes), pubKey(takerKey.rawKeyBytes)] as const
  const output = { value: satoshi(CAPACITY), script: fundingScript({ keys, kind }) }
  return { terms, pendingId: random32(), makerKey, takerKey, output }
}

/** One side's shim for an outpoint. */
export function shim(agreement: Agreement, side: 'maker' | 'taker', txid: Txid, index = 0): lnrpc.FundingShimInit {
  const [own, peer] =
    side === 'maker' ? [agreement.makerKey, agreement.takerKey] : [agreement.takerKey, agreement.makerKey]
  return {
    shim: {
      case: 'chanPointShim',
      value: {
        amt: CAPACITY,
        chanPoint: chanPoint(txid, index),
        localKey: { rawKeyBytes: own.rawKeyBytes, keyLoc: own.keyLoc ?? {} },
        remoteKey: peer.rawKeyBytes,
        pendingChanId: agreement.pendingId,
        thawHeight: agreement.terms.thawHeight,
        musig2: agreement.terms.type === 'SIMPLE_TAPROOT',
      },
    },
  }
}

export const chanPoint = (txid: Txid, index = 0): lnrpc.ChannelPointInit => ({
  fundingTxid: { case: 'fundingTxidBytes', value: txidToBytes(txid) },
  outputIndex: index,
})

/** Changes some fields of a shim, to see who notices. */
export function altered(shimmed: lnrpc.FundingShimInit, change: lnrpc.ChanPointShimInit): lnrpc.FundingShimInit {
  if (shimmed.shim?.case !== 'chanPointShim') return shimmed
  return { shim: { case: 'chanPointShim', value: { ...shimmed.shim.value, ...change } } }
}

export const register = (lnd: Lnd, funding: lnrpc.FundingShimInit): Promise<unknown> =>
  lnd.lightning.fundingStateStep({ trigger: { case: 'shimRegister', value: funding } })

export const cancelShim = (lnd: Lnd, pendingChanId: Uint8Array): Promise<unknown> =>
  lnd.lightning.fundingStateStep({ trigger: { case: 'shimCancel', value: { pendingChanId } } })

export const noIntent = (pendingId: Uint8Array): string =>
  `no funding intent found for pendingChannelID(${toHex(pendingId)})`

export function openRequest(
  nodes: Contract,
  agreement: Agreement,
  fundingShim: lnrpc.FundingShimInit,
): lnrpc.OpenChannelRequestInit {
  const { terms } = agreement
  return {
    nodePubkey: Buffer.from(nodes.taker.node.nodeKey, 'hex'),
    localFundingAmount: CAPACITY,
    pushSat: terms.push,
    private: !terms.announced,
    commitmentType: terms.type,
    zeroConf: terms.zeroConf,
    fundingShim,
  }
}

/** Opens and resolves at `chan_pending`, or throws what ended the stream. */
export async function openUntilPending(
  lnd: Lnd,
  request: lnrpc.OpenChannelRequestInit,
): Promise<{ readonly pending: lnrpc.PendingUpdate; readonly stream: Recording<lnrpc.OpenStatusUpdate> }> {
  const stream = record(lnd.lightning.openChannel(request))
  const first = await new Promise<lnrpc.OpenStatusUpdate>((resolve, reject) => {
    const look = setInterval(() => {
      const [event] = stream.events
      if (event !== undefined) resolve(event)
      else if (stream.ended() !== undefined) reject(stream.ended() ?? new Error('the stream ended'))
      else return
      clearInterval(look)
    }, 10)
  })
  if (first.update?.case !== 'chanPending') throw new Error('expected chan_pending first')
  return { pending: first.update.value, stream }
}

type Answer = lnrpc.ChannelAcceptResponseInit | undefined

/** Answers the taker's questions; by default yes to all, with zero-conf where it is wanted. */
export function acceptChannels(
  lnd: Lnd,
  answer: (question: lnrpc.ChannelAcceptRequest) => Answer | Promise<Answer> = (question) => ({
    accept: true,
    zeroConf: question.wantsZeroConf,
  }),
): { readonly questions: readonly lnrpc.ChannelAcceptRequest[]; stop(): void } {
  const stream = lnd.lightning.channelAcceptor()
  const questions: lnrpc.ChannelAcceptRequest[] = []
  const reply = async (question: lnrpc.ChannelAcceptRequest): Promise<void> => {
    const response = await answer(question)
    if (response !== undefined) await stream.send({ ...response, pendingChanId: question.pendingChanId })
  }
  const serve = async (): Promise<void> => {
    for await (const question of stream) {
      questions.push(question)
      reply(question).catch(() => undefined)
    }
  }
  serve().catch(() => undefined)
  return { questions, stop: () => stream.cancel() }
}

/** The maker, or another node, connects to the taker, unless they are already. */
export async function connect(nodes: Contract, from: 'maker' | 'poor' = 'maker'): Promise<void> {
  const { taker } = nodes
  const maker = nodes[from]
  const { peers } = await maker.lightning.listPeers({})
  if (peers.some((peer) => peer.pubKey === taker.node.nodeKey)) return
  const events = record(maker.lightning.subscribePeerEvents({}))
  const host = taker.node.uri.split('@')[1] ?? ''
  await maker.lightning
    .connectPeer({ addr: { pubkey: taker.node.nodeKey, host }, timeout: 10n })
    .catch((error: unknown) => {
      if (!String(error).includes('already connected')) throw error
    })
  await events
    .next('online', (event) => event.type === 'PEER_ONLINE' && event.pubKey === taker.node.nodeKey, 3000)
    .catch(() => undefined)
  events.cancel()
}

/** Both nodes forget a channel of a batch that is not to be. */
export async function abandon(nodes: Contract, point: lnrpc.ChannelPointInit, zeroConf = false): Promise<void> {
  const flags = zeroConf ? { iKnowWhatIAmDoing: true } : { pendingFundingShimOnly: true }
  for (const lnd of [nodes.maker, nodes.taker]) {
    await lnd.lightning.abandonChannel({ channelPoint: point, ...flags })
  }
}
