import { verifyMessage } from '@tidepool/crypto'
import type { AccountKey } from '@tidepool/crypto'

/** A signature that an order came with: DER, by the key over the digest. */
export interface SignedDigest {
  readonly digest: Uint8Array
  readonly signature: Uint8Array
  readonly key: AccountKey
}

/** Checks signatures, most of the work of taking an order in. */
export interface SignatureChecker {
  isValid(signed: SignedDigest): Promise<boolean>
}

/** Checks in this thread. */
export const checkHere: SignatureChecker = {
  isValid: ({ digest, signature, key }) => Promise.resolve(verifyMessage(digest, signature, key)),
}
