import { fundingScript, pubKey } from '@tidepool/crypto'
import { FAMILY, type KeyLocator, type KeyRing } from '../keys/keyRing.ts'
import type { ChannelKeys, LocalKeys } from './channel.ts'
import type { ChannelType } from './channelType.ts'

/** Fresh basepoints beside a given or fresh funding key. */
export function makeLocalKeys(ring: KeyRing, multiSig?: KeyLocator): LocalKeys {
  const funding = multiSig ?? ring.nextLocator(FAMILY.multiSig)
  const revocation = ring.nextLocator(FAMILY.revocation)
  const htlc = ring.nextLocator(FAMILY.htlc)
  const payment = ring.nextLocator(FAMILY.payment)
  const delay = ring.nextLocator(FAMILY.delay)
  const revocationRoot = ring.nextLocator(FAMILY.revocationRoot)
  const locators = { multiSig: funding, revocation, payment, delay, htlc, revocationRoot }
  const keys: ChannelKeys = {
    multiSig: ring.publicKey(funding),
    revocation: ring.publicKey(revocation),
    payment: ring.publicKey(payment),
    delay: ring.publicKey(delay),
    htlc: ring.publicKey(htlc),
  }
  return { keys, locators }
}

/** scriptPubKey a channel's funding output must have. */
export function channelScript(type: ChannelType, musig2: boolean, a: Uint8Array, b: Uint8Array): Uint8Array {
  const kind = type === 'SIMPLE_TAPROOT' && musig2 ? 'simpleTaproot' : 'p2wsh'
  return fundingScript({ keys: [pubKey(a), pubKey(b)], kind })
}
