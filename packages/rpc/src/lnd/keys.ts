import { fromHex, pubKey, type PubKey } from '@tidepool/crypto'
import type { signrpc } from '../gen/packages.ts'
import type { LndClients } from './client.ts'
import { asLnd } from './errors.ts'

/** Path of a key in lnd's key ring. */
export interface KeyLocator {
  readonly family: number
  readonly index: number
}

export interface LocatedKey {
  readonly key: PubKey
  readonly locator: KeyLocator
}

export const locatorToLnd = (locator: KeyLocator): signrpc.KeyLocatorInit => ({
  keyFamily: locator.family,
  keyIndex: locator.index,
})

/** Both parts, always: lnd takes locator (0,0) for none and then looks the key up, or signs with another one. */
export const locatedKeyToLnd = ({ key, locator }: LocatedKey): signrpc.KeyDescriptorInit => ({
  rawKeyBytes: fromHex(key),
  keyLoc: locatorToLnd(locator),
})

/** @throws IdError BAD_PUBLIC_KEY */
export const locatedKeyFromLnd = ({ rawKeyBytes, keyLoc }: signrpc.KeyDescriptor): LocatedKey => ({
  key: pubKey(rawKeyBytes, "lnd's key"),
  locator: { family: keyLoc?.keyFamily ?? 0, index: keyLoc?.keyIndex ?? 0 },
})

/** The key at a place; the family's counter stays. @throws LndError */
export const deriveKey = async (lnd: LndClients, locator: KeyLocator): Promise<LocatedKey> =>
  locatedKeyFromLnd(await asLnd(lnd.walletKit.deriveKey(locatorToLnd(locator))))

/** The next key of a family; every call uses an index up, also one whose answer is lost. @throws LndError */
export const deriveNextKey = async (lnd: LndClients, family: number): Promise<LocatedKey> =>
  locatedKeyFromLnd(await asLnd(lnd.walletKit.deriveNextKey({ keyFamily: family })))

/** SHA-256 of the compressed point that our key and the other's have in common. @throws LndError */
export async function deriveSharedKey(lnd: LndClients, locator: KeyLocator, other: PubKey): Promise<Uint8Array> {
  const request = { ephemeralPubkey: fromHex(other), keyDesc: { keyLoc: locatorToLnd(locator) } }
  return (await asLnd(lnd.signer.deriveSharedKey(request))).sharedKey
}
