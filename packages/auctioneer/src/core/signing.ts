import {
  MuSig2Error,
  SighashCache,
  equalBytes,
  idToBytes,
  keyPathWitness,
  masterAccountOutput,
  masterAccountWitness,
  multiSigWitness,
  startSession,
  verifyDer,
  verifyPartial,
  verifySchnorr,
} from '@tidepool/crypto'
import type { AccountKey, AccountOutput, AggregateKey, MuSig2Session, PubKey, Transaction } from '@tidepool/crypto'
import type { BatchAccount, ConstructedBatch, MasterOutput, SignReply, SignRequest, StreamId } from '@tidepool/market'
import { outputOf } from './account.ts'
import type { Failure } from './exclusions.ts'

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

/** All that the check of a trader's half needs: plain data, which any thread can check. */
export interface PartialJob {
  readonly key: AggregateKey
  readonly digest: Uint8Array
  readonly signature: Uint8Array
  readonly nonces: { readonly server: Uint8Array; readonly trader: Uint8Array }
  readonly publicKey: PubKey
}

/** The session in which our half is to be added, or what is wrong. */
export type PartialVerdict = MuSig2Session | 'badNonce' | 'invalid'

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

/** @throws MuSig2Error when our own nonce is none */
export function checkPartial({ key, digest, signature, nonces, publicKey }: PartialJob): PartialVerdict {
  const session = sessionOf(key, digest, [nonces.server, nonces.trader])
  if (session === undefined) return 'badNonce'
  return verifyPartial(session, { signature, publicNonce: nonces.trader, publicKey }) ? session : 'invalid'
}

/** Undefined when the second nonce, the trader's, is none. */
function sessionOf(
  key: AggregateKey,
  message: Uint8Array,
  publicNonces: readonly [Uint8Array, Uint8Array],
): MuSig2Session | undefined {
  try {
    return startSession({ key, message, publicNonces })
  } catch (error) {
    if (error instanceof MuSig2Error && error.detail.code === 'BAD_PUBLIC_NONCE' && error.detail.signer === 1) {
      return undefined
    }
    throw error
  }
}

/** The auctioneer's side of one input: DER for version 0 and the master output, 64 bytes combined for taproot. */
export interface OwnSignatures {
  readonly accounts: ReadonlyMap<AccountKey, Uint8Array>
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
  for (const [key, input] of signing.inputs) {
    const index = input.account.inputIndex
    const witness = accountWitness(signing, key, input, replies.get(input.account.stream.id), own.accounts.get(key))
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
  key: AccountKey,
  input: AccountInput,
  reply: SignReply | undefined,
  own: Uint8Array | undefined,
): readonly Uint8Array[] | undefined {
  const { output, digest } = input
  if (own === undefined || !spendsScript(signing, input.account.inputIndex, output.script)) return undefined
  if (output.kind === 'p2tr') return verifySchnorr(digest, output.outputKey, own) ? keyPathWitness(own) : undefined
  const trader = reply?.accountSigs.get(key)
  if (trader === undefined || !verifyDer(digest, idToBytes(output.tweakedTraderKey), trader)) return undefined
  if (!verifyDer(digest, idToBytes(output.tweakedAuctioneerKey), own)) return undefined
  return multiSigWitness(output, { auctioneer: own, trader })
}

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
