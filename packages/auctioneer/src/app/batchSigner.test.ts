import { generateNonce, sha256, startSession } from '@tidepool/crypto'
import { streamId } from '@tidepool/market'
import type { SignReply } from '@tidepool/market'
import { describe, expect, test } from 'vitest'
import { quietLogger } from '../../test/fakeWorld.ts'
import { attemptInput, bookOf } from '../../test/matcherBooks.ts'
import { buildAttempt } from '../core/buildAttempt.ts'
import { accountsOf } from '../core/signing.ts'
import type { PartialJob, PartialVerdict } from '../core/signatureChecks.ts'
import { BatchSigner } from './batchSigner.ts'

const STREAM = streamId('all taproot accounts')
const none = (): never => {
  throw new Error('not asked for here')
}

/** A batch in which one stream speaks for many accounts, and a reply for all of them. */
function signed() {
  const input = attemptInput(0)
  const accounts = [...input.match.accounts].map(
    ([key, entry]) =>
      [key, entry.account.version === 0 ? entry : { ...entry, stream: { ...entry.stream, id: STREAM } }] as const,
  )
  const match = { ...input.match, accounts: new Map(accounts) } as typeof input.match
  const { attempt } = buildAttempt({ ...input, match, book: bookOf(48) })
  if (attempt === undefined) throw new Error('nothing matches')
  const { signing } = attempt
  const keys = accountsOf(signing, STREAM).map(([key]) => key)
  const nonce = (text: string, key: (typeof keys)[number]) =>
    generateNonce(sha256(Buffer.from(`${text} ${key}`)), { publicKey: key }).publicNonce
  const reply: SignReply = {
    batchId: signing.batch.batchId,
    accountSigs: new Map(keys.map((key) => [key, sha256(Buffer.from(key))])),
    traderNonces: new Map(keys.map((key) => [key, nonce('trader', key)])),
    channelInfos: new Map(),
  }
  const asked: PartialJob[] = []
  const registered: Uint8Array[] = []
  const answers: ((verdict: PartialVerdict) => void)[] = []
  const signer = new BatchSigner(signing, {
    signer: {
      beginMuSig2: ({ signers }) => {
        const [, key] = signers
        return Promise.resolve({ id: sha256(Buffer.from(key)), publicNonce: nonce('server', key as never) })
      },
      registerNonce: (_, traderNonce) => {
        registered.push(traderNonce)
        return Promise.resolve()
      },
      dropMuSig2: () => Promise.resolve(),
      ...{ signEcdsa: none, signMuSig2: none, finishMuSig2: none },
    },
    batchSignatures: {
      ...{ expect: none, combined: none },
      partial: (job) => {
        asked.push(job)
        return new Promise((tell) => answers.push(tell))
      },
    },
    ...{ accountKey: {} as never, masterKey: {} as never, logger: quietLogger },
  })
  const good = ({ key, digest, nonces }: PartialJob): PartialVerdict =>
    startSession({ key, message: digest, publicNonces: [nonces.server, nonces.trader] })
  const answer = (i: number, verdict?: PartialVerdict): void => {
    const job = asked[i]
    if (job !== undefined) answers[i]?.(verdict ?? good(job))
  }
  return { signer, reply, keys, asked, registered, answer }
}

async function opened() {
  const batch = signed()
  batch.signer.open(STREAM)
  await batch.signer.opened()
  return batch
}

describe('a reply for several accounts', () => {
  test('is checked all at once and kept when the last is good', async () => {
    const { signer, reply, keys, asked, registered, answer } = await opened()
    const taken = signer.take(STREAM, reply)
    expect(keys.length).toBeGreaterThan(2)
    expect(asked.map(({ publicKey }) => publicKey)).toEqual(keys)
    for (const i of keys.keys()) {
      expect([signer.replies.size, registered.length]).toEqual([0, 0])
      answer(keys.length - 1 - i)
      await Promise.resolve()
    }
    expect(await taken).toBeUndefined()
    expect(signer.replies.get(STREAM)).toBe(reply)
    expect(registered).toEqual([...reply.traderNonces.values()])
  })

  test('is not kept for one bad one; the first in their order is named', async () => {
    const { signer, reply, keys, registered, answer } = await opened()
    const taken = signer.take(STREAM, reply)
    answer(2, 'badNonce')
    answer(1, 'invalid')
    for (const i of keys.keys()) answer(i)
    expect(await taken).toEqual({ kind: 'badSignature', stream: STREAM, accountKey: keys[1], reason: 'invalid' })
    expect([signer.replies.size, registered.length]).toEqual([0, 0])
  })

  test('is not kept when its attempt is over before the verdict', async () => {
    const { signer, reply, keys, registered, answer } = await opened()
    const taken = signer.take(STREAM, reply)
    await signer.drop()
    for (const i of keys.keys()) answer(i)
    await taken
    expect([signer.replies.size, registered.length]).toEqual([0, 0])
  })

  test('is the only one of its stream', async () => {
    const { signer, reply } = await opened()
    void signer.take(STREAM, reply)
    expect(signer.take(STREAM, reply)).toBeUndefined()
  })
})
