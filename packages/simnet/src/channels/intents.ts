import { equalBytes, isPoint, toHex } from '@tidepool/crypto'
import type { lnrpc } from '@tidepool/rpc'
import { hashText } from '../chain/block.ts'
import type { KeyLocator, KeyRing } from '../keys/keyRing.ts'
import { LndRefusal } from '../lndRefusal.ts'

/** What a chan-point shim says. */
export interface Intent {
  readonly kind: 'shim'
  readonly amount: bigint
  readonly txid: string
  readonly index: number
  readonly localKey: Uint8Array
  readonly localLocator: KeyLocator
  readonly remoteKey: Uint8Array
  readonly thawHeight: number
  readonly musig2: boolean
}

/** Left behind by an incoming channel that nothing was registered for. */
export interface PlainIntent {
  readonly kind: 'plain'
}

/** Funding intents by pending channel id. In memory: a restarted node has none. lnd lnwallet/wallet.go */
export class Intents {
  private readonly byId = new Map<string, Intent | PlainIntent>()

  get(pendingId: string): Intent | PlainIntent | undefined {
    return this.byId.get(pendingId)
  }

  /** @throws LndRefusal when the id has one already, even an equal one */
  register(pendingId: string, intent: Intent): void {
    if (this.byId.has(pendingId)) {
      throw new LndRefusal(`duplicate pending channel ID: already has intent registered: ${pendingId}`)
    }
    this.byId.set(pendingId, intent)
  }

  leave(pendingId: string, intent: Intent | PlainIntent): void {
    this.byId.set(pendingId, intent)
  }

  /** @throws LndRefusal when there is none */
  cancel(pendingId: string): void {
    if (!this.byId.delete(pendingId)) throw new LndRefusal(`no funding intent found for pendingChannelID(${pendingId})`)
  }

  consume(pendingId: string): void {
    this.byId.delete(pendingId)
  }
}

/** Parses and checks a shim in lnd's order; amount and thaw height may be 0. @throws LndRefusal */
export function parseShim(ring: KeyRing, shim: lnrpc.ChanPointShim): { pendingId: string; intent: Intent } {
  if (shim.remoteKey.length === 0) throw new LndRefusal('remote key not set')
  if (shim.localKey === undefined) throw new LndRefusal('local key desc not set')
  if (shim.localKey.rawKeyBytes.length === 0) throw new LndRefusal('local raw key bytes not set')
  if (shim.localKey.keyLoc === undefined) throw new LndRefusal('local key loc not set')
  if (shim.chanPoint === undefined) throw new LndRefusal('chan point not set')
  if (shim.pendingChanId.length !== 32) throw new LndRefusal('pending chan ID not set')
  const { keyFamily: family, keyIndex: index } = shim.localKey.keyLoc
  const localLocator = { family, index }
  if (!equalBytes(ring.publicKey(localLocator), shim.localKey.rawKeyBytes)) {
    throw new LndRefusal('KeyLocator does not match attached raw pubkey')
  }
  if (!isPoint(shim.remoteKey)) {
    throw new LndRefusal(`malformed public key: invalid length: ${shim.remoteKey.length}`)
  }
  const point = channelPointOf(shim.chanPoint)
  const intent: Intent = {
    kind: 'shim',
    amount: shim.amt,
    ...point,
    localKey: shim.localKey.rawKeyBytes,
    localLocator,
    remoteKey: shim.remoteKey,
    thawHeight: shim.thawHeight,
    musig2: shim.musig2,
  }
  return { pendingId: toHex(shim.pendingChanId), intent }
}

/** Either form of a channel point. @throws LndRefusal */
export function channelPointOf(point: lnrpc.ChannelPoint): { txid: string; index: number } {
  const { fundingTxid, outputIndex: index } = point
  if (fundingTxid === undefined) throw new LndRefusal('chan point not set')
  if (fundingTxid.case === 'fundingTxidStr') return { txid: fundingTxid.value, index }
  if (fundingTxid.value.length !== 32) {
    throw new LndRefusal(`invalid hash length of ${fundingTxid.value.length}, want 32`)
  }
  return { txid: hashText(fundingTxid.value), index }
}
