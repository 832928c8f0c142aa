import { fundingScript, pubKey } from '@tidepool/crypto'
import { FAMILY, type KeyLocator, type KeyRing } from '../keys/keyRing.ts'
import type { ChannelKeys, LocalKeys } from './channel.ts'
import type { ChannelType } from './channelType.ts'

/** Fresh basepoints beside a given or fresh funding key. */
export function makeLocalKeys(ring: KeyRing, multiSig?: KeyLocator): LocalKeys {
  const funding = multiSig ?? ring.nextKey(FAMILY.multiSig).locator
  const revocation = ring.nextKey(FAMILY.revocation).locator
  const htlc = ring.nextKey(FAMILY.htlc).locator
  const payment = ring.nextKey(FAMILY.payment).locator
  const delay = ring.nextKey(FAMILY.delay).locator
  const revocationRoot = ring.nextKey(FAMILY.revocationRoot).locator
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
