import {
  MUSIG2_VERSION_OF_ACCOUNT,
  MuSig2Error,
  SighashCache,
  accountOutput,
  combinePartials,
  expiryWitness,
  idToBytes,
  keyPathWitness,
  multiSigWitness,
  startSession,
  verifyDer,
  verifySchnorr,
  withoutSighashAll,
} from '@tidepool/crypto'
import type { AccountOutput, P2trAccountOutput, P2wshAccountOutput } from '@tidepool/crypto'
import { modifyRequest } from '@tidepool/market'
import type { CheckedChange } from '@tidepool/market'
import type { FundedAccount } from '../../core/account.ts'
import { StartupError, TraderError, reasonOf } from '../../core/errors.ts'
import type { EcdsaTask } from '../../core/sign/signTask.ts'
import type { ChangeSigner } from '../../ports/accountChange.ts'
import type { Auctioneer, ChangeSignature } from '../../ports/auctioneer.ts'
import type { Signer } from '../../ports/wallet.ts'
import type { CrashHook } from '../crashPoints.ts'

export interface ChangeSigners {
  readonly signer: Signer
  readonly changeSigner: ChangeSigner
  readonly auctioneer: Auctioneer
  readonly crash: CrashHook
}

type Witness = readonly Uint8Array[]

/**
 * The account's witness with the auctioneer's signature. Signs only the transaction that was built and checked here;
 * either half is verified before it is used. @throws TraderError CHANGE_REFUSED, AUCTIONEER_SIGNATURE_INVALID,
 * SIGNATURE_INVALID
 */
export function cooperativeWitness(account: FundedAccount, change: CheckedChange, by: ChangeSigners): Promise<Witness> {
  const output = outputOf(account)
  return output.kind === 'p2wsh' ? multiSigBoth(account, output, change, by) : keyPathBoth(account, output, change, by)
}

/** The account's witness after its expiry, by the trader alone. @throws TraderError SIGNATURE_INVALID */
export async function aloneWitness(account: FundedAccount, change: CheckedChange, by: ChangeSigners): Promise<Witness> {
  const output = outputOf(account)
  if (output.kind === 'p2wsh') return expiryWitness(output, await signEcdsa(account, output, change, by))
  const { transaction, accountInput: inputIndex, prevOutputs } = change
  const signature = await by.changeSigner.signLeaf({
    ...{ accountKey: account.key, keyIndex: account.keyIndex, transaction, inputIndex, prevOutputs },
    ...{ leafScript: output.leafScript, tweak: output.traderTweak },
  })
  const digest = new SighashCache(transaction, prevOutputs).taprootLeaf(inputIndex, output.merkleRoot)
  const key = idToBytes(output.tweakedTraderKey).subarray(1)
  if (signature.length !== 64 || !verifySchnorr(digest, key, signature)) throw wrongKey(account)
  return expiryWitness(output, signature)
}

const outputOf = (account: FundedAccount): AccountOutput => accountOutput({ ...account, traderKey: account.key })

async function multiSigBoth(
  account: FundedAccount,
  output: P2wshAccountOutput,
  change: CheckedChange,
  by: ChangeSigners,
): Promise<Witness> {
  const trader = await signEcdsa(account, output, change, by)
  const { signature } = await ask(account, change, new Uint8Array(), by)
  const auctioneer = derOf(account, signature)
  const key = idToBytes(output.tweakedAuctioneerKey)
  if (!verifyDer(digestOf(output, change), key, auctioneer)) throw badSignature(account)
  return multiSigWitness(output, { auctioneer, trader })
}

/** Our nonce goes out first, our partial signature never: the combined one is made here. */
async function keyPathBoth(
  account: FundedAccount,
  output: P2trAccountOutput,
  change: CheckedChange,
  by: ChangeSigners,
): Promise<Witness> {
  const { transaction, accountInput, prevOutputs } = change
  const half = await by.changeSigner.openMuSig2({
    keyIndex: account.keyIndex,
    version: MUSIG2_VERSION_OF_ACCOUNT[output.version],
    keys: [account.auctioneerKey, account.key],
    merkleRoot: output.merkleRoot,
  })
  try {
    const reply = await ask(account, change, half.publicNonce, by)
    const digest = new SighashCache(transaction, prevOutputs).taprootKeyPath(accountInput)
    if (reply.nonces.length !== 66 || reply.signature.length !== 32) throw badSignature(account)
    const session = verifiable(account, () =>
      startSession({ key: output.aggregateKey, message: digest, publicNonces: [reply.nonces, half.publicNonce] }),
    )
    const own = await half.sign(reply.nonces, digest)
    return keyPathWitness(verifiable(account, () => combinePartials(session, [reply.signature, own])))
  } catch (error) {
    await half.drop()
    throw error
  }
}

async function signEcdsa(
  account: FundedAccount,
  output: P2wshAccountOutput,
  change: CheckedChange,
  { signer }: ChangeSigners,
): Promise<Uint8Array> {
  const { transaction, accountInput: inputIndex } = change
  const digest = digestOf(output, change)
  const task: EcdsaTask = {
    kind: 'ecdsa',
    ...{ accountKey: account.key, inputIndex, digest },
    ...{ witnessScript: output.witnessScript, tweak: output.traderTweak, tweakedKey: output.tweakedTraderKey },
    prevOutput: { value: account.value, script: output.script },
  }
  const result = await signer.sign({ task, keyIndex: account.keyIndex, transaction })
  if (result.kind === 'ecdsa' && verifyDer(digest, idToBytes(output.tweakedTraderKey), result.signature)) {
    return result.signature
  }
  throw wrongKey(account)
}

const digestOf = (output: P2wshAccountOutput, change: CheckedChange): Uint8Array =>
  new SighashCache(change.transaction, change.prevOutputs).segwitV0(change.accountInput, output.witnessScript)

async function ask(
  account: FundedAccount,
  change: CheckedChange,
  nonce: Uint8Array,
  { auctioneer, crash }: ChangeSigners,
): Promise<ChangeSignature> {
  crash('before-modify')
  const reply = await refusable(account, () => auctioneer.modifyAccount(modifyRequest(account, change, nonce)))
  crash('after-modify')
  return reply
}

/** Tells the auctioneer's refusal from its absence. */
async function refusable<T>(account: FundedAccount, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (cause) {
    if (cause instanceof StartupError) throw cause
    const reason = reasonOf(cause)
    const message = `the auctioneer refuses the change: ${reason}`
    throw new TraderError({ code: 'CHANGE_REFUSED', account: account.key, reason }, message, { cause })
  }
}

function derOf(account: FundedAccount, signature: Uint8Array): Uint8Array {
  try {
    return withoutSighashAll(signature)
  } catch {
    throw badSignature(account)
  }
}

function verifiable<T>(account: FundedAccount, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof MuSig2Error) throw badSignature(account)
    throw error
  }
}

const badSignature = (account: FundedAccount): TraderError =>
  new TraderError(
    { code: 'AUCTIONEER_SIGNATURE_INVALID', account: account.key },
    "the auctioneer's signature does not fit the change: nothing was done, try again",
  )

const wrongKey = (account: FundedAccount): TraderError =>
  new TraderError(
    { code: 'SIGNATURE_INVALID', account: account.key },
    'lnd does not hold the key of this account: connect the lnd it was opened with',
  )
