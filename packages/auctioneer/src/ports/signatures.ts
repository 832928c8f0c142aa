import { verifyMessage } from '@tidepool/crypto'
import type { AccountKey } from '@tidepool/crypto'
import { checkCombined, checkPartial } from '../core/signatureChecks.ts'
import type { CombinedSignature, CombinedVerdict, PartialJob, PartialVerdict } from '../core/signatureChecks.ts'

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

/** Checks the MuSig2 signatures of a batch: the traders' halves, which come almost together, and what they make with ours. */
export interface BatchSignatureChecker {
  /** A batch of so many accounts is about to be signed. */
  expect(accounts: number): void
  /** `among`: how many accounts the batch has. */
  partial(job: PartialJob, among: number): Promise<PartialVerdict>
  combined(signature: CombinedSignature, among: number): Promise<CombinedVerdict>
}

/** Checks in this thread. */
export const checkBatchHere: BatchSignatureChecker = {
  expect: () => undefined,
  partial: (job) => new Promise((resolve) => resolve(checkPartial(job))),
  combined: (signature) => Promise.resolve(checkCombined(signature)),
}
