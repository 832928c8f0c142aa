import type { AccountKey, MuSig2Version, PubKey, TxOutput } from '@tidepool/crypto'
import { MUSIG2_VERSION_OF_ACCOUNT, SighashCache, accountOutput } from '@tidepool/crypto'
import type { AccountOutput } from '@tidepool/crypto'
import type { Account, SignRequest } from '@tidepool/market'
import type { AcceptedBatch, EndingAccount } from '../verify/verdict.ts'

/** A version 0 account: ECDSA with the tweaked trader key, SIGHASH_ALL (BIP-143). */
export interface EcdsaTask {
  readonly kind: 'ecdsa'
  readonly accountKey: AccountKey
  readonly inputIndex: number
  readonly witnessScript: Uint8Array
  /** Added to the base secret key: lnd's `single_tweak`. */
  readonly tweak: Uint8Array
  readonly tweakedKey: PubKey
  readonly prevOutput: TxOutput
  /** What is signed, 32 bytes. */
  readonly digest: Uint8Array
}

/** A taproot account: one MuSig2 session with the base keys, SIGHASH_DEFAULT on the key path (BIP-341). */
export interface MuSig2Task {
  readonly kind: 'musig2'
  readonly accountKey: AccountKey
  readonly inputIndex: number
  readonly version: MuSig2Version
  /** Auctioneer and trader. */
  readonly keys: readonly [PubKey, PubKey]
  /** The expiry leaf's hash: root of lnd's `taproot_tweak`. */
  readonly merkleRoot: Uint8Array
  /** The auctioneer's public nonce, 66 bytes. */
  readonly serverNonce: Uint8Array
  /** What is signed, 32 bytes. */
  readonly digest: Uint8Array
  /** x-only key that the combined signature verifies under. */
  readonly outputKey: Uint8Array
}

/** What to ask the node's signer for, one for each account in the batch. */
export type SignTask = EcdsaTask | MuSig2Task

/** The output that a batch spends of an account. */
export const spentOutput = (account: Account): AccountOutput => accountOutput({ ...account, traderKey: account.key })

/**
 * One task for each account, in the order of the accepted diffs. The request must have passed `checkSignRequest`.
 * @throws SighashError PREVIOUS_OUTPUT_MISSING
 */
export function signTasks(request: SignRequest, batch: AcceptedBatch): readonly SignTask[] {
  const cache = new SighashCache(batch.transaction, request.prevOutputs)
  return batch.accounts.map((ending) => signTask(ending, request, cache))
}

function signTask(ending: EndingAccount, request: SignRequest, cache: SighashCache): SignTask {
  const { before, inputIndex } = ending
  const output = spentOutput(before)
  const accountKey = before.key
  if (output.kind === 'p2wsh') {
    return {
      kind: 'ecdsa',
      accountKey,
      inputIndex,
      witnessScript: output.witnessScript,
      tweak: output.traderTweak,
      tweakedKey: output.tweakedTraderKey,
      prevOutput: { value: before.value, script: output.script },
      digest: cache.segwitV0(inputIndex, output.witnessScript),
    }
  }
  return {
    kind: 'musig2',
    accountKey,
    inputIndex,
    version: MUSIG2_VERSION_OF_ACCOUNT[output.version],
    keys: [before.auctioneerKey, accountKey],
    merkleRoot: output.merkleRoot,
    serverNonce: request.serverNonces.get(accountKey) ?? new Uint8Array(),
    digest: cache.taprootKeyPath(inputIndex),
    outputKey: output.outputKey,
  }
}
