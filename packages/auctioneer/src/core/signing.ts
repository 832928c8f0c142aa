import {
  SighashCache,
  equalBytes,
  idToBytes,
  keyPathWitness,
  masterAccountOutput,
  masterAccountWitness,
  multiSigWitness,
  verifyDer,
} from '@tidepool/crypto'
import type { AccountKey, AccountOutput, Transaction } from '@tidepool/crypto'
import type { BatchAccount, ConstructedBatch, MasterOutput, SignReply, SignRequest, StreamId } from '@tidepool/market'
import { outputOf } from './account.ts'
import type { Failure } from './exclusions.ts'
import type { CheckedSignature, PartialJob } from './signatureChecks.ts'

/** What every signature of one proposal needs; made once per attempt. */
export interface SigningBatch {
  readonly batch: ConstructedBatch
  readonly sighashes: SighashCache
  readonly inputs: ReadonlyMap<AccountKey, AccountInput>
  readonly byStream: ReadonlyMap<StreamId, readonly (readonly [AccountKey, AccountInput])[]>
  /** The auctioneer's output that the batch spends. */
  readonly master: MasterOutput
}

export interface AccountInput {
  readonly account: BatchAccount
  readonly output: AccountOutput
  /** What both sides sign. */
  readonly digest: Uint8Array
}

export function signingBatch(
  batch: ConstructedBatch,
  master: MasterOutput,
  inputs: SigningBatch['inputs'],
): SigningBatch {
  const byStream = new Map<StreamId, (readonly [AccountKey, AccountInput])[]>()
  for (const entry of inputs) {
    const { id } = entry[1].account.stream
    const known = byStream.get(id)
    if (known === undefined) byStream.set(id, [entry])
    else known.push(entry)
  }
  return { batch, sighashes: new SighashCache(batch.transaction, batch.prevOutputs), inputs, byStream, master }
}

/** The part of a `SigningBatch` that takes time: keys and digests of every account. */
export function accountInputs(batch: ConstructedBatch): SigningBatch['inputs'] {
  const sighashes = new SighashCache(batch.transaction, batch.prevOutputs)
  const inputs = new Map<AccountKey, AccountInput>()
  for (const [key, account] of batch.accounts) {
    const output = outputOf(account.before)
    const digest =
      output.kind === 'p2wsh'
        ? sighashes.segwitV0(account.inputIndex, output.witnessScript)
        : sighashes.taprootKeyPath(account.inputIndex)
    inputs.set(key, { account, output, digest })
  }
  return inputs
}

/** SignBegin for one stream: nonces for exactly the taproot accounts in its diffs, and every previous output. */
export function signRequest(
  signing: SigningBatch,
  stream: StreamId,
  nonces: ReadonlyMap<AccountKey, Uint8Array>,
): SignRequest {
  const own = accountsOf(signing, stream).filter(([, input]) => input.output.kind === 'p2tr')
  const serverNonces = new Map<AccountKey, Uint8Array>()
  for (const [key] of own) {
    const nonce = nonces.get(key)
    if (nonce !== undefined) serverNonces.set(key, nonce)
  }
  return { batchId: signing.batch.batchId, serverNonces, prevOutputs: signing.batch.prevOutputs }
}

export const accountsOf = (signing: SigningBatch, stream: StreamId): readonly (readonly [AccountKey, AccountInput])[] =>
  signing.byStream.get(stream) ?? []

export type BadSignature = Extract<Failure, { readonly kind: 'badSignature' }>

/** What is wrong with it; the half that is still to be checked, for a taproot account; or nothing: it is good. */
export function checkSignature(
  { output, digest, account }: AccountInput,
  signature: Uint8Array | undefined,
  { trader, server }: { readonly trader: Uint8Array | undefined; readonly server: Uint8Array | undefined },
): PartialJob | BadSignature['reason'] | undefined {
  if (signature === undefined) return 'missing'
  if (output.kind === 'p2wsh') {
    return verifyDer(digest, idToBytes(output.tweakedTraderKey), signature) ? undefined : 'invalid'
  }
  if (trader === undefined || server === undefined) return 'badNonce'
  const publicKey = account.before.key
  return { key: output.aggregateKey, digest, signature, nonces: { server, trader }, publicKey }
}

/** What the auctioneer adds. DER signatures are checked with the rest of their input, combined ones were when they came. */
export interface OwnSignatures {
  /** Of accounts of version 0. */
  readonly ecdsa: ReadonlyMap<AccountKey, Uint8Array>
  readonly combined: ReadonlyMap<AccountKey, CheckedSignature>
  readonly master: Uint8Array
}

/** Puts all witnesses in; undefined names the first input whose witness does not satisfy its script. */
export function sealTransaction(
  signing: SigningBatch,
  replies: ReadonlyMap<StreamId, SignReply>,
  own: OwnSignatures,
):
  | { readonly kind: 'sealed'; readonly transaction: Transaction }
  | { readonly kind: 'invalid'; readonly input: number } {
  const witnesses = new Map<number, readonly Uint8Array[]>()
  for (const entry of signing.inputs) {
    const { inputIndex: index, stream } = entry[1].account
    const witness = accountWitness(signing, entry, replies.get(stream.id), own)
    if (witness === undefined) return { kind: 'invalid', input: index }
    witnesses.set(index, witness)
  }
  const { masterInputIndex } = signing.batch
  const master = masterWitness(signing, own.master)
  if (master === undefined) return { kind: 'invalid', input: masterInputIndex }
  witnesses.set(masterInputIndex, master)
  const unsigned = signing.batch.transaction
  const bare = unsigned.inputs.findIndex((_, index) => !witnesses.has(index))
  if (bare !== -1) return { kind: 'invalid', input: bare }
  const inputs = unsigned.inputs.map((input, index) => ({ ...input, witness: witnesses.get(index) ?? [] }))
  return { kind: 'sealed', transaction: { ...unsigned, inputs } }
}

function accountWitness(
  signing: SigningBatch,
  [key, { account, output, digest }]: readonly [AccountKey, AccountInput],
  reply: SignReply | undefined,
  own: OwnSignatures,
): readonly Uint8Array[] | undefined {
  if (!spendsScript(signing, account.inputIndex, output.script)) return undefined
  if (output.kind === 'p2tr') {
    const checked = own.combined.get(key)
    return checked !== undefined && isFor(checked, digest, output.outputKey)
      ? keyPathWitness(checked.signature)
      : undefined
  }
  const [trader, auctioneer] = [reply?.accountSigs.get(key), own.ecdsa.get(key)]
  if (trader === undefined || !verifyDer(digest, idToBytes(output.tweakedTraderKey), trader)) return undefined
  if (auctioneer === undefined) return undefined
  if (!verifyDer(digest, idToBytes(output.tweakedAuctioneerKey), auctioneer)) return undefined
  return multiSigWitness(output, { auctioneer, trader })
}

/** A signature that is good for another input is none for this one. */
const isFor = (checked: CheckedSignature, digest: Uint8Array, outputKey: Uint8Array): boolean =>
  equalBytes(checked.digest, digest) && equalBytes(checked.outputKey, outputKey)

function masterWitness(signing: SigningBatch, signature: Uint8Array): readonly Uint8Array[] | undefined {
  const { master, batch } = signing
  const output = masterAccountOutput({ auctioneerKey: master.key, batchKey: master.batchKey })
  const digest = masterDigest(signing)
  if (!spendsScript(signing, batch.masterInputIndex, output.script)) return undefined
  if (!verifyDer(digest, idToBytes(output.tweakedKey), signature)) return undefined
  return masterAccountWitness(output, signature)
}

/** What the auctioneer signs for its own output. */
export function masterDigest(signing: SigningBatch): Uint8Array {
  const { master, batch } = signing
  const output = masterAccountOutput({ auctioneerKey: master.key, batchKey: master.batchKey })
  return signing.sighashes.segwitV0(batch.masterInputIndex, output.witnessScript)
}

function spendsScript(signing: SigningBatch, index: number, script: Uint8Array): boolean {
  const spent = signing.batch.prevOutputs[index]
  return spent !== undefined && equalBytes(spent.script, script)
}
