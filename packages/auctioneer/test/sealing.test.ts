import {
  SighashCache,
  addPartials,
  derEncode,
  generateNonce,
  pointFromSecret,
  pubKey,
  sha256,
  signEcdsa,
  signPartial,
  startSession,
  toHex,
  tweakSecret,
  verifySchnorr,
} from '@tidepool/crypto'
import type { AccountKey, SecretNonce } from '@tidepool/crypto'
import type { SignReply, StreamId } from '@tidepool/market'
import { describe, expect, it } from 'vitest'
import type { BatchJob } from '../src/adapters/signatures/batchChecks.ts'
import { ThreadBatchSignatures } from '../src/adapters/signatures/threadBatchSignatures.ts'
import { BatchSigner } from '../src/app/batchSigner.ts'
import { buildAttempt } from '../src/core/buildAttempt.ts'
import type { AccountInput } from '../src/core/signing.ts'
import { checkBatchHere } from '../src/ports/signatures.ts'
import type { BatchSignatureChecker } from '../src/ports/signatures.ts'
import type { EcdsaRequest, Signer } from '../src/ports/wallet.ts'
import { threadOver } from './batchThread.ts'
import { quietLogger } from './fakeWorld.ts'
import { attemptInput, bookOf } from './matcherBooks.ts'

/** The keys of the books of tests are those of the first numbers. */
function secretOf(key: string): Uint8Array {
  for (let number = 1; number < 100; number++) {
    const secret = new Uint8Array(32)
    secret[31] = number
    if (toHex(pointFromSecret(secret)) === key) return secret
  }
  throw new Error(`no key of a book: ${key}`)
}

const nonceOf = (whose: string, key: AccountKey) =>
  generateNonce(sha256(Buffer.from(`${whose} ${key}`)), { publicKey: pubKey(key) })

const flipped = (bytes: Uint8Array): Uint8Array => bytes.map((byte, i) => (i === 20 ? byte ^ 1 : byte))

/** lnd, as its adapter gives it, which may change what it is about to answer. */
class Lnd {
  /** In hex, of the accounts whose halves another key makes. */
  readonly badHalves = new Set<string>()
  /** Inputs that another key signs. */
  readonly badInputs = new Set<number>()
  /** Of halves made: it answers when these are over. */
  readonly answers: Promise<void>[] = []
  made = 0
  readonly #secret: Uint8Array
  readonly #nonces = new Map<string, SecretNonce>()

  constructor(key: string) {
    this.#secret = secretOf(key)
  }

  get signer(): Signer {
    const none = (): never => {
      throw new Error('not asked for here')
    }
    return {
      signMuSig2: none,
      signEcdsa: (request) => Promise.resolve(this.#signEcdsa(request)),
      beginMuSig2: ({ signers: [own, trader] }) => {
        const nonce = generateNonce(sha256(Buffer.from(`server ${trader}`)), { publicKey: pubKey(own) })
        this.#nonces.set(trader, nonce.secretNonce)
        return Promise.resolve({ id: Buffer.from(trader, 'hex'), publicNonce: nonce.publicNonce })
      },
      registerNonce: () => Promise.resolve(),
      finishMuSig2: async ({ id }, traderHalf, joint) => {
        await this.answers[this.made++]
        const nonce = this.#nonces.get(toHex(id))
        if (nonce === undefined) throw new Error('no session')
        const own = signPartial(joint, nonce, this.#secret)
        return addPartials(joint, [this.badHalves.has(toHex(id)) ? flipped(own) : own, traderHalf])
      },
      dropMuSig2: () => Promise.resolve(),
    }
  }

  #signEcdsa({ transaction, inputIndex, output, witnessScript, tweak }: EcdsaRequest): Uint8Array {
    const outputs = Array.from({ length: inputIndex + 1 }, () => output)
    const digest = new SighashCache(transaction, outputs).segwitV0(inputIndex, witnessScript)
    const secret = tweakSecret(this.#secret, tweak)
    return derEncode(signEcdsa(digest, this.badInputs.has(inputIndex) ? flipped(secret) : secret))
  }
}

/** A batch of accounts of both kinds that all traders have signed. */
async function signedBatch(batchSignatures: BatchSignatureChecker) {
  const input = attemptInput(0)
  const { attempt } = buildAttempt({ ...input, book: bookOf(48) })
  if (attempt === undefined) throw new Error('nothing matches')
  const { signing } = attempt
  const lnd = new Lnd(input.master.key)
  const signer = new BatchSigner(signing, {
    ...{ signer: lnd.signer, batchSignatures, logger: quietLogger },
    ...{ accountKey: {} as never, masterKey: {} as never },
  })
  const streams = [...signing.byStream.keys()]
  for (const stream of streams) signer.open(stream)
  await signer.opened()
  const replyOf = (stream: StreamId): SignReply => {
    const { serverNonces } = signer.requestFor(stream)
    const signed = (signing.byStream.get(stream) ?? []).map(
      ([key, account]) => [key, traderSignature(key, account, serverNonces.get(key))] as const,
    )
    return {
      batchId: signing.batch.batchId,
      accountSigs: new Map(signed),
      traderNonces: new Map(signed.map(([key]) => [key, nonceOf('trader', key).publicNonce])),
      channelInfos: new Map(),
    }
  }
  const taken = await Promise.all(streams.map(async (stream) => signer.take(stream, replyOf(stream))))
  expect(taken).toEqual(streams.map(() => undefined))
  const taproot = [...signing.inputs].filter(([, { output }]) => output.kind === 'p2tr')
  const versionZero = [...signing.inputs].filter(([, { output }]) => output.kind === 'p2wsh')
  return { signing, signer, lnd, taproot, versionZero }
}

function traderSignature(key: AccountKey, { output, digest }: AccountInput, serverNonce: Uint8Array | undefined) {
  const secret = secretOf(key)
  if (output.kind === 'p2wsh') return derEncode(signEcdsa(digest, tweakSecret(secret, output.traderTweak)))
  if (serverNonce === undefined) throw new Error('no nonce of the server')
  const { publicNonce, secretNonce } = nonceOf('trader', key)
  const joint = startSession({ key: output.aggregateKey, message: digest, publicNonces: [serverNonce, publicNonce] })
  return signPartial(joint, secretNonce, secret)
}

const at = <T>(list: readonly T[], i: number): T => {
  const item = list[i]
  if (item === undefined) throw new Error(`nothing at ${i}`)
  return item
}

const refusal = (input: number) => ({
  code: 'BATCH_NOT_SEALED',
  message: `the batch could not be sealed: input ${input} does not satisfy its script`,
})

describe.each([
  ['here', false],
  ['in a thread', true],
])('a batch whose signatures are checked %s', (_, inThread) => {
  async function batch() {
    const asked: (readonly BatchJob[])[] = []
    const thread = new ThreadBatchSignatures(() => threadOver(asked), 1)
    const signed = await signedBatch(inThread ? thread : checkBatchHere)
    const seal = async () => {
      try {
        return await signed.signer.seal()
      } finally {
        await thread.stop()
      }
    }
    return { ...signed, asked, seal }
  }

  it('is sealed with witnesses for all inputs', async () => {
    const { asked, seal, signing, taproot, versionZero } = await batch()
    const inputs = [...(await seal()).inputs]
    expect([taproot.length, versionZero.length]).toEqual([6, 6])
    for (const [, { account, digest, output }] of taproot) {
      const witness = inputs[account.inputIndex]?.witness ?? []
      const [signature = new Uint8Array()] = witness
      expect(witness).toHaveLength(1)
      expect(output.kind === 'p2tr' && verifySchnorr(digest, output.outputKey, signature)).toBe(true)
    }
    for (const [, { account }] of versionZero) expect(inputs[account.inputIndex]?.witness).toHaveLength(3)
    expect(inputs[signing.batch.masterInputIndex]?.witness).toHaveLength(2)
    const combined = asked.flat().filter((job) => 'outputKey' in job)
    expect(combined).toHaveLength(inThread ? taproot.length : 0)
  })

  it('is not sealed when lnd signs an account with another key; the first input is named', async () => {
    const { lnd, seal, taproot } = await batch()
    for (const i of [4, 2]) lnd.badHalves.add(at(taproot, i)[0])
    await expect(seal()).rejects.toMatchObject(refusal(at(taproot, 2)[1].account.inputIndex))
  })

  it('is not sealed when lnd signs an account of version 0, or its own output, with another key', async () => {
    const first = await batch()
    const input = at(first.versionZero, 1)[1].account.inputIndex
    first.lnd.badInputs.add(input)
    await expect(first.seal()).rejects.toMatchObject(refusal(input))
    const second = await batch()
    const { masterInputIndex } = second.signing.batch
    second.lnd.badInputs.add(masterInputIndex)
    await expect(second.seal()).rejects.toMatchObject(refusal(masterInputIndex))
  })
})

describe('a batch', () => {
  it('is not sealed with a signature that was checked for another input', async () => {
    let first: ReturnType<BatchSignatureChecker['combined']> | undefined
    const checker: BatchSignatureChecker = {
      ...checkBatchHere,
      combined: (signature, among) => (first ??= checkBatchHere.combined(signature, among)),
    }
    const { signer, taproot } = await signedBatch(checker)
    await expect(signer.seal()).rejects.toMatchObject(refusal(at(taproot, 1)[1].account.inputIndex))
  })

  it('is not sealed when a check fails, and says why', async () => {
    const checker = { ...checkBatchHere, combined: () => Promise.reject(new Error('no check')) }
    const { signer } = await signedBatch(checker)
    await expect(signer.seal()).rejects.toThrow('no check')
  })

  it('has each signature checked while lnd makes the others', async () => {
    const checked: Uint8Array[] = []
    const checker: BatchSignatureChecker = {
      ...checkBatchHere,
      combined: (signature, among) => {
        checked.push(signature.digest)
        return checkBatchHere.combined(signature, among)
      },
    }
    const { signer, lnd, taproot } = await signedBatch(checker)
    const answer: (() => void)[] = []
    for (const _ of taproot) lnd.answers.push(new Promise((resolve) => answer.push(resolve)))
    const sealed = signer.seal()
    for (const i of [3, 0, 5]) {
      answer[i]?.()
      await new Promise((resolve) => setImmediate(resolve))
      expect(checked.at(-1)).toEqual(at(taproot, i)[1].digest)
    }
    expect(checked).toHaveLength(3)
    for (const tell of answer) tell()
    await sealed
    expect(checked).toHaveLength(taproot.length)
  })
})
