import { formatOutPoint, nodeKey, pubKey, toHex } from '@tidepool/crypto'
import type { OutPoint, OutPointText, PubKey } from '@tidepool/crypto'
import { KeyRing, exportBackup } from '@tidepool/simnet'
import type { Channel } from '@tidepool/simnet'
import type { Channels, KnownChannel, Wallet } from '@tidepool/trader'
import type { RecordedChain } from '../recordedChain.ts'
import type { ChannelFact, TraderFacts } from '../recording/traderFacts.ts'

type Shim = Parameters<Channels['registerShim']>[0]
type Expected = Shim & { readonly initiator: boolean }

const PAYMENT_FAMILY = 3
const BACKUP_FAMILY = 7

/** The recorded trader's channels: each one is there as soon as it is asked for, as lnd described it then. */
export class RecordedChannels implements Channels {
  readonly #facts: TraderFacts
  readonly #chain: RecordedChain
  readonly #expected = new Map<OutPointText, Expected>()
  readonly #ring = KeyRing.forName('recorded')
  readonly #payments: PubKey[] = []
  readonly #appeared: OutPoint[] = []
  #wake: () => void = () => undefined

  constructor(facts: TraderFacts, chain: RecordedChain) {
    this.#facts = facts
    this.#chain = chain
  }

  /** Keys that channel backups name. */
  keyAt({ family, index }: Parameters<Wallet['keyAt']>[0]): PubKey | undefined {
    if (family === PAYMENT_FAMILY) return this.#payments[index]
    return family === BACKUP_FAMILY ? pubKey(this.#ring.publicKey({ family, index })) : undefined
  }

  connectPeer(): Promise<void> {
    return Promise.resolve()
  }

  /** In the recordings the two nodes are always connected. */
  onlinePeers(): ReturnType<Channels['onlinePeers']> {
    const peers = [...this.#facts.channels.values()].map(({ remoteNodeKey }) => nodeKey(remoteNodeKey))
    return Promise.resolve(new Set(peers))
  }

  async *peerEvents(signal: AbortSignal): ReturnType<Channels['peerEvents']> {
    await untilAborted(signal)
    yield* []
  }

  registerShim(shim: Shim): Promise<'registered'> {
    this.#expect({ ...shim, initiator: false })
    return Promise.resolve('registered')
  }

  cancelShim(): Promise<void> {
    return Promise.resolve()
  }

  openChannel({ shim }: Parameters<Channels['openChannel']>[0]): Promise<OutPoint> {
    this.#expect({ ...shim, initiator: true })
    return Promise.resolve(shim.outpoint)
  }

  abandonChannel(): ReturnType<Channels['abandonChannel']> {
    return Promise.resolve('abandoned')
  }

  async *channelsAppearing(signal: AbortSignal): ReturnType<Channels['channelsAppearing']> {
    const ended = untilAborted(signal)
    while (!signal.aborted) {
      for (let next = this.#appeared.shift(); next !== undefined; next = this.#appeared.shift()) yield next
      await Promise.race([ended, new Promise<void>((resolve) => (this.#wake = resolve))])
    }
  }

  #expect(channel: Expected): void {
    this.#expected.set(formatOutPoint(channel.outpoint), channel)
    this.#appeared.push(channel.outpoint)
    this.#wake()
  }

  /** A channel is pending as soon as this side expects it: the other side was always there. */
  knownChannels(): Promise<readonly KnownChannel[]> {
    const channels = [...this.#expected.values()].flatMap(({ outpoint, thawHeight }) => {
      const info = this.#facts.channels.get(formatOutPoint(outpoint))
      if (info === undefined) return []
      const fundingHeight = this.#chain.confirmed(outpoint.txid, 1)?.height ?? 0
      const peer = nodeKey(info.remoteNodeKey)
      return [{ outpoint, peer, pending: fundingHeight === 0, thawHeight, fundingHeight }]
    })
    return Promise.resolve(channels)
  }

  channelBackup(outpoint: OutPoint): Promise<Uint8Array> {
    const text = formatOutPoint(outpoint)
    const shim = this.#expected.get(text)
    const info = this.#facts.channels.get(text)
    if (shim === undefined || info === undefined) return Promise.reject(new Error(`channel ${text} was not recorded`))
    this.#payments.push(pubKey(info.localPaymentBasePoint))
    return Promise.resolve(exportBackup(this.#ring, backedUp(shim, info, this.#payments.length - 1), '127.0.0.1:9735'))
  }

  async acceptChannels(_judge: unknown, signal: AbortSignal): Promise<void> {
    await untilAborted(signal)
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

const TYPES: Readonly<Record<string, Channel['type']>> = {
  ANCHORS: 'ANCHORS',
  SCRIPT_ENFORCED_LEASE: 'SCRIPT_ENFORCED_LEASE',
  SIMPLE_TAPROOT: 'SIMPLE_TAPROOT',
}

const NO_KEY = new Uint8Array(33)

/** What lnd would write into a backup: the channel of the shim, with the keys it told the auctioneer of. */
function backedUp(shim: Expected, info: ChannelFact, payment: number): Channel {
  const { outpoint, localKey, capacity, thawHeight, initiator } = shim
  const type = TYPES[String(info.type)]
  if (type === undefined) throw new Error(`no channel of type ${String(info.type)} was recorded`)
  const none = { family: 0, index: 0 }
  const locators = { revocation: none, delay: none, htlc: none, revocationRoot: none }
  const remote = { revocation: NO_KEY, delay: NO_KEY, htlc: NO_KEY }
  return {
    ...{ point: formatOutPoint(outpoint), txid: outpoint.txid, index: outpoint.index, initiator, type, capacity },
    ...{ peer: toHex(info.remoteNodeKey), pendingId: toHex(shim.pendingChannelId), push: 0n, private: false },
    ...{ zeroConf: false, thawHeight, fundingScript: new Uint8Array(), depth: 0, broadcastHeight: 0, aliasScid: 0n },
    ...{ peerAliasScid: 0n, state: 'pending', active: false, confirmed: undefined },
    local: {
      keys: { multiSig: NO_KEY, payment: NO_KEY, ...remote },
      locators: { multiSig: localKey, payment: { family: PAYMENT_FAMILY, index: payment }, ...locators },
    },
    remote: { multiSig: Buffer.from(shim.remoteKey, 'hex'), payment: info.remotePaymentBasePoint, ...remote },
  }
}
