import { concatBytes, pointFromSecret, secretNegate, sha256, tweakSecret } from '@tidepool/crypto'
import type { signrpc } from '@tidepool/rpc'
import { FAMILY, isEmptyLocator, type KeyLocator, type KeyRing } from '../keys/keyRing.ts'
import { LndRefusal } from '../lndRefusal.ts'
import { GROUP_ORDER, modInt } from './scalar.ts'

export const locatorOf = (loc: signrpc.KeyLocator | undefined): KeyLocator => ({
  family: loc?.keyFamily ?? 0,
  index: loc?.keyIndex ?? 0,
})

/**
 * Secret the signer uses for a descriptor: a locator other than (0,0) wins; else the raw key is looked up among those
 * handed out, and if it is unknown key (0,0) signs without a word, as lnd's does.
 */
export function signingSecret(ring: KeyRing, descriptor: signrpc.SignDescriptor): Uint8Array {
  const locator = locatorOf(descriptor.keyDesc?.keyLoc)
  const raw = descriptor.keyDesc?.rawKeyBytes ?? new Uint8Array()
  const found = isEmptyLocator(locator) && raw.length > 0 ? ring.find(raw) : undefined
  const base = ring.secret(found ?? (isEmptyLocator(locator) ? { family: FAMILY.multiSig, index: 0 } : locator))
  return tweaked(doubleTweaked(base, descriptor.doubleTweak), descriptor.singleTweak)
}

function tweaked(secret: Uint8Array, tweak: Uint8Array): Uint8Array {
  if (tweak.length === 0) return secret
  if (tweak.length > 32) throw new LndRefusal(`single tweak must be 32 bytes, got ${tweak.length}`)
  // A short tweak is read as a smaller number, not refused.
  return tweakSecret(secret, concatBytes(new Uint8Array(32 - tweak.length), tweak))
}

/** Revocation style (BOLT-3): base · H(B ‖ C) + commit · H(C ‖ B). */
function doubleTweaked(base: Uint8Array, commit: Uint8Array): Uint8Array {
  if (commit.length === 0) return base
  const [B, C] = [pointFromSecret(base), pointFromSecret(commit)]
  const own = modInt(base) * modInt(sha256(B, C))
  const theirs = modInt(commit) * modInt(sha256(C, B))
  const sum = ((own + theirs) % GROUP_ORDER).toString(16).padStart(64, '0')
  return Uint8Array.from(Buffer.from(sum, 'hex'))
}

/** The secret whose point has an even Y, as x-only keys mean. */
export const evenSecret = (secret: Uint8Array): Uint8Array =>
  pointFromSecret(secret)[0] === 3 ? secretNegate(secret) : secret
