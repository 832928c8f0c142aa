import { verifyMessage } from '@tidepool/crypto'
import type { AccountKey } from '@tidepool/crypto'
import { checkPartial } from '../core/signing.ts'
import type { PartialJob, PartialVerdict } from '../core/signing.ts'

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

/** Checks the traders' halves of MuSig2 signatures, which come almost together at the end of a batch. */
export interface PartialChecker {
  /** `among`: how many accounts the batch has. */
  check(job: PartialJob, among: number): Promise<PartialVerdict>
}

/** Checks in this thread. */
export const checkPartialsHere: PartialChecker = {
  check: (job) => new Promise((resolve) => resolve(checkPartial(job))),
}
