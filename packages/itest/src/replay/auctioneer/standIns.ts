import type * as Crypto from '@tidepool/crypto'

/** What a batch changes of one account besides its value; zeros for nothing. */
export interface RecordedChange {
  readonly newExpiry: number
  readonly newVersion: number
}

/**
 * What the recorded auctioneer did on its own account, so that ours can be made to do the same: then the recorded
 * client's signatures fit what ours proposes. Filled before a recording is played.
 */
export const recorded = {
  /** By commitment: the nonce behind a challenge was not recorded, only its hash. */
  challenges: new Map<string, Uint8Array>(),
  /** By account key and batch key: which account to extend or upgrade is the operator's policy. */
  changes: new Map<string, RecordedChange>(),
}

export const changeKey = (account: { readonly key: string; readonly batchKey: string }): string =>
  `${account.key} ${account.batchKey}`

/** In place of the policy of `market/matching/accountChange.ts`. */
export const recordedChange = (account: { readonly key: string; readonly batchKey: string }): RecordedChange =>
  recorded.changes.get(changeKey(account)) ?? { newExpiry: 0, newVersion: 0 }

/** The crypto package with the recorded challenges and the recorded auctioneer's form of its own output. */
export function cryptoAsRecorded(original: typeof Crypto): typeof Crypto {
  return {
    ...original,
    accountChallenge: (commitment, nonce) =>
      recorded.challenges.get(original.toHex(commitment)) ?? original.accountChallenge(commitment, nonce),
    masterAccountOutput: ({ auctioneerKey }) => untweakedOutput(auctioneerKey, original),
  }
}

const PUSH_KEY = 0x21
const CHECKSIG = 0xac

/** `<key> OP_CHECKSIG` with the bare key; ours tweaks it with the batch key (white paper §6.1.1). */
function untweakedOutput(key: Crypto.PubKey, crypto: typeof Crypto): Crypto.MasterAccountOutput {
  const witnessScript = crypto.concatBytes(Uint8Array.of(PUSH_KEY), crypto.idToBytes(key), Uint8Array.of(CHECKSIG))
  const script = crypto.concatBytes(Uint8Array.of(0, 32), crypto.sha256(witnessScript))
  return { tweak: new Uint8Array(32), tweakedKey: key, witnessScript, script }
}
